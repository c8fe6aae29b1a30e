"""The reader: everything a message or a result shows, as facts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from agent.evidence.bearing import CODE, typed_codes
from agent.evidence.dates import Mention, read_dates
from agent.evidence.facts import Evidence, Fact, FactSource
from agent.evidence.grounding import TYPED_ID
from agent.evidence.language import detect
from agent.evidence.lexicon import Language, lexicon
from agent.evidence.numbers import PEOPLE, read_numbers
from agent.evidence.offsets import read_offsets
from agent.evidence.parties import named_party
from agent.evidence.people import read_names
from agent.evidence.results import Plan, plan_of, read_body
from agent.evidence.roles import bound, roles, ways
from agent.evidence.terms import Terms, denied_in
from agent.evidence.times import HOURS, is_unimportant, read_times
from agent.evidence.tokens import Line, cut, read_line
from tools.gazetteer import Gazetteer, Match
from tools.spec import THING, ToolSpec, ValueKind
from tools.words import noun

_MOST_EARLIER_DATES = 4
_FOR = re.compile(
    r"\b(?:for|für|para|passengers?|travell?ers?|guests?|name is|gast|reisender?|pasajer[oa]s?)"
    r"[:\s]+$",
    re.IGNORECASE,
)
"""What leads in a traveller's name, and no direction but "for"."""
_LONGEST_CUE = 24


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message shows. `language` is one of "en", "tr", "de", "es", or None if undecidable.

    `asks` says whether there is a question mark or a word that asks for something to be told.
    """

    facts: tuple[Fact, ...]
    language: Language | None
    asks: bool = False


class Reader:
    """Reads facts from messages and results. Built once for a set of tools; safe to share."""

    def __init__(self, tools: Sequence[ToolSpec], gazetteer: Gazetteer | None = None) -> None:
        """`tools` give the terms and result schemas; `gazetteer` defaults to the committed one."""
        self._terms = Terms(tools)
        self._gazetteer = gazetteer or Gazetteer.default()
        self._plans: dict[str, Plan] = {tool.name: plan_of(tool) for tool in tools}

    def read_message(self, text: str, ref: str, now: datetime, earlier: Evidence) -> Reading:
        """The facts in a user's message.

        `ref` is the message's number (``m3``), `now` the conversation's clock (aware, in the zone
        in which "tomorrow" is meant), `earlier` the evidence before this message. A message whose
        language cannot be told is read in the language of the newest message where it can.
        """
        words = cut(text)
        language = detect(text, words)
        spoken = language or _language_before(earlier)
        line = read_line(text, words, lexicon(spoken))
        places = self._gazetteer.scan(text)
        today = now.date()
        found = [
            *_literal_facts(line),
            *_term_facts(self._terms, line),
            *_time_facts(line),
            *_date_facts(line, today, spoken, earlier),
            *_number_facts(line),
            *_name_facts(line, places, nouns_are_capital=spoken == "de"),
        ]
        found = [*self._place_facts(line, _no_people(line, places, found)), *found]
        found += _named_party(line, found)
        found += _code_facts(line, found)
        asks = any(token.word == "?" or token.value == "question" for token in line.tokens)
        return Reading(tuple(_located(facts, text, ref) for facts in found), language, asks)

    def read_result(self, tool: ToolSpec, body: Any, ref: str) -> tuple[Fact, ...]:
        """The facts in the body of a successful response; `ref` is the call's id (``c7``)."""
        plan = self._plans.get(tool.name)
        if plan is None:
            plan = self._plans[tool.name] = plan_of(tool)
        resource = next((p for p in reversed(tool.path.split("/")) if p and p[0] != "{"), "")
        return tuple(read_body(plan, body, ref, noun(resource)))

    def city_of(self, code: str) -> str:
        """The code of an airport's city; any other code as it is."""
        airport = self._gazetteer.airport(code)
        return code if airport is None else airport.city_code

    def _place_facts(self, line: Line, matches: Sequence[Match]) -> Iterator[_Span]:
        text, denied = line.text, denied_in(line.words)
        places = [match for match in matches if match.kind != "carrier"]
        for match in matches:
            if match.kind == "carrier" and match.start not in denied:
                yield _Span(match.start, match.end, "carrier", match.code)
        said = roles(text, [(match.start, match.end) for match in places])
        for match, role in zip(places, said, strict=True):
            start, end = match.start, match.end
            yield _Span(start, end, "place", match.code, unit=match.kind, vocabulary=role)
            airport = self._gazetteer.airport(match.code) if match.kind == "airport" else None
            if airport is not None:
                city = airport.city_code
                yield _Span(start, end, "place", city, "context", unit="city", vocabulary=role)


