"""Grounding: which values a rule allows, and whether one value is among them.

A value is grounded when the conversation holds it: the user said it, a result returned it, or it
follows from those by a computation that a reader made. Nothing here does I/O or guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from agent.evidence.bearing import strangers
from agent.evidence.facts import Evidence, Fact, FactSource, Scalar
from agent.evidence.numerals import numerals
from agent.evidence.rewriting import rewritten
from tools.spec import ANY_ENTITY, THING, ValueKind, ValueRule

UngroundedReason = Literal["unknown", "foreign", "expired"]

TYPED_ID = "typed_id"
"""Vocabulary of text facts that hold something id-shaped which the user typed."""

CHOSEN = "chosen"
"""Vocabulary of entity facts that a message singles out; their `unit` is that message."""

_SOURCES: dict[str, frozenset[FactSource]] = {
    "user": frozenset({"user", "context"}),
    "result": frozenset({"result"}),
    "default": frozenset({"default"}),
    "inferred": frozenset(),
}
_ROLED: frozenset[ValueKind] = frozenset({"place", "date", "time"})
_NUMERIC: frozenset[ValueKind] = frozenset({"integer", "number"})
_SPANS: frozenset[ValueKind] = frozenset({"name", "text", "currency"})
_SHORTEST_WORD = 4
"""Shorter words may be typed for something else: "all" is no currency."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """The value is held by `fact`."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Ungrounded:
    """Nothing holds the value.

    "foreign": it is an id, but of nothing that the rule allows. "expired": it was allowed once.
    """

    reason: UngroundedReason


def candidates(rule: ValueRule, evidence: Evidence, now: datetime) -> tuple[Fact, ...]:
    """The facts that a value under `rule` may be taken from: distinct values, newest first.

    `now` is the conversation's clock (aware): expired entities are left out, and a rule's `when`
    is seen from it. For names and text these are the spans that the readers picked out. Where the
    user singled things out ("the first one") or said which place is which, only those are given.
    `ground` is wider on purpose: it accepts whatever the conversation holds.
    """
    fresh = (fact for fact in _matching(rule, evidence, now) if not _expired(fact, now))
    distinct: dict[Scalar, Fact] = {}
    for fact in _meant(rule, evidence, fresh):
        distinct.setdefault(fact.value, fact)
    return tuple(distinct.values())


def _meant(rule: ValueRule, evidence: Evidence, facts: Iterator[Fact]) -> Iterator[Fact]:
    """Of the facts that qualify (newest first), those that the user's words point to."""
    if rule.kind == "entity":
        if _is_another_thing(rule, evidence):
            return iter(())
        others = strangers(evidence)
        return _singled_out(fact for fact in facts if fact.value not in others)
    if rule.kind in _ROLED and rule.vocabulary is not None:
        return _in_role(rule.vocabulary, list(facts))
    return facts


def _singled_out(facts: Iterator[Fact]) -> Iterator[Fact]:
    """What the newest message singled out, unless a newer result shows something else."""
    known = list(facts)
    newest = next((fact for fact in known if fact.vocabulary == CHOSEN), None)
    if newest is None:
        yield from known
        return
    chosen = [f for f in known if (f.vocabulary, f.unit) == (CHOSEN, newest.unit)]
    values = {fact.value for fact in chosen}
    # Looking the chosen thing up once more does not undo the choice; a new list does.
    since = known[: known.index(newest)]
    yield from chosen if all(fact.value in values for fact in since) else known


def _is_another_thing(rule: ValueRule, evidence: Evidence) -> bool:
    """Whether the newest message speaks of things, and not of the one that the rule's id names.

    "Cancel the hotel" means no flight, wherever that goes.
    """
    said = evidence.texts[-1].ref if evidence.texts else None
    things = {
        fact.entity
        for fact in evidence.of_kind("text")
        if fact.vocabulary == THING and fact.message == said
    }
    return rule.vocabulary == THING and bool(things) and rule.entity not in things


