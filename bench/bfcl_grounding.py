"""How often grounding would call a right argument made up, on BFCL's travel questions.

A benchmark that flags right values measures nothing. So the arguments of BFCL's own answers are
grounded in BFCL's questions, by three rules: a literal one (the value's text must stand in the
question, whatever the case), ours (`agent.evidence`, under the rules that `tools.openapi` infers),
and ours again on wrong values, to show that it does not simply take everything. The wrong value of
an argument is the one that another question gives for the same parameter, or for one of its kind.

Counted are the scalars of parameters that may not be left out. A function is travel-like when a
word of its name is one of `TRAVEL` and a word of a parameter's name one of `PLACES_AND_TIMES`.
"undecided" are values that the inferred rule leaves to the model and nothing in the question holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from agent.clearance import leaves
from agent.evidence.facts import Evidence, Scalar, UserText
from agent.evidence.grounding import Ungrounded, ground
from agent.evidence.reader import Reader
from tools.spec import ToolSpec, ValueRule
from tools.words import singular, words
from training.benchmark.bfcl.data import LEFT_OUT, Case
from training.benchmark.bfcl.gold import gold_calls
from training.benchmark.bfcl.tools import tool_of
from training.benchmark.bfcl.values import normal
from training.benchmark.suites.bfcl import NOW, messages_of

TRAVEL = frozenset(
    {"flight", "hotel", "trip", "travel", "itinerary", "airport", "airline", "bus", "train", "ride",
     "rental", "weather", "tour", "tourist", "attraction", "sightseeing", "restaurant", "museum"}
)  # fmt: skip
PLACES_AND_TIMES = frozenset(
    {"city", "location", "place", "origin", "destination", "departure", "arrival", "from", "to",
     "where", "date", "day", "check", "pickup", "start", "end", "time"}
)  # fmt: skip
_ANYTHING = ValueRule(kind="text", sources=frozenset({"inferred"}))
Decision = Literal["grounded", "default", "undecided", "flagged"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One scalar of a right call, and what each rule makes of it."""

    case: str
    function: str
    pointer: str
    value: Scalar
    kind: str
    travel: bool
    live: bool
    literal: bool
    ours: Decision
    wrong: Scalar | None = None
    ours_of_wrong: Decision | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """An argument with all that it takes to judge another value in its place."""

    argument: Argument
    tool: ToolSpec
    rule: ValueRule
    evidence: Evidence
    accepted: tuple[str, ...]


def is_travel(function: Mapping[str, Any]) -> bool:
    """Whether a function is travel-like, by its name and its parameters' names."""
    name = {singular(word) for word in words(function["name"])}
    parameters = {word for key in function["parameters"]["properties"] for word in words(key)}
    return bool(name & TRAVEL and parameters & PLACES_AND_TIMES)


def measure(cases: Sequence[Case], seed: int = 0) -> list[Argument]:
    """Every counted argument of the right answers, grounded; truth values are left out."""
    places = [place for case in cases for place in _places(case)]
    return [_with_wrong(place, places, Random(f"{seed} {at}")) for at, place in enumerate(places)]


def _places(case: Case) -> Iterator[_Place]:
    tools = {function["name"]: tool_of(function) for function in case.functions}
    evidence = _evidence(case, list(tools.values()))
    asked = " ".join(text.text for text in evidence.texts).casefold()
    for call, answer in zip(gold_calls(case, least=True), case.answers, strict=True):
        tool = tools[call.name]
        for pointer, value in leaves(call.arguments):
            name = pointer.split("/")[1]
            if isinstance(value, bool) or LEFT_OUT in answer.accepted.get(name, ()):
                continue
            rule = tool.rule_at(pointer) or _ANYTHING
            argument = Argument(
                case.id,
                call.name,
                pointer,
                value,
                rule.kind,
                is_travel(case.function(call.name) or {}),
                case.category.startswith("live"),
                str(value).casefold() in asked,
                _decide(value, rule, tool, pointer, evidence),
            )
            accepted = tuple(normal(str(one)) for one in answer.accepted[name])
            yield _Place(argument, tool, rule, evidence, accepted)


def _evidence(case: Case, tools: Sequence[ToolSpec]) -> Evidence:
    reader, now, evidence = Reader(tools), datetime.fromisoformat(NOW), Evidence()
    for number, message in enumerate(messages_of(case), 1):
        if message.role == "user":
            ref = f"m{number}"
            reading = reader.read_message(message.content, ref, now, evidence)
            evidence = evidence.plus(reading.facts, UserText(ref, message.content))
    return evidence


def _decide(
    value: Scalar, rule: ValueRule, tool: ToolSpec, pointer: str, evidence: Evidence
) -> Decision:
    schema = tool.parameters.get("properties", {}).get(pointer.split("/")[1], {})
    if "default" in rule.sources and schema.get("default") == value:
        return "default"
    match ground(value, rule, evidence, datetime.fromisoformat(NOW)):
        case Ungrounded():
            return "flagged"
        case grounded:
            return "undecided" if grounded.fact.ref == "inferred" else "grounded"


def _with_wrong(place: _Place, places: Sequence[_Place], random: Random) -> Argument:
    """The argument with the value that another question gives, where it is a wrong one here."""
    one = place.argument
    others = [
        other.argument.value
        for other in random.sample(places, min(400, len(places)))
        if other.argument.kind == one.kind
        and other.argument.travel == one.travel
        and type(other.argument.value) is type(one.value)
        and normal(str(other.argument.value)) not in place.accepted
    ]
    if not others:
        return one
    wrong = others[0]
    decision = _decide(wrong, place.rule, place.tool, one.pointer, place.evidence)
    return replace(one, wrong=wrong, ours_of_wrong=decision)


def report(arguments: Sequence[Argument], console: Console) -> None:
    """Print shares by group, decisions by value kind, and the travel-like functions."""
    travel = [one for one in arguments if one.travel]
    shares = Table("arguments", "n", "literal flags", "ours flags", "ours undecided")
    shares.add_column("wrong values: flagged")
    shares.add_column("undecided")
    shares.add_column("grounded")
    groups = {
        "travel, hand-made": [one for one in travel if not one.live],
        "travel, live": [one for one in travel if one.live],
        "travel": travel,
        "all functions": arguments,
    }
    for name, group in groups.items():
        wrong = [one.ours_of_wrong for one in group if one.ours_of_wrong]
        shares.add_row(
            name,
            str(len(group)),
            _share(sum(not one.literal for one in group), len(group)),
            _share(sum(one.ours == "flagged" for one in group), len(group)),
            _share(sum(one.ours == "undecided" for one in group), len(group)),
            _share(wrong.count("flagged"), len(wrong)),
            _share(wrong.count("undecided"), len(wrong)),
            _share(wrong.count("grounded") + wrong.count("default"), len(wrong)),
        )
    console.print(shares)
    console.print(_by_kind(travel))
    functions = sorted({one.function for one in travel})
    console.print(f"travel-like functions ({len(functions)}): {', '.join(functions)}")


def _by_kind(arguments: Sequence[Argument]) -> Table:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in arguments:
        counts[one.kind][one.ours] += 1
        counts[one.kind]["literal"] += not one.literal
    columns = ("grounded", "default", "undecided", "flagged")
    table = Table("kind of value (travel)", *columns, "literal flags")
    for kind, count in sorted(counts.items()):
        table.add_row(kind, *(str(count[column]) for column in (*columns, "literal")))
    return table


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.1%})" if whole else "0"
