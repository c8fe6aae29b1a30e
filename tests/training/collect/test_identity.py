"""One operation in several documents: told by its address, kept from the newest."""

from __future__ import annotations

from typing import Any

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
