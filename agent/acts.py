"""Acts: what a model can decide. Tool calls, and the replies, which are calls too.

One act is text: a call as compact JSON (``{"name": …, "arguments": {…}}``), or several tool calls,
one on each line. Several reads run in parallel, several writes in order under one approval; a
reply stands alone. Because a reply is a call, it is cleared, trained and scored like one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from agent.calls import ProposedCall, Rejected, Rejection
from agent.json_values import is_object
from tools.nesting import DEEPEST, is_too_deep
from tools.spec import ANY_ENTITY, JsonSchema, ToolSpec, ValueRule

REPLY_API = "callsign"
CLOSES = "finish"
"""Name of the act that closes: a greeting, thanks, or the sum of what was done."""
SHOWS = "present"
"""Name of the act that shows a result."""
ANSWERS = "answer"
"""Name of the act that tells of one thing that a result showed."""
DECLINES = "decline"
"""Name of the act that says why something cannot be done."""
ASKS = "ask_user"
"""Name of the act that asks the user."""
NOTHING_NEEDED = "wish"
"""What `ask_user` asks for where no tool needs anything of a user."""
RESULT_ENTITY = "result"
"""Entity of the ids that name a call's own result (``c3``)."""
MAX_CALLS = 4
"""At most this many calls in one act, where nothing else is said."""

_INFERRED = ValueRule(kind="term", sources=frozenset({"inferred"}))


def reply_acts(tools: Sequence[ToolSpec]) -> tuple[ToolSpec, ...]:
    """The five replies over these tools; `ask_user` may ask for any value that a user supplies."""
    about: dict[str, Any] = {"type": "array", "minItems": 1, "uniqueItems": True}
    names = sorted(user_parameters(tools)) or [NOTHING_NEEDED]
    about["items"] = {"type": "string", "enum": names}
    return (
        _reply(ASKS, "Ask for what is missing.", {"about": about}, {"/about/*": _INFERRED}),
        _reply(
            SHOWS,
            "Show a result's options.",
            {"result": {"type": "string"}},
            {"/result": _entity(RESULT_ENTITY)},
        ),
        _reply(
            ANSWERS,
            "Answer about one thing a result showed.",
            {"about": {"type": "string"}},
            {"/about": _entity(ANY_ENTITY)},
        ),
        _reply(
            DECLINES,
            "Say why it cannot be done.",
            {"reason": _enum("out_of_scope", "not_possible", "unsafe")},
            {"/reason": _INFERRED},
        ),
        _reply(
            CLOSES,
            "Close: greet, thank, or sum up what was done.",
            {"topic": _enum("greeting", "help", "thanks", "done")},
            {"/topic": _INFERRED},
        ),
    )


def user_parameters(tools: Sequence[ToolSpec]) -> dict[str, ValueRule]:
    """Argument leaves that a user supplies, by their last name (``born_on``), of required parents.

    Names of internal acts are left out; where two tools share a name, the first rule stands.
    """
    found: dict[str, ValueRule] = {}
    for tool in tools:
        for pointer, rule in tool.rules.items():
            name = next(part for part in reversed(pointer.split("/")) if part != "*")
            if "user" in rule.sources and is_required(tool.parameters, pointer):
                found.setdefault(name, rule)
    return found


def is_required(schema: JsonSchema, pointer: str) -> bool:
    """Whether a value must stand at this pointer (``*`` for list items) in every valid object."""
    current: Mapping[str, Any] = schema
    for part in pointer.split("/")[1:]:
        if part == "*":
            current = current.get("items", {})
        elif part in current.get("required", ()):
            current = current.get("properties", {}).get(part, {})
        else:
            return False
    return True


def is_reply(tool: ToolSpec) -> bool:
    """Whether a spec is one of the reply acts."""
    return tool.api == REPLY_API


def act_text(calls: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """The text of an act, as engines decode it and training teaches it."""
    return "\n".join(
        orjson.dumps({"name": name, "arguments": arguments}).decode() for name, arguments in calls
    )


def parse_act(
    text: str, first_id: int, most_calls: int = MAX_CALLS
) -> tuple[ProposedCall, ...] | Rejected:
    """The calls of an act, with ids ``c<first_id>`` and on; a `malformed` rejection otherwise."""
    calls: list[ProposedCall] = []
    for line in text.strip().split("\n"):
        if not line.strip():
            continue
        call = _parse_call(line, f"c{first_id + len(calls)}")
        if isinstance(call, Rejected):
            return call
        calls.append(call)
    if not calls:
        return _malformed(f"c{first_id}", text, "expected at least one call")
    if len(calls) > most_calls:
        return _malformed(calls[0].id, text, f"at most {most_calls} calls in one act")
    return tuple(calls)


def _parse_call(line: str, call_id: str) -> ProposedCall | Rejected:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _malformed(call_id, line, f"not JSON: {error}")
    if not is_object(value) or set(value) != {"name", "arguments"}:
        return _malformed(call_id, line, 'expected {"name": …, "arguments": {…}}')
    if not isinstance(value["name"], str):
        return _malformed(call_id, line, "the name must be a string")
    if is_too_deep(value):
        return _malformed(call_id, line, f"nested deeper than {DEEPEST} levels")
    return ProposedCall(call_id, value["name"], value["arguments"])


def _malformed(call_id: str, text: str, message: str) -> Rejected:
    return Rejected(call_id, "", text, (Rejection("malformed", "", message),))


def _reply(
    name: str, description: str, properties: dict[str, Any], rules: dict[str, ValueRule]
) -> ToolSpec:
    return ToolSpec(
        name=name,
        description=description,
        api=REPLY_API,
        method="",
        path="",
        effect="read",
        parameters={
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
        locations={},
        wire_names={},
        rules=rules,
    )


def _entity(entity: str) -> ValueRule:
    return ValueRule(kind="entity", sources=frozenset({"result"}), entity=entity)


def _enum(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}