class _Span(NamedTuple):
    """A fact to be, with its characters."""

    start: int
    end: int
    kind: ValueKind
    value: str | int | float
    source: FactSource = "user"
    unit: str | None = None
    vocabulary: str | None = None
    entity: str | None = None


def _located(span: _Span, text: str, ref: str) -> Fact:
    return Fact(
        span.kind,
        span.value,
        span.source,
        f"{ref}:{span.start}-{span.end}",
        text[span.start : span.end],
        entity=span.entity,
        unit=span.unit,
        vocabulary=span.vocabulary,
    )


def _language_before(earlier: Evidence) -> Language | None:
    for text in earlier.texts[:-4:-1]:
        if language := detect(text.text, cut(text.text)):
            return language
    return None


def _literal_facts(line: Line) -> Iterator[_Span]:
    for token in line.tokens:
        if token.cls == "@":
            yield _Span(token.start, token.end, "email", token.text.lower())
        elif token.cls == "g" and "://" not in token.text:
            yield _Span(token.start, token.end, "text", token.text, vocabulary=TYPED_ID)
        elif token.cls == "$":
            yield _Span(token.start, token.end, "currency", str(token.value))


def _code_facts(line: Line, found: Sequence[_Span]) -> list[_Span]:
    taken = [(one.start, one.end) for one in found if one.kind != "text"]
    unknown = {token.start for token in line.tokens if token.cls == "x"}
    codes = typed_codes(line.text, taken, unknown)
    return [_Span(a, b, "text", line.text[a:b], vocabulary=CODE) for a, b in codes]


def _term_facts(terms: Terms, line: Line) -> Iterator[_Span]:
    for term in terms.read(line.words):
        if term.vocabulary == THING:
            word = line.text[term.start : term.end]
            yield _Span(term.start, term.end, "text", word, vocabulary=THING, entity=term.value)
            continue
        source: FactSource = "user" if term.given else "context"
        yield _Span(term.start, term.end, "term", term.value, source, vocabulary=term.vocabulary)


def _time_facts(line: Line) -> Iterator[_Span]:
    for mention in read_times(line):
        start, end = line.span(mention.first, mention.last)
        if is_unimportant(line.text, start, end):
            continue
        source: FactSource = "user" if mention.given else "context"
        said = line.tokens[mention.first : mention.last]
        hour = next((token.start for token in said if token.cls in HOURS), start)
        single = all(token.cls not in "&t-" for token in said)
        role = bound(line.text, hour, end) if mention.given and single else None
        for time in mention.times:
            yield _Span(start, end, "time", time, source, vocabulary=role)


