"""OpenAPI documents become tools."""

from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import SpecError
from tools.openapi import fetch_openapi, read_openapi
from tools.openapi.document import load
from tools.spec import ApprovalSpec, ParameterStyle, ReadBackSpec, Relation, ToolSpec

OK = {"200": {"description": "ok"}}


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths, **more}


def only_tool(operation: dict[str, Any], path: str = "/things", method: str = "post") -> ToolSpec:
    reading = read_openapi(document({path: {method: {"responses": OK, **operation}}}), api="t")
    assert reading.skipped == ()
    (tool,) = reading.tools
    return tool


def json_body(schema: Any, **more: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": schema}}, **more}}


class TestSources:
    TEXT = (
        "openapi: 3.0.3\ninfo: {title: Y, version: 1}\npaths: {/a: {get: {responses: {200: {}}}}}"
    )

    def test_yaml_text_bytes_and_path_read_alike(self, tmp_path: Path) -> None:
        file = tmp_path / "api.yaml"
        file.write_text(self.TEXT)
        readings = [
            read_openapi(source, api="t") for source in (self.TEXT, self.TEXT.encode(), file)
        ]
        assert [[tool.name for tool in reading.tools] for reading in readings] == [["get_a"]] * 3

    @respx.mock
    async def test_a_url_is_read_and_its_servers_are_relative_to_it(self) -> None:
        source = document({"/a": {"get": {"responses": OK}}}, servers=[{"url": "/v1/"}])
        respx.get("https://x.test/docs/openapi.json").respond(json=source)
        async with httpx.AsyncClient() as client:
            reading = await fetch_openapi(
                "https://x.test/docs/openapi.json", api="x", client=client
            )
        assert reading.base_urls == ("https://x.test/v1",)

    @respx.mock
    async def test_an_unreachable_url_is_a_spec_error(self) -> None:
        respx.get("https://x.test/").respond(404)
        async with httpx.AsyncClient() as client:
            with pytest.raises(SpecError, match="404"):
                await fetch_openapi("https://x.test/", api="x", client=client)

    @pytest.mark.parametrize(
        "text", ["[]", "{", "a: [", "swagger: '2.0'", '{"openapi": "4.0"}', ""]
    )
    def test_what_is_no_openapi_3_is_refused(self, text: str) -> None:
        with pytest.raises(SpecError):
            read_openapi(text, api="t")

    def test_yaml_scalars_mean_what_json_would(self) -> None:
        text = """
openapi: 3.0.3
paths:
  /a:
    get:
      parameters:
      - {name: q, in: query, schema: {type: string, enum: [no, 12:30, 2027-03-03, 1.0]}}
"""
        (tool,) = read_openapi(text, api="t").tools
        assert tool.parameters["properties"]["q"]["enum"] == ["no", "12:30", "2027-03-03", "1.0"]

    def test_yaml_integers_beyond_json_stay_texts(self) -> None:
        text = "a: 18446744073709551615\nb: -9223372036854775808\nc: 18446744073709551616\n"
        assert load(text) == {"a": 2**64 - 1, "b": -(2**63), "c": "18446744073709551616"}

    def test_server_variables_take_their_defaults(self) -> None:
        servers = [{"url": "https://{r}.x.test/v1", "variables": {"r": {"default": "eu"}}}]
        assert read_openapi(document({}, servers=servers), api="t").base_urls == (
            "https://eu.x.test/v1",
        )


class TestNames:
    def test_an_operation_without_id_is_named_by_method_and_path(self) -> None:
        tool = only_tool({}, "/orders/{order_id}/items", "get")
        assert tool.name == "get_orders_by_order_id_items"

    def test_names_are_made_valid_and_unique(self) -> None:
        paths = {f"/{n}": {"get": {"operationId": "get it!", "responses": OK}} for n in "ab"}
        paths["/c"] = {"get": {"operationId": "x" * 90, "responses": OK}}
        names = [tool.name for tool in read_openapi(document(paths), api="t").tools]
        assert names == ["get_it", "get_it_2", "x" * 64]

    def test_arguments_that_share_a_name_keep_their_places(self) -> None:
        operation = {
            "parameters": [{"name": "id", "in": "query", "schema": {"type": "string"}}],
            **json_body({"type": "object", "properties": {"id": {"type": "integer"}}}),
        }
        tool = only_tool(operation, "/things/{id}")
        assert tool.locations == {"id": "path", "id_query": "query", "id_body": "body"}
        assert set(tool.wire_names.values()) == {"id"}


class TestArguments:
    def test_all_places_make_one_closed_object(self) -> None:
        operation = {
            "parameters": [
                {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
            ],
            **json_body({
                "type": "object",
                "required": ["a"],
                "properties": {"a": {"type": "string"}, "made_at": {"readOnly": True}},
            }),
        }  # fmt: skip
        tool = only_tool(operation, "/things/{thing_id}")
        assert tool.parameters == {
            "type": "object",
            "properties": {
                "thing_id": {"type": "string"},
                "limit": {"type": "integer"},
                "X-Trace": {"type": "string"},
                "a": {"type": "string"},
            },
            "required": ["thing_id", "a"],
            "additionalProperties": False,
        }

    def test_the_operation_overrides_parameters_of_its_path(self) -> None:
        def query(schema: dict[str, str]) -> list[Any]:
            return [{"name": "q", "in": "query", "schema": schema}]

        item = {
            "parameters": query({"type": "string"}),
            "get": {"parameters": query({"type": "integer"})},
        }
        (tool,) = read_openapi(document({"/a": item}), api="t").tools
        assert tool.parameters["properties"] == {"q": {"type": "integer"}}

    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "array", "items": {"type": "string"}},
            {"type": "string"},
            {"oneOf": [{"type": "object", "properties": {"a": {"type": "string"}}}]},
            {"type": "object", "additionalProperties": {"type": "string"}},
        ],
    )
    def test_a_body_that_does_not_split_is_one_argument(self, schema: dict[str, Any]) -> None:
        tool = only_tool(json_body(schema, required=True))
        assert tool.body_argument == "body"
        assert tool.parameters["required"] == ["body"]

    def test_a_body_that_lists_no_properties_takes_no_arguments(self) -> None:
        tool = only_tool(json_body({"type": "object", "properties": {}}, required=True))
        assert tool.parameters["properties"] == {}

    def test_nested_objects_are_closed_unless_they_say_otherwise(self) -> None:
        inner = {"type": "object", "properties": {"x": {"type": "string"}}}
        free = {**inner, "additionalProperties": True}
        tool = only_tool(json_body({"type": "object", "properties": {"a": inner, "b": free}}))
        assert tool.parameters["properties"]["a"]["additionalProperties"] is False
        assert tool.parameters["properties"]["b"]["additionalProperties"] is True

    def test_internal_arguments_are_sent_but_never_shown(self) -> None:
        operation = {
            "parameters": [
                {"name": "X-Sandbox", "in": "header", "x-internal": True, "schema": {}},
                {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {}},
            ],
            **json_body({"type": "object", "properties": {
                "a": {"type": "string"}, "hidden": {"type": "string", "x-internal": True}}}),
        }  # fmt: skip
        tool = only_tool(operation)
        assert set(tool.parameters["properties"]) == {"a"}
        assert "required" not in tool.parameters
        assert set(tool.locations) == {"X-Sandbox", "Idempotency-Key", "a", "hidden"}
        assert tool.idempotency_header == "Idempotency-Key"

    def test_api_keys_are_the_executors_business(self) -> None:
        schemes = {"k": {"type": "apiKey", "in": "query", "name": "api_key"}}
        parameters = [{"name": "api_key", "in": "query", "required": True, "schema": {}}]
        source = document(
            {"/a": {"get": {"parameters": parameters}}}, components={"securitySchemes": schemes}
        )
        (tool,) = read_openapi(source, api="t").tools
        assert tool.parameters["properties"] == {}

    def test_styles_other_than_the_default_are_kept(self) -> None:
        parameters = [
            {"name": "a", "in": "query", "explode": False, "schema": {"type": "array"}},
            {"name": "b", "in": "query", "style": "form", "schema": {"type": "array"}},
            {"name": "c", "in": "query", "content": {"application/json": {"schema": {}}}},
        ]
        tool = only_tool({"parameters": parameters}, method="get")
        assert tool.styles == {
            "a": ParameterStyle("form", explode=False),
            "c": ParameterStyle("json", explode=False),
        }

    def test_json_is_preferred_to_forms(self) -> None:
        schema = {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
        content = {"application/x-www-form-urlencoded": schema, "application/vnd.x+json": schema}
        tool = only_tool({"requestBody": {"content": content}})
        assert tool.media_type == "application/vnd.x+json"


class TestSkipping:
    def test_each_bad_operation_is_counted_and_the_good_one_kept(self) -> None:
        cookie = {"name": "s", "in": "cookie", "required": True, "schema": {}}
        binary = {"required": True, "content": {"application/octet-stream": {}}}
        paths = {
            "/good": {"get": {}},
            "/old": {"get": {"deprecated": True}},
            "/foreign": {"get": {"parameters": [{"$ref": "other.yaml#/x"}]}},
            "/lost": {"post": json_body({"$ref": "#/components/schemas/Nowhere"})},
            "/cookie": {"get": {"parameters": [cookie]}},
            "/binary": {"post": {"requestBody": binary}},
            "/bad": {"get": {"parameters": [{"in": "query"}]}},
            "/worse": {"get": 7},
            "/approval": {"post": {"x-approval": {"total": 3}}},
        }
        reading = read_openapi(document(paths), api="t")
        assert [tool.path for tool in reading.tools] == ["/good"]
        assert reading.reasons == {
            "deprecated": 1,
            "unresolvable_reference": 2,
            "cookie_parameter": 1,
            "unsupported_media_type": 1,
            "malformed": 3,
        }

    def test_deprecated_operations_can_be_asked_for(self) -> None:
        source = document({"/old": {"get": {"deprecated": True}}})
        assert len(read_openapi(source, api="t", include_deprecated=True).tools) == 1

    def test_a_result_schema_that_cannot_be_read_costs_only_itself(self) -> None:
        content = {"application/json": {"schema": {"$ref": "elsewhere.json"}}}
        tool = only_tool({"responses": {"200": {"content": content}}})
        assert tool.returns is None


class TestExtensions:
    def test_effect_follows_the_method_unless_stated(self) -> None:
        assert only_tool({}, method="get").effect == "read"
        assert only_tool({}, method="post").effect == "write"
        assert only_tool({"x-effect": "read"}, method="post").effect == "read"

    def test_approval_read_back_and_relations_are_read(self) -> None:
        tool = only_tool({
            "x-approval": {"entity_argument": "/offer_id", "refresh": "get_offer",
                           "total": "/total", "expires_at": None, "terms": {"refund": "/r"}},
            "x-read-back": {"operation": "list_orders", "found": "/data/0",
                            "arguments": {"key": "$idempotency_key"}},
            "x-relations": [{"kind": "after", "argument": "until", "other": "since"}],
            **json_body({"type": "object", "properties": {"since": {}, "until": {}}}),
        })  # fmt: skip
        assert tool.approval == ApprovalSpec(
            "/offer_id", "get_offer", "/total", None, {"refund": "/r"}
        )
        assert tool.read_back == ReadBackSpec("list_orders", {"key": "$idempotency_key"}, "/data/0")
        assert tool.relations == (Relation("after", "until", "since"),)

    def test_they_are_absent_where_nothing_is_said(self) -> None:
        tool = only_tool({})
        assert (tool.approval, tool.read_back, tool.relations) == (None, None, ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 500) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
WORD = st.sampled_from(
    ["type", "object", "string", "array", "properties", "items", "$ref", "#/paths", "allOf",
     "anyOf", "enum", "required", "default", "nullable", "a", "id", "pattern", "(", "minimum",
     "exclusiveMinimum", "#/components/schemas/S", "x-source", "x-terms", "x-kind", "date"]
)  # fmt: skip
SCHEMA_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | WORD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORD, inner, max_size=4),
    max_leaves=12,
)


