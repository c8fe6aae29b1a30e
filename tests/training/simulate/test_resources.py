"""What an operation does is read from its method, its path and its response."""

from __future__ import annotations

import pytest

from tests.training.library.document import tools
from training.simulate.resources import plan_of


@pytest.mark.parametrize(
    ("name", "deed", "resource", "item"),
    [
        ("findBooks", "list", "book", ""),
        ("getBook", "read", "book", "book_id"),
        ("listLoans", "list", "loan", ""),
        ("lendBook", "create", "loan", ""),
        ("extendLoan", "update", "loan", "loan_id"),
        ("giveBack", "delete", "loan", "loan_id"),
    ],
)
def test_deeds_of_a_library(name: str, deed: str, resource: str, item: str):
    plan = plan_of(tools()[name])
    assert (plan.deed, plan.resource, plan.item) == (deed, resource, item)


def test_rows_know_which_property_is_their_id():
    assert plan_of(tools()["listLoans"]).id_name == "id"
    assert plan_of(tools()["giveBack"]).id_name == ""
