"""Sampled calls keep their schemas, and every value in them can be named by a person."""

import random
from datetime import date
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.collect.pets import document, tools
from tools.openapi import read_openapi
from training.collect.arguments import Example, sample

TODAY = date(2026, 11, 23)
PETS = tools()


def example(name: str, seed: int = 0) -> Example:
    found = sample(PETS[name], random.Random(seed), TODAY)
    assert isinstance(found, Example)
    return found


def unfit(parameters: list[dict[str, Any]]) -> object:
    paths = {"/x": {"get": {"operationId": "x", "summary": "Get x", "parameters": parameters}}}
    (tool,) = read_openapi(document("x", paths), api="x").tools
    return sample(tool, random.Random(0), TODAY)


@given(seed=st.integers(0, 10_000), name=st.sampled_from(sorted(PETS)))
def test_a_sample_keeps_the_schema_and_names_its_values(seed: int, name: str) -> None:
    found = example(name, seed)
    schema = dict(PETS[name].parameters)
    assert jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(
        found.arguments
    )
    told = [value for slot in found.slots for value in slot.values]
    assert len(told) >= len(PETS[name].parameters.get("required", ()))
    assert found == example(name, seed)


def test_required_values_become_slots_with_plain_names() -> None:
    slots = {slot.pointer: slot for slot in example("addPet").slots}
    drawn = {example("addPet", seed).arguments["name"] for seed in range(20)}
    assert {"/name", "/bornOn", "/keeper/email"} <= {*slots}
    assert slots["/bornOn"].label == "born on"
    assert {"Rex", "Luna"} < drawn


def test_arguments_stand_in_the_order_in_which_a_grammar_writes_them() -> None:
    for seed in range(40):
        names = list(example("addPet", seed).arguments)
        assert names[:3] == ["name", "bornOn", "keeper"]


def test_optional_values_differ_from_their_default_and_are_none_of_a_programs() -> None:
    seen = [example("listPets", seed).arguments for seed in range(60)]
    assert any("limit" in one for one in seen)
    assert any("status" in one for one in seen)
    assert any(not one for one in seen)
    assert all(one.get("limit") != 20 and "apiKey" not in one for one in seen)


@pytest.mark.parametrize(
    ("schema", "name", "reason"),
    [
        ({"type": "string"}, "accessToken", "needs what no person says"),
        ({"type": "array", "items": {"type": "object"}}, "rows",
         "needs a nested list or a choice of shapes"),
        ({"type": "string"}, "xq", "no plain name for an argument"),
        ({"type": "string"}, "flurble", "no realistic value"),
        ({"type": "string", "enum": ["asOf", "AS_OF"]}, "moment", "terms that sound alike"),
    ],
)  # fmt: skip
def test_what_gives_no_example_says_why(schema: Any, name: str, reason: str) -> None:
    assert unfit([{"name": name, "in": "query", "required": True, "schema": schema}]) == reason


def test_one_allowed_value_needs_no_saying() -> None:
    only = {"type": "string", "enum": ["xml"]}
    found = unfit([{"name": "shape", "in": "query", "required": True, "schema": only}])
    assert found == Example({"shape": "xml"}, ())
