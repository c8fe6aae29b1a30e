"""Response bodies are held against what the document promises."""

from typing import Any

import pytest

from tools.openapi import read_openapi
from tools.validation import Violation, violations

SCHEMA = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {"type": "array", "items": {"properties": {"a/b": {"type": "integer"}}}}
    },
}
RESPONSES = {"200": {"content": {"application/json": {"schema": SCHEMA}}}}


def tool_answering(responses: Any) -> Any:
    source = {"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": responses}}}}
    return read_openapi(source, api="t").tools[0]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"data": [{"a/b": 1}]}, []),
        ({"data": [{"a/b": "x"}, {"a/b": None}]}, ["/data/0/a~1b", "/data/1/a~1b"]),
        ({}, [""]),
        (None, [""]),
    ],
)
def test_every_violation_is_found_with_its_place(body: Any, pointers: list[str]) -> None:
    tool = tool_answering(RESPONSES)
    assert [violation.pointer for violation in violations(tool, body)] == pointers


def test_messages_say_what_is_wrong() -> None:
    assert violations(tool_answering(RESPONSES), {}) == (
        Violation("", '"data" is a required property'),
    )


def test_nothing_promised_is_nothing_broken() -> None:
    assert violations(tool_answering({"204": {}}), {"anything": 1}) == ()
