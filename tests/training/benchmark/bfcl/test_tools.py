"""BFCL's descriptions become closed tools under their own names, with inferred rules."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.calls import Cleared
from agent.clearance import Policy, clear
from agent.evidence.facts import Evidence, UserText
from tests.training.benchmark.bfcl.cases import FERRY, ferry
from training.benchmark.bfcl.tools import tool_of

NOW = datetime(2023, 3, 1, tzinfo=UTC)
TOOL = tool_of(FERRY)


def test_a_tool_keeps_the_names_and_the_required_parameters():
    assert TOOL.name == "ferries.search"
    assert list(TOOL.parameters["properties"]) == list(FERRY["parameters"]["properties"])
    assert TOOL.parameters["required"] == ["from_port", "to_port"]
    assert TOOL.parameters["additionalProperties"] is False


def test_types_are_those_of_json_schema():
    types = {name: part.get("type") for name, part in TOOL.parameters["properties"].items()}
    assert types == {
        "from_port": "string",
        "to_port": "string",
        "cars": "integer",
        "length": "number",
        "direct": "boolean",
        "decks": "array",
        "position": "array",
        "class": "string",
        "driver": "object",
        "people": "array",
        "anything": None,
    }
    assert TOOL.parameters["properties"]["driver"]["additionalProperties"] is False


def test_rules_are_inferred_for_every_leaf():
    kinds = {pointer: rule.kind for pointer, rule in TOOL.rules.items()}
    assert kinds["/cars"] == "integer"
    assert kinds["/position/*"] == "number"
    assert kinds["/class"] == "term"
    assert kinds["/people/*/name"] == "text"
    assert TOOL.rules["/cars"].sources == {"user"}


def test_a_function_without_parameters_is_a_tool():
    tool = tool_of({"name": "ping", "parameters": {"type": "dict", "properties": {}}})
    assert tool.parameters == {"type": "object", "properties": {}, "additionalProperties": False}


def test_clearance_judges_a_call_of_such_a_tool():
    evidence = Evidence().plus(text=UserText("m1", "A ferry from Hull to Zeebrugge for 2 cars"))
    verdict = clear(ferry(cars=2), {TOOL.name: TOOL}, evidence, Policy(NOW))
    assert isinstance(verdict, Cleared)
    rejected = clear(ferry(cars=3), {TOOL.name: TOOL}, evidence, Policy(NOW))
    assert not isinstance(rejected, Cleared)
    assert [(one.code, one.pointer) for one in rejected.rejections] == [
        ("ungrounded_value", "/cars")
    ]
