"""Recorded traffic: given to the operations that it is of, without anybody's secrets."""

from __future__ import annotations

import base64
import json
from codecs import BOM_UTF8
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.collect.collecting import (
    collect,
    described,
    kept,
    operation,
    reasons,
    written,
)
from tests.training.library.document import PATH
from tools.errors import DataError
from tools.openapi.document import load
from training.collect.har import MOST_OF_ONE, Traffic
from training.collect.matching import below, best, servers_of, templates
from training.collect.secrets import is_secret, looks_secret, scrubbed
from training.records import Dropped

LIBRARY = load(PATH)
SERVER = "https://library.example/api"


def entry(
    method: str, url: str, *, status: int = 200, body: Any = None, sent: Any = None, **more: Any
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "headers": [{"name": "Authorization", "value": "Bearer s3cret-s3cret"}],
        "cookies": [{"name": "sid", "value": "s3cret"}],
    }
    if sent is not None:
        request["postData"] = {"mimeType": "application/json", "text": json.dumps(sent)}
    content = {"mimeType": "application/json", "text": json.dumps(body), **more}
    return {"request": request, "response": {"status": status, "content": content}}


def har(path: Path, *held: dict[str, Any]) -> Path:
    return written(path, {"log": {"version": "1.2", "entries": list(held)}})


def matched(path: Path, *held: dict[str, Any]) -> tuple[list[Any], dict[str, list[str]]]:
    traffic = Traffic([har(path / "t.har", *held)], [SERVER])
    document = {**LIBRARY, "servers": [{"url": "https://elsewhere.example"}]}
    found = traffic.matched(document)
    return found, reasons(list(traffic.unused()))


segments = st.text("abcXYZ019-_. ü%", min_size=1, max_size=8).filter(
    lambda one: one not in (".", "..")
)


@given(st.lists(segments, min_size=1, max_size=3))
def test_a_path_made_of_a_template_is_found_again(values: list[str]):
    for method, held in templates(LIBRARY).items():
        for template in held:
            path = template.path
            for value in values:
                path = path.replace("{book_id}", quote(value, safe=""))
                path = path.replace("{loan_id}", quote(value, safe=""))
                path = path.replace("{member_id}", quote(value, safe=""))
            assert best(templates(LIBRARY), method, path) == template


@given(st.sampled_from(["", "/v1", "/a/b"]), st.sampled_from(["x.example", "x.example:8080", ""]))
def test_a_path_below_a_server_is_what_is_left_of_it(prefix: str, host: str):
    url = f"https://{host}{prefix}" if host else prefix or "/"
    servers = servers_of({"servers": [{"url": url}]})
    assert below(host or "any.example", f"{prefix}/books/1", servers) == "/books/1"
    assert below(host or "any.example", f"{prefix}x/books/1", servers) in (
        (None,) if prefix else ("x/books/1", None)
    )
    if host:
        assert below("y.example", f"{prefix}/books/1", servers) is None


def test_of_several_templates_the_most_literal_one_is_meant():
    paths = ("/users/{id}", "/users/me", "/{any}/{id}")
    known = templates({"paths": {path: {"get": {}} for path in paths}})
    found = [best(known, "GET", path) for path in ("/users/me", "/users/7", "/cars/7")]
    assert [one.path for one in found if one] == ["/users/me", "/users/{id}", "/{any}/{id}"]
    assert best(known, "POST", "/users/me") is None
    assert best(known, "GET", "/users/7/cars") is None


def test_calls_go_to_their_operation_by_method_path_and_server(tmp_path: Path):
    found, left = matched(
        tmp_path,
        entry("GET", f"{SERVER}/books/b7?expand=yes", body={"id": "b7"}),
        entry("GET", "https://elsewhere.example/loans?member_id=M1", body=[]),
        entry("DELETE", f"{SERVER}/books/b7"),
        entry("GET", "https://library.example/books/b7"),
        entry("GET", "https://cdn.example/app.js"),
    )
    assert [(path, call.path, call.query) for path, call in found] == [
        ("/books/{book_id}", "/books/b7", "expand=yes"), ("/loans", "/loans", "member_id=M1"),
    ]  # fmt: skip
    assert left == {"traffic_unmatched": ["t.har#2", "t.har#3", "t.har#4"]}


