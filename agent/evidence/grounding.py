"""Grounding: whether a conversation holds a value under a rule, and where.

A value is grounded when the conversation holds it: the user said it, a result returned it, or it
follows from those by a computation that a reader made. Nothing here does I/O or guesses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent.evidence.facts import Evidence, Fact, FactSource, Scalar
from agent.evidence.typed import NUMERIC, typed_fact
from tools.spec import ANY_ENTITY, ValueKind, ValueRule

UngroundedReason = Literal["unknown", "foreign", "expired"]

TYPED_ID = "typed_id"
"""Vocabulary of text facts that hold something id-shaped which the user typed."""

_SOURCES: dict[str, frozenset[FactSource]] = {
    "user": frozenset({"user", "context"}),
    "result": frozenset({"result"}),
    "default": frozenset({"default"}),
    "inferred": frozenset(),
}


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
    for fact in matching(rule, evidence, now):
        if _same(value, fact.value, rule.kind):
            if not is_expired(fact, now):
                return Grounded(fact)
            expired = True
    typed = typed_fact(value, rule, evidence, now)
    if typed is not None:
        return Grounded(typed)
    if expired:
        return Ungrounded("expired")
    if "inferred" in rule.sources:
        return Grounded(Fact(rule.kind, value, "context", "inferred"))
    return Ungrounded("foreign" if _is_foreign(value, rule, evidence) else "unknown")


def matching(rule: ValueRule, evidence: Evidence, now: datetime) -> Iterator[Fact]:
    """Facts of the rule's kind, source and qualifiers, newest first, expired ones included."""
    sources = frozenset[FactSource]().union(*(_SOURCES[source] for source in rule.sources))
    today = now.date().isoformat()
    for fact in _of_kind(rule, evidence):
        if fact.source in sources and _qualifies(fact, rule, today):
            yield fact


def _of_kind(rule: ValueRule, evidence: Evidence) -> Iterator[Fact]:
    if rule.kind in NUMERIC:
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


def is_expired(fact: Fact, now: datetime) -> bool:
    """Whether the thing that a fact names can be used no more at `now`, the clock (aware)."""
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


def _is_foreign(value: Scalar, rule: ValueRule, evidence: Evidence) -> bool:
    if rule.kind == "entity":
        return True
    return isinstance(value, str) and any(
        fact.value == value for fact in evidence.of_kind("entity")
    )
