"""Mistakes that a model makes, made on purpose: a right act in, a wrong one out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any, cast

from agent.acts import CLOSES, act_text
from agent.clearance import leaves, schema_at
from agent.json_values import is_array, is_object
from agent.offer import Offer
from tools.spec import ToolSpec, ValueKind
from training.annotate.slips import invented, slip

Calls = Sequence[tuple[str, Mapping[str, Any]]]
_COPIED = frozenset[ValueKind]({"name", "email", "entity"})
"""Values that nothing normalises: a model copies them letter by letter, and there it slips most."""
_NO_SUCH = ("note", "priority", "user_id", "locale", "comment")
_VERBS = ("fetch", "lookup", "perform", "query")


@dataclass(frozen=True, slots=True)
class Rates:
    """How often a model errs, each a share of its proposals.

    `repeat`: it says again what was tried here, or what it did last. `value`: a value of the right
    call is wrong, missing or too many. `tool`: another tool, or one that does not exist. `close`:
    it ends the turn although it should act.
    """

    repeat: float = 0.08
    value: float = 0.18
    tool: float = 0.04
    close: float = 0.03


@dataclass(frozen=True, slots=True)
class _Leaf:
    pointer: str
    value: Any
    kind: ValueKind
    schema: Mapping[str, Any]


def _leaf(tool: ToolSpec, pointer: str, value: Any) -> _Leaf:
    rule = tool.rule_at(pointer)
    schema = schema_at(tool.parameters, pointer)
    return _Leaf(pointer, value, rule.kind if rule else "text", schema)


def wrong_value(calls: Calls, offer: Offer, heard: Sequence[str], rng: Random) -> str | None:
    """The same calls with one value changed, one argument left out, misnamed or too many."""
    at = rng.randrange(len(calls))
    name, arguments = calls[at]
    tool = offer.by_name[name]
    changed: Any = deepcopy(dict(arguments))
    kind = rng.random()
    if kind < 0.1:
        changed[rng.choice(_NO_SUCH)] = "yes"
    elif kind < 0.2 and changed:
        del changed[rng.choice(sorted(changed))]
    elif kind < 0.25 and (long := sorted(key for key in changed if "_" in key)):
        key = rng.choice(long)
        changed = {key.rpartition("_")[0] if one == key else one: changed[one] for one in changed}
    elif found := [_leaf(tool, *one) for one in leaves(changed)]:
        (leaf,) = rng.choices(found, [3 if one.kind in _COPIED else 1 for one in found])
        others = [one.value for one in found if one is not leaf]
        _put(changed, leaf.pointer, _another(leaf, others, heard, rng))
    else:
        return None
    return act_text([*calls[:at], (name, changed), *calls[at + 1 :]])


def wrong_tool(calls: Calls, offer: Offer, heard: Sequence[str], rng: Random) -> str | None:
    """Another act with what arguments of the right one it takes, or a name that is none.

    What it needs besides is invented: a model that skips a step knows no value for the next.
    """
    name, arguments = calls[0]
    if rng.random() < 0.25:
        words = [one for one in arguments.values() if isinstance(one, str)]
        made = (f"{rng.choice(_VERBS)}_{name.partition('_')[2] or name}", *words[:1])
        return act_text([(rng.choice(made), arguments)])
    others = [act for act in offer.acts if act.name != name]
    if not others:
        return None
    other = rng.choice(others)
    taken = other.parameters.get("properties", {})
    changed = {key: arguments[key] for key in arguments if key in taken}
    for key in other.parameters.get("required", ()):
        if key not in changed and taken[key].get("type") == "string":
            changed[key] = invented(key, heard, rng)
    return act_text([(other.name, changed)])


def closing(calls: Calls, offer: Offer, heard: Sequence[str], rng: Random) -> str | None:
    """The end of the turn: done already, or impossible."""
    name, arguments = rng.choice(
        ((CLOSES, {"topic": "done"}), ("decline", {"reason": "not_possible"}))
    )
    return act_text([(name, arguments)]) if name != calls[0][0] else None


Mistake = Callable[[Calls, Offer, Sequence[str], Random], str | None]


def _another(leaf: _Leaf, others: Sequence[Any], heard: Sequence[str], rng: Random) -> Any:
    """Another value, mostly of the same kind."""
    value, choices = leaf.value, [one for one in leaf.schema.get("enum", ()) if one != leaf.value]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + rng.choice((1, 2))
    if choices:
        return rng.choice(choices)
    texts = [one for one in others if isinstance(one, str)]
    return slip(str(value), leaf.kind, texts, heard, rng)


def _put(arguments: Any, pointer: str, value: Any) -> None:
    *way, last = pointer.split("/")[1:]
    for part in way:
        arguments = arguments[int(part) if is_array(arguments) else part]
    if is_array(arguments):
        arguments[int(last)] = value
    elif is_object(arguments):
        cast("dict[str, Any]", arguments)[last] = value
