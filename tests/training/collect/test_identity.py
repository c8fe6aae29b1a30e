"""One operation in several documents: told by its address, kept from the newest."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.collect.collecting import described, operation
from training.collect.identity import Newest, identity

SERVER = "https://api.shop.example/v1"
words = st.text("abcdefgh", min_size=1, max_size=6)


def document(*paths: str, server: str = SERVER, version: str = "1") -> dict[str, Any]:
    held = {path: {"get": operation(f"get{number}")} for number, path in enumerate(paths)}
    return described(held, server=server, version=version)


@given(st.lists(words, min_size=1, max_size=4), words, words, st.integers(1, 9), st.integers(1, 9))
def test_versions_and_names_of_variables_make_no_difference(
    segments: list[str], one: str, other: str, old: int, new: int
):
    path = "/".join(segments)
    first = document(server=f"https://api.shop.example/v{old}")
    second = document(server=f"https://api.shop.example/v{new}.2")
    assert identity("shop", first, "GET", f"/v{old}/{path}/{{{one}}}") == identity(
        "shop", second, "GET", f"/v{new}/{path}/{{{other}}}"
    )


@given(words, words)
def test_another_path_method_host_or_provider_is_another_operation(one: str, other: str):
    mine = identity("shop", document(), "GET", f"/{one}")
    assert mine != identity("shop", document(), "POST", f"/{one}")
    assert mine == identity("shop-v2", document(), "GET", f"/{one}")
    assert mine != identity("zoo", document(), "GET", f"/{one}")
    assert mine != identity("shop", document(server="https://b.example"), "GET", f"/{one}")
    assert (mine == identity("shop", document(), "GET", f"/{other}")) == (one == other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://dev.example:8081", "http://dev.example:8082", False),
        ("http://10.0.0.1/api", "http://10.0.0.2/api", False),
        ("https://shop.example/v1-orders", "https://shop.example/v1-users", False),
        ("https://shop.example/2fa", "https://shop.example/3fa", False),
        ("https://shop.example/v1beta1/", "https://shop.example/v2", True),
        ("https://shop.example/api/3.1", "https://shop.example/api/2026-01-31", True),
        ("/v1", "/", True),
    ],
)
def test_only_whole_segments_of_a_servers_path_are_its_version(one: str, other: str, same: bool):
    first, second = (
        identity("shop", document(server=server), "GET", "/books") for server in (one, other)
    )
    assert (first == second) == same


def test_a_provider_that_only_begins_with_a_number_is_itself():
    mine = [
        identity(provider, document(server=""), "GET", "/books")
        for provider in ("1shop.example", "2shop.example", "v1-orders", "v1-users")
    ]
    assert len({*mine}) == len(mine)


def superseded(*documents: dict[str, Any]) -> list[list[str]]:
    newest = Newest()
    numbers = [newest.add("shop", one, "shop.json") for one in documents]
    return [[said for _, said in newest.superseded(number)] for number in numbers]


def test_the_newest_version_stays_wherever_it_stands():
    old, new = document("/books", "/loans", version="2.9"), document("/books", version="2.10")
    assert superseded(old, new) == [["GET /books"], []]
    assert superseded(new, old) == [[], ["GET /books"]]


def test_of_equal_versions_the_first_stays():
    assert superseded(document("/books"), document("/books")) == [[], ["GET /books"]]


def test_two_versions_of_a_path_in_one_document_both_stay():
    assert superseded(document("/v1/books", "/v2/books")) == [[]]


def test_where_versions_say_nothing_names_do():
    newest = Newest()
    for name in ("shop-3.9.json", "shop-3.10.json", "shop-3.8.json"):
        newest.add("shop", document("/books"), name)
    assert [bool([*newest.superseded(number)]) for number in range(3)] == [True, False, True]
