"""Mistakes that a model makes, made on purpose: a right act in, a wrong one out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, cast

from agent.acts import CLOSES, act_text
from agent.clearance import leaves, schema_at
from agent.json_values import is_array, is_object
from agent.offer import Offer
from tools.spec import ValueKind

Calls = Sequence[tuple[str, Mapping[str, Any]]]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAYS = (1, 2, 7, 30)
_NO_SUCH = ("note", "priority", "user_id", "locale", "comment")
_VERBS = ("fetch", "lookup", "perform", "query")


@dataclass(frozen=True, slots=True)
class Rates:
    """How often a model errs, each a share of its proposals.

    `repeat`: it says again what was tried here, or what it did last. `value`: a value of the right
    call is wrong, missing or too many. `tool`: another tool, or one that does not exist. `close`:
    it ends the turn although it should act.
    """

    repeat: float = 0.14
    value: float = 0.08
    tool: float = 0.04
    close: float = 0.03


@dataclass(frozen=True, slots=True)
class _Leaf:
    value: Any
    kind: ValueKind
    schema: Mapping[str, Any]


def wrong_value(calls: Calls, offer: Offer, results: Sequence[str], rng: Random) -> str | None:
    """The same calls with one value changed, one argument left out, or one too many."""
    at = rng.randrange(len(calls))
    name, arguments = calls[at]
    tool = offer.by_name[name]
    changed: Any = deepcopy(dict(arguments))
    kind = rng.random()
    if kind < 0.15:
        changed[rng.choice(_NO_SUCH)] = "yes"
    elif kind < 0.3 and changed:
        del changed[rng.choice(sorted(changed))]
    elif found := list(leaves(changed)):
        pointer, value = rng.choice(found)
        rule = tool.rule_at(pointer)
        leaf = _Leaf(value, rule.kind if rule else "text", schema_at(tool.parameters, pointer))
        others = [other for place, other in found if place != pointer]
        _put(changed, pointer, _another(leaf, others, results, rng))
    else:
        return None
    return act_text([*calls[:at], (name, changed), *calls[at + 1 :]])


def wrong_tool(calls: Calls, offer: Offer, results: Sequence[str], rng: Random) -> str | None:
    """Another act with whatever arguments of the right one it takes, or an invented name."""
    name, arguments = calls[0]
    if rng.random() < 0.25:
        return act_text([(f"{rng.choice(_VERBS)}_{name.partition('_')[2] or name}", arguments)])
    others = [act for act in offer.acts if act.name != name]
    if not others:
        return None
    other = rng.choice(others)
    taken = other.parameters.get("properties", {})
    return act_text([(other.name, {key: arguments[key] for key in arguments if key in taken})])


def closing(calls: Calls, offer: Offer, results: Sequence[str], rng: Random) -> str | None:
    """The end of the turn: done already, or impossible."""
    name, arguments = rng.choice(
        ((CLOSES, {"topic": "done"}), ("decline", {"reason": "not_possible"}))
    )
    return act_text([(name, arguments)]) if name != calls[0][0] else None


Mistake = Callable[[Calls, Offer, Sequence[str], Random], str | None]


def _another(leaf: _Leaf, others: Sequence[Any], results: Sequence[str], rng: Random) -> Any:
    """Another value of the same kind: one that the conversation holds where there is one."""
    value, choices = leaf.value, [one for one in leaf.schema.get("enum", ()) if one != leaf.value]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + rng.choice((1, 2))
    return rng.choice(choices or _other_texts(str(value), leaf.kind, others, results))


def _other_texts(
    text: str, kind: ValueKind, others: Sequence[Any], results: Sequence[str]
) -> Sequence[str]:
    if kind == "entity":
        prefix = re.escape(text.partition("_")[0])
        seen = (one for result in results for one in re.findall(rf"\b{prefix}_\w+", result))
        return [one for one in dict.fromkeys(seen) if one != text] or [f"{text}0"]
    if kind == "date" and _DATE.fullmatch(text):
        day = date.fromisoformat(text)
        return [(day + timedelta(shift)).isoformat() for shift in _DAYS]
    if kind == "place":
        codes = [one for one in others if isinstance(one, str) and len(one) == len(text)]
        return codes or [text[::-1]]
    return [text[:-1] if len(text) > 2 else f"{text}x"]


def _put(arguments: Any, pointer: str, value: Any) -> None:
    *way, last = pointer.split("/")[1:]
    for part in way:
        arguments = arguments[int(part) if is_array(arguments) else part]
    if is_array(arguments):
        arguments[int(last)] = value
    elif is_object(arguments):
        cast("dict[str, Any]", arguments)[last] = value
