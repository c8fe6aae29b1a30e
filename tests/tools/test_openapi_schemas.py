"""Schemas of a document become self-contained JSON Schema, draft 2020-12."""

from typing import Any

import jsonschema_rs
import pytest

from tools.errors import SpecError, UnresolvableReference
from tools.openapi.merge import merge
from tools.openapi.schemas import LEVELS, MAX_NODES, Schemas


def expand(schema: Any, **shared: Any) -> dict[str, Any]:
    return Schemas({"components": {"schemas": shared}}).expand(schema)


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


class TestOldSpellings:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
            (
                {"type": "string", "enum": ["a"], "nullable": True},
                {"type": ["string", "null"], "enum": ["a", None]},
            ),
            (
                {"oneOf": [{"type": "string"}], "nullable": True},
                {"oneOf": [{"type": "string"}, {"type": "null"}]},
            ),
            (
                {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                {"type": "integer", "exclusiveMinimum": 0},
            ),
            (
                {"type": "integer", "maximum": 9, "exclusiveMaximum": False},
                {"type": "integer", "maximum": 9},
            ),
            ({"type": "integer", "example": 3}, {"type": "integer", "examples": [3]}),
        ],
    )
    def test_3_0_is_rewritten(self, written: dict[str, Any], meant: dict[str, Any]) -> None:
        assert expand(written) == meant

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ({"type": "String"}, {"type": "string"}),
            ({"type": "float"}, {"type": "number"}),
            ({"type": "whatever", "minimum": "1"}, {}),
            ({"type": "string", "pattern": "("}, {"type": "string"}),
            ({"type": "string", "enum": [1, True]}, {"type": "string", "enum": ["1", "true"]}),
            ({"type": "integer", "default": "ten"}, {"type": "integer"}),
            ({"type": "string", "enum": ["a"], "default": "b"}, {"type": "string", "enum": ["a"]}),
            (
                {"properties": {"a": {"required": True}}},
                {"type": "object", "properties": {"a": {}}, "required": ["a"]},
            ),
        ],
    )
    def test_slips_are_mended(self, written: dict[str, Any], meant: dict[str, Any]) -> None:
        assert expand(written) == meant


class TestReferences:
    def test_they_are_inlined_with_what_stands_beside_them(self) -> None:
        schema = expand({**ref("S"), "description": "mine", "nullable": True}, S={"type": "string"})
        assert schema == {"type": ["string", "null"], "description": "mine"}

    def test_pointers_are_unescaped(self) -> None:
        document = {"a/b": {"c~d e": {"type": "integer"}}}
        assert Schemas(document).expand({"$ref": "#/a~1b/c~0d%20e"}) == {"type": "integer"}

    def test_a_circular_schema_is_cut_at_the_stated_depth(self) -> None:
        node = {"type": "object", "properties": {"next": ref("Node")}}
        schema = expand(ref("Node"), Node=node)
        depth = 0
        while "x-truncated" not in schema:
            schema = schema["properties"]["next"]
            depth += 1
        assert depth == LEVELS[0]
        assert schema == {"type": "object", "x-truncated": True}

    def test_a_schema_that_grows_without_bound_is_inlined_less_deeply(self) -> None:
        wide = {"properties": {f"p{n}": ref("Wide") for n in range(20)}}
        schema = expand(ref("Wide"), Wide=wide)
        assert str(schema).count("x-truncated") <= MAX_NODES
        jsonschema_rs.Draft202012Validator(schema)

    def test_a_reference_to_itself_ends(self) -> None:
        assert expand(ref("Me"), Me=ref("Me")) == {"x-truncated": True}

    @pytest.mark.parametrize("target", ["#/components/schemas/No", "other.json#/A", "#broken"])
    def test_a_reference_that_leads_nowhere_is_named(self, target: str) -> None:
        with pytest.raises(UnresolvableReference, match=target):
            expand({"$ref": target})

    def test_a_schema_too_large_by_itself_is_refused(self) -> None:
        with pytest.raises(SpecError, match="parts"):
            expand({"properties": {str(n): {} for n in range(MAX_NODES + 1)}})


class TestAllOf:
    def test_objects_become_one(self) -> None:
        base = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
        more = {"required": ["b"], "properties": {"b": {"type": "integer"}}}
        assert expand({"allOf": [ref("Base"), more]}, Base=base) == {
            "type": "object",
            "required": ["a", "b"],
            "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        }

    def test_bounds_and_values_are_narrowed(self) -> None:
        first = {"type": "number", "minimum": 1, "maximum": 9, "enum": [1, 2, 3]}
        second = {"type": "integer", "minimum": 2, "maximum": 20, "enum": [2, 3, 4]}
        assert merge(first, second) == {
            "type": "integer", "minimum": 2, "maximum": 9, "enum": [2, 3],
        }  # fmt: skip

    def test_what_does_not_merge_stays(self) -> None:
        schema = expand({"allOf": [{"pattern": "a"}, {"pattern": "b"}]})
        assert schema == {"pattern": "a", "allOf": [{"pattern": "b"}]}
        assert merge({"type": "string"}, {"type": "object"}) is None