def test_failed_malformed_and_repeated_calls_are_counted(tmp_path: Path):
    many = [entry("GET", f"{SERVER}/books/b{n}", body={}) for n in range(MOST_OF_ONE + 2)]
    found, left = matched(
        tmp_path,
        many[0],
        *many,
        entry("GET", f"{SERVER}/books/gone", status=404),
        entry("GET", f"{SERVER}/books/odd") | {"request": {"method": "GET"}},
        {"request": {"method": "GET", "url": f"{SERVER}/books/aborted"}},
        entry("GET", "https://library.example:port/api/books/b7"),
        entry("GET", "https://[library.example/api/books/b7"),
    )
    assert len(found) == MOST_OF_ONE
    assert {reason: len(ids) for reason, ids in left.items()} == {
        "traffic_repeated": 3, "traffic_failed": 1, "traffic_malformed": 4,
    }  # fmt: skip


def test_a_byte_order_mark_is_no_part_of_a_recording(tmp_path: Path):
    path = har(tmp_path / "t.har", entry("GET", f"{SERVER}/books/b7"))
    path.write_bytes(BOM_UTF8 + path.read_bytes())
    assert len(Traffic([path], [SERVER]).matched(LIBRARY)) == 1


def test_no_secret_stays_wherever_it_stands(tmp_path: Path):
    sent = {"book_id": "b7", "member_id": "M1", "pwd": "s3cret", "nested": {"apiKey": "s3cret"}}
    answer = {"id": "l1", "access_token": "s3cret", "rows": [{"session": "s3cret", "n": 1}],
              "header": "Bearer s3cret-s3cret"}  # fmt: skip
    found, _ = matched(
        tmp_path,
        entry("POST", f"{SERVER}/loans?api_key=s3cret&weeks=2", sent=sent, body=answer),
        entry("GET", "https://u:s3cret@library.example/api/books/b7"),
    )
    assert "s3cret" not in repr(found)
    (_, call), (_, other) = found
    assert call.query == "weeks=2"
    assert json.loads(call.sent) == {"book_id": "b7", "member_id": "M1", "nested": {}}
    assert call.body == {"id": "l1", "rows": [{"n": 1}]}
    assert other.path == "/books/b7"


def test_a_call_with_a_secret_in_its_path_is_left_out_and_the_path_told_nowhere(tmp_path: Path):
    token, own = "sk_live_s3crets3crets3cret", "MyOwns3cret"
    paths = {path: {"get": operation("get")} for path in ("/people/{key}", "/invitations/{token}")}
    server = "https://shop.example"
    recording = har(
        tmp_path / "t.har",
        entry("GET", f"{server}/people/{token}", body={}),
        entry("GET", f"{server}/people/Bearer%20s3crets3cret", body={}),
        entry("GET", f"{server}/invitations/{own}", body={}),
        entry("GET", f"{server}/elsewhere/{token}", body={}),
        entry("GET", f"{server}/people/ada", body={}),
    )
    traffic = Traffic([recording])
    found = traffic.matched(described(paths, server=server))
    left = list(traffic.unused())
    assert [call.path for _, call in found] == ["/people/ada"]
    assert "s3cret" not in repr(left)
    assert reasons(left) == {
        "traffic_secret": ["t.har#0", "t.har#1", "t.har#2"], "traffic_unmatched": ["t.har#3"],
    }  # fmt: skip


async def test_no_secret_in_a_parameter_of_json_becomes_an_example(tmp_path: Path):
    filters = {"type": "object", "properties": {"pwd": {"type": "string"}}}
    query = {"name": "filter", "in": "query", "content": {"application/json": {"schema": filters}}}
    paths = {"/people": {"get": operation("findPeople", "Find people", parameters=[query])}}
    url = "https://any.example/people?filter=" + quote(json.dumps({"pwd": "s3cret"}))
    recording = har(tmp_path / "t.har", entry("GET", url, body=[]))
    spec = written(tmp_path / "shop.json", described(paths))
    found = await collect(spec, hars=[recording])
    assert "findPeople" in kept(found)
    assert "s3cret" not in repr(found)