def _in_role(role: str, facts: list[Fact]) -> Iterator[Fact]:
    """Values that may have a role: none that the newest message gives another one.

    Where a journey goes stays so until it is said anew. Days and hours are said anew without their
    roles, so theirs only hold against others ("back on the 20th" is no day of departure).
    """
    newest = next((fact.message for fact in facts if fact.source == "user"), None)
    stays = bool(facts) and facts[0].kind == "place"
    other = {
        fact.value
        for fact in facts
        if fact.message == newest and fact.vocabulary not in {None, role}
    }
    left = [
        fact
        for fact in facts
        if fact.value not in other and (stays or fact.vocabulary in {None, role})
    ]
    said = next((fact.message for fact in left if fact.vocabulary == role), None)
    if not stays and said != newest:
        said = None
    for fact in left:
        if said is None or (fact.vocabulary == role and fact.message == said):
            yield fact


def ground(
    value: Scalar,
    rule: ValueRule,
    evidence: Evidence,
    now: datetime,
    *,
    default: Scalar | None = None,
) -> Grounded | Ungrounded:
    """Find what holds `value`, by normalised equality, in the newest place first.

    `default` is the schema's default, which grounds itself where the rule allows defaults. Under
    a rule that allows "inferred" every value is grounded, by a fact of source "context" when
    nothing better holds it.
    """
    if default is not None and "default" in rule.sources and _same(value, default, rule.kind):
        return Grounded(Fact(rule.kind, value, "default", "schema"))
    expired = False
    for fact in _matching(rule, evidence, now):
        if _same(value, fact.value, rule.kind):
            if not _expired(fact, now):
                return Grounded(fact)
            expired = True
    typed = _typed(value, rule, evidence, now)
    if typed is not None:
        return Grounded(typed)
    if expired:
        return Ungrounded("expired")
    if "inferred" in rule.sources:
        return Grounded(Fact(rule.kind, value, "context", "inferred"))
    return Ungrounded("foreign" if _is_foreign(value, rule, evidence) else "unknown")


def _matching(rule: ValueRule, evidence: Evidence, now: datetime) -> Iterator[Fact]:
    """Facts of the rule's kind, source and qualifiers, newest first, expired ones included."""
    sources = frozenset[FactSource]().union(*(_SOURCES[source] for source in rule.sources))
    today = now.date().isoformat()
    for fact in _of_kind(rule, evidence):
        if fact.source in sources and _qualifies(fact, rule, today):
            yield fact


def _of_kind(rule: ValueRule, evidence: Evidence) -> Iterator[Fact]:
    if rule.kind in _NUMERIC:
        # An integer that was said is a better source than a decimal, however new.
        return reversed((*evidence.of_kind("number"), *evidence.of_kind("integer")))
    if rule.kind == "entity" and "user" in rule.sources:
        return reversed((*evidence.of_kind("text"), *evidence.of_kind("entity")))
    return reversed(evidence.of_kind(rule.kind))


def _qualifies(fact: Fact, rule: ValueRule, today: str) -> bool:
    match rule.kind:
        case "entity":
            named = rule.entity in {ANY_ENTITY, fact.entity}
            return named if fact.kind == "entity" else _is_typed_id(fact)
        case "integer" | "number":
            return _number_qualifies(fact, rule)
        case "place":
            # The city of an airport that was named is of use only where a city is wanted.
            return fact.unit == rule.unit if rule.unit else fact.source != "context"
        case "date":
            # ISO dates order as text.
            text = str(fact.value)
            return not (
                (rule.when == "future" and text < today) or (rule.when == "past" and text > today)
            )
        case "term" | "name":
            return fact.vocabulary == rule.vocabulary or (
                _is_mononym(fact) if rule.kind == "name" else rule.vocabulary is None
            )
        case _:
            return True


def _is_mononym(fact: Fact) -> bool:
    """Whether a whole name is one word: then it may be a given or a family name as well."""
    return fact.vocabulary is None and len(str(fact.value).split()) == 1


def _is_typed_id(fact: Fact) -> bool:
    return fact.kind == "text" and fact.vocabulary == TYPED_ID