def _date_facts(
    line: Line, today: date, language: Language | None, earlier: Evidence
) -> Iterator[_Span]:
    mentions = read_dates(line, today, language)
    offsets = read_offsets(line, mentions, _dates_before(earlier), today)
    said = {found for mention in mentions for found in mention.dates}
    spans = [line.span(mention.first, mention.last) for mention in mentions]
    counted = [line.span(mention.first, mention.last) for mention in offsets]
    said_ways = ways(line.text, spans)
    # The 9th after the 3rd of March stands where the 9th does, and is as much the way back.
    way_at = dict(zip(spans, said_ways, strict=True))
    named = [*said_ways, *map(way_at.get, counted)]
    for mention, (start, end), way in zip(
        (*mentions, *offsets), (*spans, *counted), named, strict=True
    ):
        # Of a range or of something unclear no end has a role of its own.
        role = way if len(mention.dates) == 1 else None
        for found in _fresh(mention, said):
            source: FactSource = "user" if mention.given else "context"
            yield _Span(start, end, "date", found.isoformat(), source, vocabulary=role)


def _fresh(mention: Mention, said: set[date]) -> Iterator[date]:
    return (found for found in mention.dates if mention.given or found not in said)


def _dates_before(earlier: Evidence) -> tuple[date, ...]:
    """The dates of the newest message that had any; what it computed only where it said none."""
    newest: dict[str, str] = {}
    message = ""
    for fact in reversed(earlier.of_kind("date")):
        if fact.source not in {"user", "context"}:
            continue
        number = fact.message
        message = message or number
        if number != message:
            break
        newest.setdefault(str(fact.value), fact.source)
    said = [value for value, source in newest.items() if source == "user"]
    return tuple(
        date.fromisoformat(value) for value in (said or list(newest))[:_MOST_EARLIER_DATES]
    )


def _number_facts(line: Line) -> Iterator[_Span]:
    denied, passed_over = denied_in(line.words), denied_in(line.words, unless="no")
    for number in read_numbers(line):
        start, end = line.span(number.first, number.last)
        kind: ValueKind = "integer" if isinstance(number.value, int) else "number"
        # "Not the first" and "not nonstop" ask for neither; "not more than 1 stop" asks for 1.
        unwanted = (number.unit == "ordinal" and start in passed_over) or (
            number.unit == "stop" and not number.value and start in denied
        )
        source: FactSource = "user" if number.given and not unwanted else "context"
        yield _Span(start, end, kind, number.value, source, unit=number.unit)


def _name_facts(line: Line, places: Sequence[Match], *, nouns_are_capital: bool) -> Iterator[_Span]:
    inside = _tokens_of(line, places)
    airlines = [match for match in places if match.kind == "carrier" and " " in match.surface]
    # "with Turkish Airlines" names nobody; one word may be a name and an airline (Ana, Iberia).
    for at in _tokens_of(line, airlines):
        line.claim(at, at + 1)
    for name in read_names(line, inside, nouns_are_capital=nouns_are_capital):
        yield _Span(name.start, name.end, "name", name.value, vocabulary=name.part)


def _named_party(line: Line, found: Sequence[_Span]) -> Iterator[_Span]:
    """Read "for Mia Olsen and Lena Olsen" as two adults, where nobody was counted otherwise."""
    if any(one.unit in PEOPLE for one in found):
        return
    whole = [(one.start, one.end) for one in found if one.kind == "name" and not one.vocabulary]
    if party := named_party(line.text, whole):
        start, end, count = party
        yield _Span(start, end, "integer", count, unit="adult")


def _no_people(line: Line, places: Sequence[Match], found: Sequence[_Span]) -> list[Match]:
    """The matches without what is part of a traveller's name: "for Sofia Müller"."""
    whole = [(one.start, one.end) for one in found if one.kind == "name" and not one.vocabulary]
    people = [
        (start, end)
        for start, end in whole
        if _FOR.search(line.text[max(0, start - _LONGEST_CUE) : start])
    ]
    return [
        match
        for match in places
        if not any(
            start <= match.start and match.end <= end and (match.start, match.end) != (start, end)
            for start, end in people
        )
    ]


def _tokens_of(line: Line, matches: Sequence[Match]) -> frozenset[int]:
    starts = [token.start for token in line.tokens]
    return frozenset(
        at
        for match in matches
        for at in range(bisect_left(starts, match.start), bisect_left(starts, match.end))
    )