class TestWildDocuments:
    @given(operation=JSON, parameters=JSON, responses=JSON, body=JSON)
    @settings(max_examples=60, deadline=None)
    def test_no_operation_brings_the_document_down(
        self, operation: Any, parameters: Any, responses: Any, body: Any
    ) -> None:
        whole = {"parameters": parameters, "responses": responses, "requestBody": body}
        paths = {"/a": {"get": operation, "post": whole}, "/b": operation, "/good": {"get": {}}}
        reading = read_openapi(document(paths), api="t")
        assert "/good" in [tool.path for tool in reading.tools]

    @given(schema=SCHEMA_LIKE, shared=SCHEMA_LIKE)
    @settings(max_examples=120, deadline=None)
    def test_every_schema_becomes_valid_or_is_skipped(self, schema: Any, shared: Any) -> None:
        operation = json_body({"type": "object", "properties": {"a": schema}})
        content = {"application/json": {"schema": schema}}
        operation["responses"] = {"200": {"content": content}}
        components = {"schemas": {"S": shared}}
        reading = read_openapi(
            document({"/a": {"post": operation}}, components=components), api="t"
        )
        assert len(reading.tools) + len(reading.skipped) == 1
        for tool in reading.tools:
            assert "a" in tool.parameters["properties"] or "a" not in tool.locations
            jsonschema_rs.Draft202012Validator(dict(tool.parameters))
            assert all(rule.sources for rule in tool.rules.values())
