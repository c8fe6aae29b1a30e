"""Text arguments that say in another form what the conversation holds.

An API may want "03/10/2027" for the "10th of March", "20:00" for "8 in the evening" and "San
Francisco, CA" for "San Francisco". Such a value is not made up. Each form is read by the same
readers as the user's words, and what it says is looked up among the facts; a value that says
anything beyond them (a state in which the city does not lie, a time that nobody said) is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from agent.evidence.calendar import day
from agent.evidence.dates import read_dates
from agent.evidence.facts import Evidence, Fact
from agent.evidence.folding import fold
from agent.evidence.lexicon import lexicon
from agent.evidence.regions import regions_of
from agent.evidence.times import read_times
from agent.evidence.tokens import Line, cut, read_line
from tools.gazetteer import Gazetteer, Match
from tools.spec import ValueKind

_WORD = re.compile(r"[^\W_]+")
_MOMENT = re.compile(r"(?P<date>.*\d)(?:[T ]|, ?)(?P<time>\d\d?:\d\d)(?::\d\d(?:\.\d+)?)?Z?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)")
_YEAR_LAST = re.compile(r"(\d\d?)[-/.](\d\d?)[-/.](\d{4})")
_LONGEST = 64
_SHORTEST_NAME = 4
_MOST_WORDS = 8


def rewritten(value: str, evidence: Evidence, now: datetime) -> Fact | None:
    """The fact or the user's own words that `value` says in another form; None where none does.

    `now` is the conversation's clock: a date without a year is meant from it on.
    """
    if len(value) > _LONGEST:
        return None
    return (
        _same_words(value, evidence)
        or _moment(value, evidence, now)
        or _place(value, evidence)
        or _region(value, evidence)
    )


def _same_words(value: str, evidence: Evidence) -> Fact | None:
    """The user's words, where `value` differs in case, accents and punctuation only."""
    words = tuple(_WORD.findall(fold(value)))
    if not words:
        return None
    pattern = _pattern(words)
    for text in reversed(evidence.texts):
        if found := pattern.search(fold(text.text)):
            start, end = found.span()
            said = text.text[start:end]
            return Fact("text", value, "user", f"{text.ref}:{start}-{end}", said)
    return None


@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    body = r"[\W_]+".join(map(re.escape, words))
    return re.compile(rf"(?<![^\W_]){body}(?![^\W_])")


def _moment(value: str, evidence: Evidence, now: datetime) -> Fact | None:
    """The date, the time, or the date of a date with its time, that `value` is."""
    both = _MOMENT.fullmatch(value)
    if both is not None:
        said_date = _fact("date", _dates(both["date"], now), evidence)
        said_time = _fact("time", _times(both["time"]), evidence)
        return said_date and said_time and replace(said_date, value=value)
    return _fact("date", _dates(value, now), evidence) or _fact("time", _times(value), evidence)


def _fact(kind: ValueKind, readings: frozenset[str], evidence: Evidence) -> Fact | None:
    facts = reversed(evidence.of_kind(kind)) if readings else ()
    return next((fact for fact in facts if fact.value in readings), None)


def _dates(value: str, now: datetime) -> frozenset[str]:
    """The days that a value as a whole can be read as, in ISO 8601."""
    if match := _YEAR_FIRST.fullmatch(value):
        found = [_day(match[1], match[2], match[3])]
    elif match := _YEAR_LAST.fullmatch(value):
        # An API's document says which comes first, the value does not.
        found = [_day(match[3], match[2], match[1]), _day(match[3], match[1], match[2])]
    else:
        line = _line(value)
        mentions = read_dates(line, now.date(), "en") if line else []
        whole = len(mentions) == 1 and line is not None and _covers(line)
        found = [*mentions[0].dates] if whole else []
    return frozenset(one.isoformat() for one in found if one is not None)


def _day(year: str, month: str, number: str) -> date | None:
    return day(int(year), int(month), int(number))


def _times(value: str) -> frozenset[str]:
    line = _line(value)
    mentions = read_times(line) if line else []
    whole = len(mentions) == 1 and line is not None and _covers(line)
    return frozenset(mentions[0].times) if whole else frozenset()


def _line(value: str) -> Line | None:
    words = cut(value)
    return read_line(value, words, lexicon("en")) if 0 < len(words) <= _MOST_WORDS else None


def _covers(line: Line) -> bool:
    """Whether a reader has claimed all of a line but punctuation."""
    return all(cls in "_.,;/-" for cls in line.classes)


def _place(value: str, evidence: Evidence) -> Fact | None:
    """The place that was said, where `value` is its code, another name, or adds its region."""
    city, *regions = [part.strip() for part in value.split(",")]
    said = _said_place(city, evidence)
    if said is None:
        return None
    known = regions_of(str(said.value)) | regions_of(city) | {fold(city)}
    fits = all(fold(part) in known or _same_words(part, evidence) for part in regions)
    return replace(said, value=value) if fits else None


def _said_place(name: str, evidence: Evidence) -> Fact | None:
    codes = {match.code for match in _whole(name)}
    for fact in reversed(evidence.of_kind("place")):
        if fact.value in codes or fact.value == name:
            return fact
    typed = _same_words(name, evidence)
    return typed and replace(typed, value=name)


def _whole(name: str) -> Iterator[Match]:
    matches = Gazetteer.default().scan(name)
    return (
        match for match in matches if len(match.surface) == len(name) and match.kind != "carrier"
    )


def _region(value: str, evidence: Evidence) -> Fact | None:
    """The place that was said, where `value` is the country or state that it lies in."""
    wanted = fold(value)
    if len(value) < _SHORTEST_NAME and not value.isupper():
        # "or" and "in" are words; OR and IN are states.
        return None
    for fact in reversed(evidence.of_kind("place")):
        if wanted in regions_of(str(fact.value)):
            return replace(fact, value=value, source="context")
    return None
