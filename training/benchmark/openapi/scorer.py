"""Whether a single call is the right one: the same tool, the same arguments in their meaning.

Compared are numbers by value, terms and text without regard to case and white space, ids exactly.
Optional arguments equal to their default count as left out. Every difference is a reason in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from agent.calls import ProposedCall
from agent.clearance import schema_at, signature
from agent.json_values import is_array, is_object
from tools.spec import ToolSpec
from training.benchmark.openapi.rows import Row
from training.benchmark.single import Outcome, Score, Scorer, gold_act


def scorer_of(row: Row) -> Scorer:
    """The scorer of one task."""
    match row.expected:
        case "call":
            tools = {offered.tool.name: offered.tool for offered in row.tools}
            (gold,) = gold_act(row.gold[0])
            return partial(_called, gold, tools[gold.name])
        case "ask":
            return partial(_asked, row.about)
        case "abstain":
            return _abstained


def differences(
    tool: ToolSpec, wanted: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[str, ...]:
    """What of a call's arguments is not as wanted, in words; empty where they mean the same."""
    return tuple(_objects(tool, wanted, given, ""))


def _called(gold: ProposedCall, tool: ToolSpec, outcome: Outcome) -> Score:
    wanted = signature(tool, gold.arguments)
    made = [signature(call.tool, call.arguments) for call in outcome.calls]
    if not outcome.calls:
        said = outcome.reply.tool.name if outcome.reply else "no cleared call"
        return Score((f"{gold.name} was not called, but {said}",), (wanted,))
    reasons = [
        differences(tool, gold.arguments, call.arguments)
        if call.tool.name == gold.name
        else (f"{call.tool.name} was called instead of {gold.name}",)
        for call in outcome.calls
    ]
    right = next((at for at, found in enumerate(reasons) if not found), None)
    if right is None:
        return Score(reasons[0], (wanted,), tuple(made))
    surplus = tuple(made[:right] + made[right + 1 :])
    return Score(tuple(f"{call} was called besides" for call in surplus), (), surplus)


def _asked(about: str, outcome: Outcome) -> Score:
    if about in outcome.asked_about:
        return Score()
    made = _made(outcome)
    if made:
        return Score((f"called although {about} was not said",), (), made)
    asked = ", ".join(outcome.asked_about) or "nothing"
    return Score((f"asked about {asked} instead of {about}",))


def _abstained(outcome: Outcome) -> Score:
    if outcome.abstained:
        return Score()
    made = _made(outcome)
    reason = "called although no tool fits" if made else "neither called nor abstained"
    return Score((reason,), (), made)


def _made(outcome: Outcome) -> tuple[str, ...]:
    return tuple(signature(call.tool, call.arguments) for call in outcome.calls)


def _objects(
    tool: ToolSpec, wanted: Mapping[str, Any], given: Mapping[str, Any], pointer: str
) -> Iterator[str]:
    for name in dict.fromkeys((*wanted, *given)):
        at = f"{pointer}/{name}"
        default: Any = schema_at(tool.parameters, at).get("default")
        expected, found = wanted.get(name, default), given.get(name, default)
        if name not in given and found is None:
            yield f"{at} is missing, expected {expected!r}"
        elif name not in wanted and expected is None and found is not None:
            yield f"{at} = {found!r} was not asked for"
        else:
            yield from _values(tool, expected, found, at)


def _values(tool: ToolSpec, wanted: Any, found: Any, at: str) -> Iterator[str]:
    if is_object(wanted) and is_object(found):
        yield from _objects(tool, wanted, found, at)
    elif is_array(wanted) and is_array(found) and len(wanted) == len(found):
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _values(tool, one, other, f"{at}/{index}")
    elif not _same(tool, wanted, found, at):
        yield f"{at} is {found!r}, expected {wanted!r}"


def _same(tool: ToolSpec, wanted: Any, found: Any, at: str) -> bool:
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, str) and isinstance(found, str):
        rule = tool.rule_at(at)
        exact = rule is not None and rule.kind == "entity"
        return wanted == found if exact else _folded(wanted) == _folded(found)
    # 2 and 2.0 are one number; 2 and "2" are not, and clearance has seen to the type.
    return bool(wanted == found)


def _folded(text: str) -> Sequence[str]:
    return text.casefold().split()
