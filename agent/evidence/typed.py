"""What a user typed, word for word, whatever a reader took it for: names, texts, ids, digits."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from agent.evidence.facts import Evidence, Fact, Scalar
from agent.evidence.numerals import numerals
from agent.evidence.rewriting import rewritten
from tools.spec import ValueKind, ValueRule

NUMERIC: frozenset[ValueKind] = frozenset({"integer", "number"})
"""Kinds whose values are numbers."""

_SPANS: frozenset[ValueKind] = frozenset({"name", "text", "currency"})
_SHORTEST_WORD = 4
"""Shorter words may be typed for something else: "all" is no currency."""


def typed_fact(value: Scalar, rule: ValueRule, evidence: Evidence, now: datetime) -> Fact | None:
    """What the user typed that reads like `value`, whatever a reader took it for."""
    if "user" not in rule.sources or isinstance(value, bool):
        return None
    if rule.kind in NUMERIC or rule.kind == "entity":
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
    # An address is nobody's name, though it stands where one could.
    if not words or (rule.kind == "name" and "@" in value):
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