def _number_qualifies(fact: Fact, rule: ValueRule) -> bool:
    if rule.kind == "integer" and not float(fact.value).is_integer():
        return False
    return None in {rule.unit, fact.unit} or fact.unit == rule.unit


def _expired(fact: Fact, now: datetime) -> bool:
    return fact.expires_at is not None and fact.expires_at <= now


def _same(value: Scalar, other: Scalar, kind: ValueKind) -> bool:
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, (int, float)) or isinstance(other, (int, float)):
        # 2 and 2.0 are one number; "2" is text and never a number.
        return not isinstance(value, str) and not isinstance(other, str) and value == other
    match kind:
        case "email":
            return value.casefold() == other.casefold()
        case "name":
            return value.casefold().split() == other.casefold().split()
        case "time":
            return _clock(value) == _clock(other)
        case _:
            return value == other


def _clock(text: str) -> str:
    """``9:05`` and ``09:05:00`` as ``09:05``."""
    hours, _, rest = text.partition(":")
    return f"{hours.zfill(2)}:{rest[:2]}"


def _typed(value: Scalar, rule: ValueRule, evidence: Evidence, now: datetime) -> Fact | None:
    """What the user typed that reads like `value`, whatever a reader took it for."""
    if "user" not in rule.sources or isinstance(value, bool):
        return None
    if rule.kind in _NUMERIC or rule.kind == "entity":
        return _typed_literally(value, rule, evidence)
    if not isinstance(value, str):
        return None
    if rule.kind in _SPANS and (rule.kind != "currency" or len(value) >= _SHORTEST_WORD):
        typed = _span(value, rule, evidence)
        if typed is not None:
            return typed
    unlisted = rule.kind == "term" and not rule.terms
    return rewritten(value, evidence, now) if unlisted or rule.kind == "text" else None


def _typed_literally(value: Scalar, rule: ValueRule, evidence: Evidence) -> Fact | None:
    """The newest message whose digits are a number that counts nothing in particular, or an id."""
    if rule.unit is not None:
        # A number of that unit is a fact; the digits of a date are no number of rooms.
        return None
    for text in reversed(evidence.texts):
        if _stands_in(value, text.text):
            return Fact(rule.kind, value, "user", f"{text.ref}:0-{len(text.text)}", str(value))
    hours = (fact for fact in reversed(evidence.of_kind("time")) if fact.source == "user")
    return next((fact for fact in hours if rule.kind == "integer" and _is_hour(value, fact)), None)


def _stands_in(value: Scalar, text: str) -> bool:
    if not isinstance(value, str):
        return float(value) in numerals(text)
    words = tuple(value.split())
    if any(character.isdigit() for character in value):
        return bool(_span_pattern(words).search(text))
    return bool(words and _id_pattern(words).search(text))


def _is_hour(value: Scalar, fact: Fact) -> bool:
    return isinstance(value, int) and fact.value == f"{value:02}:00"


def _span(value: str, rule: ValueRule, evidence: Evidence) -> Fact | None:
    """The newest word-bounded span of the user's own words that reads like `value`."""
    words = tuple(value.split())
    if not words:
        return None
    pattern = _span_pattern(words)
    for text in reversed(evidence.texts):
        if found := pattern.search(text.text):
            ref = f"{text.ref}:{found.start()}-{found.end()}"
            return Fact(rule.kind, value, "user", ref, found.group())
    return None


@lru_cache(maxsize=1024)
def _span_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    body = r"\s+".join(map(re.escape, words))
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def _id_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """A word without digits is an id where it stands in quotation marks or after "id"."""
    body = r"\s+".join(map(re.escape, words))
    cue = r"""(?:["'“”‘’„«`]|\b[Ii][Dd]s?(?:\s+is)?[\s:=]{1,3}["'“‘]?)"""
    return re.compile(rf"{cue}{body}(?!\w)")


def _is_foreign(value: Scalar, rule: ValueRule, evidence: Evidence) -> bool:
    if rule.kind == "entity":
        return True
    return isinstance(value, str) and any(
        fact.value == value for fact in evidence.of_kind("entity")
    )
