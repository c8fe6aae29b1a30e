"""Where values come from, as documents say it or as names and types suggest."""

from typing import Any

import pytest

from tools.openapi import read_openapi
from tools.spec import THING, ToolSpec, ValueRule
from tools.words import id_stem, noun, words


def tool_of(path: str, properties: dict[str, Any], returns: Any = None) -> ToolSpec:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    content = {"application/json": {"schema": returns}}
    body = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    operation = {
        **(body if properties else {}),
        "responses": {"200": {"content": content}} if returns is not None else {},
    }
    source = {"openapi": "3.1.0", "paths": {path: {"post": operation}}}
    (tool,) = read_openapi(source, api="t").tools
    return tool


def rule_of(name: str, schema: dict[str, Any]) -> ValueRule:
    tool = tool_of("/things", {name: schema})
    (rule,) = tool.rules.values()
    return rule


TEXT = {"type": "string"}


class TestKinds:
    @pytest.mark.parametrize(
        ("name", "schema", "kind", "sources"),
        [
            ("day", {"type": "string", "format": "date"}, "date", {"user"}),
            ("to", {"type": "string", "format": "email"}, "email", {"user"}),
            ("contact_email", TEXT, "email", {"user"}),
            ("currencyCode", TEXT, "currency", {"user"}),
            ("familyName", TEXT, "name", {"user"}),
            ("company_name", TEXT, "text", {"user", "inferred"}),
            ("origin", {"type": "string", "pattern": "^[A-Z]{3}$"}, "place", {"user", "result"}),
            ("origin", TEXT, "text", {"user", "inferred"}),
            ("count", {"type": "integer"}, "integer", {"user", "inferred"}),
            ("adults", {"type": "integer"}, "integer", {"user"}),
            ("adults", {"type": "integer", "default": 1}, "integer", {"user", "default"}),
            ("price", {"type": "number"}, "number", {"user"}),
            ("direct", {"type": "boolean"}, "boolean", {"user", "inferred"}),
            ("sort", {"enum": ["a", "b"]}, "term", {"user", "inferred"}),
            ("offer_id", TEXT, "entity", {"user", "result"}),
            ("petId", {"type": "integer"}, "entity", {"user", "result"}),
        ],
    )
    def test_they_are_told_from_name_type_and_format(
        self, name: str, schema: dict[str, Any], kind: str, sources: set[str]
    ) -> None:
        rule = rule_of(name, schema)
        assert (rule.kind, rule.sources) == (kind, sources)

    def test_what_the_document_says_wins(self) -> None:
        stated = {
            "type": "string", "enum": ["eco"], "x-kind": "term", "x-source": ["user"],
            "x-terms": {"eco": ["economy", "Ekonomi"]}, "x-unit": "seat",
        }  # fmt: skip
        rule = rule_of("cabin_class", stated)
        assert rule == ValueRule(
            "term", frozenset({"user"}), unit="seat", vocabulary="cabin_class",
            terms={"eco": ("economy", "Ekonomi")},
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("schema", "vocabulary"),
        [
            ({"format": "date", "x-role": "return"}, "return"),
            ({"x-kind": "time", "x-role": "after"}, "after"),
            ({"x-kind": "place", "x-role": "origin"}, "origin"),
            ({"format": "email", "x-role": "origin"}, None),
            ({"x-kind": "entity", "x-terms": {"order": ["order", "sipariş"]}}, THING),
            ({"x-kind": "entity"}, None),
        ],
    )
    def test_roles_and_words_for_things_are_its_vocabulary(
        self, schema: dict[str, Any], vocabulary: str | None
    ) -> None:
        assert rule_of("value", {"type": "string", **schema}).vocabulary == vocabulary

    def test_lists_and_alternatives_pass_their_extensions_on(self) -> None:
        born = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "x-when": "past"}
        people = {"type": "array", "items": {"type": "object", "properties": {"born_on": born}}}
        tags = {"type": "array", "x-source": ["user"], "items": TEXT}
        tool = tool_of("/things", {"people": people, "tags": tags})
        assert set(tool.rules) == {"/people/*/born_on", "/tags/*"}
        assert tool.rules["/people/*/born_on"].when == "past"
        assert tool.rule_at("/people/3/born_on") is tool.rules["/people/*/born_on"]
        assert tool.rules["/tags/*"].sources == {"user"}


class TestEntities:
    @pytest.mark.parametrize(
        ("path", "entity"),
        [
            ("/orders/{order_id}", "order"),
            ("/orders/{id}", "order"),
            ("/flight-orders/{uuid}/cancel", "flight_order"),
            ("/companies/{companyId}", "company"),
        ],
    )
    def test_path_arguments_name_them(self, path: str, entity: str) -> None:
        (rule,) = tool_of(path, {}).rules.values()
        assert (rule.kind, rule.entity) == ("entity", entity)

    def test_ids_in_results_match_the_arguments_that_take_them(self) -> None:
        returns = {
            "type": "object",
            "properties": {
                "data": {"type": "array", "items": {"properties": {
                    "id": TEXT,
                    "hotelId": TEXT,
                    "customer": {"properties": {"id": TEXT, "name": TEXT}},
                    "rate_id": {"type": "string", "x-entity": "hotel_rate"},
                }}},
            },
        }  # fmt: skip
        tool = tool_of("/orders/search", {}, returns)
        assert tool.returns is not None
        item = tool.returns["properties"]["data"]["items"]["properties"]
        assert item["id"]["x-entity"] == "order"
        assert item["hotelId"]["x-entity"] == "hotel"
        assert item["customer"]["properties"]["id"]["x-entity"] == "customer"
        assert "x-entity" not in item["customer"]["properties"]["name"]
        assert item["rate_id"]["x-entity"] == "hotel_rate"


class TestWords:
    @pytest.mark.parametrize(
        ("identifier", "parts"),
        [
            ("orderId", ("order", "id")),
            ("HTTPServer2", ("http", "server", "2")),
            ("flight-orders", ("flight", "orders")),
            ("ünlü", ("nl",)),
            ("", ()),
        ],
    )
    def test_identifiers_fall_into_words(self, identifier: str, parts: tuple[str, ...]) -> None:
        assert words(identifier) == parts

    def test_nouns_are_singular(self) -> None:
        named = ["companies", "addresses", "boxes", "status", "stays", "bus", "flightOrders"]
        assert [noun(name) for name in named] == [
            "company", "address", "box", "status", "stay", "bus", "flight_order",
        ]  # fmt: skip

    def test_only_id_shaped_names_have_a_stem(self) -> None:
        assert [id_stem(name) for name in ("order_id", "id", "period", "idea")] == [
            "order", "", None, None,
        ]  # fmt: skip
