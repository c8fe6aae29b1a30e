"""What the executor writes, the simulator reads: in every place and style."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from httpx import Timeout
from hypothesis import given
from hypothesis import strategies as st

from tools.executor import Api
from tools.executor.requests import RequestWriter
from tools.openapi import read_openapi
from training.simulate.requests import Routes

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9
)
SAFE = TEXT.filter(lambda text: text not in (".", "..") and "/" not in text)
WORDS = st.lists(st.text("abcxyz ", min_size=1, max_size=5), min_size=1, max_size=4)


def tool(parameters: list[dict[str, Any]], body: dict[str, Any] | None = None, media: str = ""):
    operation: dict[str, Any] = {
        "operationId": "do_it", "summary": "Does it.", "parameters": parameters,
        "responses": {"200": {"description": "OK"}},
    }  # fmt: skip
    if body:
        operation["requestBody"] = {"content": {media or "application/json": {"schema": body}}}
    path = "/things/{thing}" if any(p["in"] == "path" for p in parameters) else "/things"
    document = {
        "openapi": "3.0.3", "info": {"title": "Things", "version": "1"},
        "paths": {path: {"post": operation}},
    }  # fmt: skip
    return read_openapi(document, api="things").tools[0]


def sent_and_received(made: Any, arguments: dict[str, Any]) -> Any:
    writer = RequestWriter(made, Api("http://things.example/v1"), Timeout(1))
    routes = Routes([made])
    request = writer.write(arguments, {}, None)
    request = type(request)(request.method, str(request.url).replace("/v1", ""),
                            headers=request.headers, content=request.content)  # fmt: skip
    received = routes.receive(request)
    assert received is not None
    return received.arguments


def parameter(name: str, place: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


STRING, INTEGER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
STRINGS = {"type": "array", "items": STRING}


@given(thing=SAFE, text=TEXT, number=st.integers(-9999, 9999), flag=st.booleans())
def test_scalars_in_path_query_and_body(thing: str, text: str, number: int, flag: bool):
    made = tool(
        [
            parameter("thing", "path", STRING),
            parameter("number", "query", INTEGER),
            parameter("flag", "query", FLAG),
        ],
        {"type": "object", "properties": {"text": STRING, "many": STRINGS}},
    )
    arguments = {"thing": thing, "number": number, "flag": flag, "text": text, "many": [text]}
    assert sent_and_received(made, arguments) == arguments


@given(words=WORDS)
@pytest.mark.parametrize(
    "style",
    [
        {},
        {"style": "form", "explode": False},
        {"style": "pipeDelimited", "explode": False},
    ],
)
def test_lists_in_the_query(style: dict[str, Any], words: list[str]):
    made = tool([parameter("many", "query", STRINGS, **style)])
    assert sent_and_received(made, {"many": words}) == {"many": words}


@given(text=st.text("a,b", min_size=1))
def test_a_comma_in_an_item_stays_there(text: str):
    made = tool([parameter("many", "query", STRINGS)])
    assert sent_and_received(made, {"many": [text]}) == {"many": [text]}


@given(text=st.text("abc", min_size=1), number=st.integers(0, 99))
def test_deep_objects_in_the_query(text: str, number: int):
    schema = {"type": "object", "properties": {"a": STRING, "b": INTEGER}}
    made = tool([parameter("filter", "query", schema, style="deepObject", explode=True)])
    arguments = {"filter": {"a": text, "b": number}}
    assert sent_and_received(made, arguments) == arguments


@given(text=TEXT, number=st.integers(0, 99))
def test_forms(text: str, number: int):
    body = {"type": "object", "properties": {"text": STRING, "number": INTEGER}}
    made = tool([], body, "application/x-www-form-urlencoded")
    arguments = {"text": text, "number": number}
    assert sent_and_received(made, arguments) == arguments


def test_a_digit_text_stays_text_and_a_header_is_read():
    made = tool([parameter("thing", "path", STRING), parameter("X-Region", "header", STRING)])
    name = next(name for name, place in made.locations.items() if place == "header")
    arguments = {"thing": "0042", name: "7"}
    assert sent_and_received(made, arguments) == arguments


def test_a_query_that_should_be_json_and_is_none_stays_a_text():
    where = {"name": "where", "in": "query", "content": {"application/json": {"schema": STRING}}}
    request = httpx.Request("POST", "http://things.example/things?where=red")
    received = Routes([tool([where])]).receive(request)
    assert received is not None
    assert received.arguments == {"where": "red"}
