"""Arguments survive the way over the wire, whatever they hold."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.executor.requests import Api, RequestWriter
from tools.executor.values import header_text, path_text, query_pairs
from tools.openapi import read_openapi
from tools.pointers import MISSING, look_up
from tools.spec import ParameterStyle

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALAR = TEXT | st.integers(-(2**53), 2**53) | st.booleans()
JSON = st.recursive(
    SCALAR | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)


def writer_of(operation: dict[str, Any], path: str = "/a") -> RequestWriter:
    reading = read_openapi({"openapi": "3.1.0", "paths": {path: {"post": operation}}}, api="t")
    return RequestWriter(reading.tools[0], Api("http://x.test/v1"), httpx.Timeout(1))


def text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


class TestRoundTrips:
    @given(value=TEXT.filter(lambda text: text not in ("", ".", "..")))
    def test_path(self, value: str) -> None:
        request = writer_of({}, "/a/{x}/b").write({"x": value}, {}, None)
        segments = request.url.raw_path.decode().split("/")
        assert segments[:3] == ["", "v1", "a"]
        assert (unquote(segments[3]), segments[4:]) == (value, ["b"])

    @given(q=SCALAR, many=st.lists(SCALAR, max_size=4))
    def test_query(self, q: Any, many: list[Any]) -> None:
        parameters = [{"name": name, "in": "query", "schema": {}} for name in ("q", "many")]
        request = writer_of({"parameters": parameters}).write({"q": q, "many": many}, {}, None)
        query = urlsplit(request.url.raw_path.decode()).query
        sent = [
            (name, unquote(value)) for name, value in (pair.split("=") for pair in query.split("&"))
        ]
        assert sent == [("q", text(q)), *[("many", text(one)) for one in many]]

    @given(body=st.dictionaries(st.sampled_from(["a", "b"]), JSON))
    def test_json_body(self, body: dict[str, Any]) -> None:
        schema = {"type": "object", "properties": {"a": {}, "b": {}}}
        content = {"application/json": {"schema": schema}}
        request = writer_of({"requestBody": {"content": content}}).write(body, {}, None)
        assert orjson.loads(request.content) == body

    @given(fields=st.dictionaries(st.sampled_from(["a", "b"]), st.lists(TEXT, max_size=3)))
    def test_form_body(self, fields: dict[str, list[str]]) -> None:
        schema = {"type": "object", "properties": {"a": {}, "b": {}}}
        content = {"application/x-www-form-urlencoded": {"schema": schema}}
        request = writer_of({"requestBody": {"content": content}}).write(fields, {}, None)
        sent = parse_qsl(request.content.decode(), keep_blank_values=True)
        assert sent == [(name, one) for name in ("a", "b") for one in fields.get(name, [])]


class TestBodies:
    def test_a_multipart_body_carries_each_field(self) -> None:
        schema = {"type": "object", "properties": {"a": {"type": "string"}}}
        content = {"multipart/form-data": {"schema": schema}}
        request = writer_of({"requestBody": {"content": content}}).write({"a": "é"}, {}, None)
        request.read()
        assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert 'name="a"\r\n\r\né\r\n'.encode() in request.content

    def test_a_body_that_is_one_argument_is_sent_whole_or_not_at_all(self) -> None:
        content = {"application/json": {"schema": {"type": "array", "items": {"type": "integer"}}}}
        writer = writer_of({"requestBody": {"content": content}})
        assert writer.write({"body": [1, 2]}, {}, None).content == b"[1,2]"
        absent = writer.write({}, {}, None)
        assert absent.content == b""
        assert "content-type" not in absent.headers


LIST = [3, 4]
OBJECT = {"R": 100, "G": 200}


class TestStyles:
    """The table of OpenAPI 3.1, section 4.8.12.4, row by row."""

    @pytest.mark.parametrize(
        ("style", "explode", "value", "written"),
        [
            ("form", True, LIST, "c=3&c=4"),
            ("form", False, LIST, "c=3,4"),
            ("form", True, OBJECT, "R=100&G=200"),
            ("form", False, OBJECT, "c=R,100,G,200"),
            ("spaceDelimited", False, LIST, "c=3%204"),
            ("pipeDelimited", False, LIST, "c=3%7C4"),
            ("deepObject", True, OBJECT, "c[R]=100&c[G]=200"),
            ("deepObject", True, {"a": {"b": [1, 2]}}, "c[a][b]=1&c[a][b]=2"),
            ("json", False, {"a": 1}, "c=%7B%22a%22%3A1%7D"),
            ("form", True, None, ""),
            ("form", False, [], ""),
            ("form", True, "a b&c", "c=a%20b%26c"),
        ],
    )
    def test_query(self, style: Any, explode: bool, value: Any, written: str) -> None:
        assert "&".join(query_pairs("c", value, ParameterStyle(style, explode))) == written

    @pytest.mark.parametrize(
        ("style", "explode", "value", "written"),
        [
            ("simple", False, LIST, "3,4"),
            ("simple", True, OBJECT, "R=100,G=200"),
            ("simple", False, OBJECT, "R,100,G,200"),
            ("label", False, "blue", ".blue"),
            ("label", True, LIST, ".3.4"),
            ("label", True, OBJECT, ".R=100.G=200"),
            ("matrix", False, "blue", ";c=blue"),
            ("matrix", False, LIST, ";c=3,4"),
            ("matrix", True, LIST, ";c=3;c=4"),
            ("matrix", True, OBJECT, ";R=100;G=200"),
        ],
    )
    def test_path(self, style: Any, explode: bool, value: Any, written: str) -> None:
        assert path_text("c", value, ParameterStyle(style, explode)) == written

    @pytest.mark.parametrize(
        ("explode", "value", "written"),
        [(False, LIST, "3,4"), (True, OBJECT, "R=100,G=200"), (False, OBJECT, "R,100,G,200"),
         (False, True, "true")],
    )  # fmt: skip
    def test_header(self, explode: bool, value: Any, written: str) -> None:
        assert header_text(value, ParameterStyle("simple", explode)) == written


class TestPointers:
    @given(value=JSON)
    def test_the_empty_pointer_is_the_whole(self, value: Any) -> None:
        assert look_up(value, "") is value

    def test_they_lead_into_objects_and_lists(self) -> None:
        value = {"a/b": [{"c~d": None}]}
        assert look_up(value, "/a~1b/0/c~0d") is None
        assert look_up(value, "/a~1b/1") is MISSING
        assert look_up(value, "/a~1b/x") is MISSING
        assert look_up(value, "/a~1b/0/c~0d/e") is MISSING