def test_bodies_in_base64_and_forms_are_read(tmp_path: Path):
    encoded = base64.b64encode(b'{"id": "b7"}').decode()
    form = entry("POST", f"{SERVER}/loans", body={})
    form["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded; charset=utf-8",
        "params": [{"name": "book_id", "value": "b 7"}, {"name": "token", "value": "s3cret"}],
    }
    found, _ = matched(
        tmp_path,
        entry("GET", f"{SERVER}/books/b7", text=encoded, encoding="base64"),
        form,
    )
    assert found[0][1].body == {"id": "b7"}
    assert found[1][1].sent == "book_id=b+7"


@pytest.mark.parametrize("name", ["Authorization", "api_key", "X-Api-Key", "accessToken", "pwd",
                                  "client_secret", "sessionId", "subscription-key"])  # fmt: skip
def test_names_of_secrets(name: str):
    assert is_secret(name)


@pytest.mark.parametrize("name", ["next_page_token", "author", "key", "account_id", "sign",
                                  "primary_key_column", "continuationToken"])  # fmt: skip
def test_names_of_no_secrets(name: str):
    assert not is_secret(name)


@pytest.mark.parametrize("value", ["Bearer s3cret-s3cret", "Basic dXNlcjpwYXNz", "a Token 0a1b2c",
                                   "ghp_s3crets3crets3cret", "sk-proj-s3cret-s3cret",
                                   "AIzas3crets3crets3"])  # fmt: skip
def test_looks_of_secrets(value: str):
    assert looks_secret(value)


@pytest.mark.parametrize("value", ["Basic information", "Basic membership, yearly", "Token missing",
                                   "Bearer bonds.", "taskmanagementsystem",
                                   "skateboarding_tricks"])  # fmt: skip
def test_looks_of_no_secrets(value: str):
    assert not looks_secret(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "token", "pwd", "name"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_nothing_named_like_a_secret_is_left_and_the_rest_is(value: Any):
    clean = scrubbed(value)
    assert '"token"' not in json.dumps(clean)
    assert scrubbed(clean) == clean
    assert looks_secret("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x")


async def test_recorded_calls_become_examples_and_what_is_drawn_later(tmp_path: Path):
    recording = har(
        tmp_path / "t.har",
        entry("GET", "https://any.example/books/book_9", body={"id": "book_9", "title": "Emma"}),
        entry("POST", "https://any.example/loans", sent={"book_id": "book_9", "member_id": "M7"},
              status=201, body={"id": "l1"}),
        entry("GET", "https://any.example/style.css"),
    )  # fmt: skip
    found = await collect(PATH, hars=[recording])
    assert reasons(found) == {"traffic_unmatched": ["t.har#2"]}
    first = kept(found)["getBook"].examples[0]
    assert (first.arguments, first.origin, first.status) == ({"book_id": "book_9"}, "recorded", 200)
    assert first.response == {"id": "book_9", "title": "Emma"}
    lent = kept(found)["lendBook"]
    assert lent.examples[0].arguments == {"book_id": "book_9", "member_id": "M7"}
    assert lent.tool.parameters["properties"]["member_id"]["examples"] == ["M7"]


async def test_recorded_calls_that_are_no_example_are_counted(tmp_path: Path):
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 50}}
    where = {
        "name": "where", "in": "query",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }  # fmt: skip
    books = operation("listBooks", "List all books", parameters=[limit, where])
    spec = written(tmp_path / "books.json", described({"/books": {"get": books}}))
    calls = ("limit=5", "limit=500", "limit=5&_=17", "where=red")
    recording = har(
        tmp_path / "t.har", *(entry("GET", f"https://a.example/books?{one}") for one in calls)
    )
    found = await collect(spec, hars=[recording])
    recorded = [one for one in kept(found)["listBooks"].examples if one.origin == "recorded"]
    assert [one.arguments for one in recorded] == [{"limit": 5}]
    (told,) = (one for one in found if isinstance(one, Dropped))
    assert (told.reason, told.detail) == ("traffic_unusable", "3 of 4 recorded calls")


@pytest.mark.parametrize("content", ["[]", "{}", "{", '{"log": {}}'])
def test_what_is_no_recording_says_so(tmp_path: Path, content: str):
    with pytest.raises(DataError, match="no recording in HAR form"):
        Traffic([written(tmp_path / "t.har", content)])
