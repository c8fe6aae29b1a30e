"""What a message refers to among things that were shown: "the first one", "the cheapest", an id.

A reference is a reading like that of a date: "the first" of a list that the user has seen is an id
as surely as "tomorrow" is a day. So is a name or a code that a row bears ("booking QX7M2A"), the
hour at which it begins, what is true of it and not of all ("the refundable one"), and a place or a
day that only some rows bear ("the Porto hotel").
Of what a row offers several times, such as the rates of a hotel, the first is meant that bears most
of what the message says ("with breakfast").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from agent.evidence.bearing import CityOf, about, codes
from agent.evidence.candidates import CHOSEN
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.folding import fold
from agent.evidence.grounding import TYPED_ID
from agent.json_values import is_array, is_object

_CHEAPEST = ("sort", "price")
_YES = "true"
_SHORTEST_NAME = 4
"""Shorter names may be words that mean something else."""
_ARTICLE = re.compile(r"^the ")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T(\d{2}:\d{2})")
_DOTTED = re.compile(r"(?<![\d.:])(\d\d?)[.:](\d\d)(?![\d:]|\.\d)")


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest list that a result showed: the call's id and its rows."""

    call_id: str
    rows: Sequence[Mapping[str, Any]]


def chosen(
    facts: Sequence[Fact],
    evidence: Evidence,
    listing: Listing | None,
    said: UserText | None = None,
    city_of: CityOf = str,
) -> list[Fact]:
    """Entity facts that a message singles out, marked `CHOSEN`, in the order of their mention.

    `facts` are those read from the message `said`, `evidence` what was known before it. A row of a
    list stands for one id of each kind in it: for a hotel and for its first rate, or the first that
    is with breakfast where that is said. It is meant by its place in the list, by its name or a
    code, or by the time at which it begins; where nothing of that is said, by what is true of it
    and not of all rows; else by the places or the day that it alone bears.
    """
    found: list[Fact] = []
    terms = _terms(facts)
    for fact in facts:
        if fact.vocabulary == TYPED_ID:
            found += _typed(fact, evidence)
        elif listing is not None and (row := _row(fact, facts, listing)) is not None:
            found += _entities(fact, row, listing, evidence, terms)
    if listing is not None and said is not None:
        for row, mention in (*_timed(listing.rows, said, facts), *_named(listing.rows, said)):
            found += _entities(mention, row, listing, evidence, terms)
        if not found:
            for row, mention in _true(listing.rows, facts):
                found += _entities(mention, row, listing, evidence, terms)
        if not found:
            fitting = about(listing.call_id, len(listing.rows), evidence, facts, city_of)
            for row, mention in fitting if len(fitting) == 1 else ():
                found += _entities(mention, row, listing, evidence, terms)
    return found


def recognised(
    listing: Listing, evidence: Evidence, said: UserText, city_of: CityOf = str
) -> list[Fact]:
    """Entity facts of rows that a message meant before they were shown, marked `CHOSEN`.

    `evidence` holds what the list's result shows, and what the message says. A name or a code says
    it, or else places and days that only some rows bear; an hour or a place in the list of
    something that nobody had seen does not.
    """
    read = [fact for fact in evidence.facts if fact.message == said.ref]
    mentions = [*_named(listing.rows, said)]
    if not mentions:
        mentions = about(listing.call_id, len(listing.rows), evidence, read, city_of)
    found: list[Fact] = []
    for row, mention in mentions:
        found += _entities(mention, row, listing, evidence, _terms(read))
    return found


def _timed(
    rows: Sequence[Mapping[str, Any]], said: UserText, facts: Sequence[Fact]
) -> Iterator[tuple[int, Fact]]:
    """Rows whose beginning stands in a message, with the words that say so."""
    text = fold(said.text)
    times = {str(fact.value): fact.text for fact in facts if fact.kind == "time"}
    for hour, minute in _DOTTED.findall(text):
        times.setdefault(f"{hour:>02}:{minute}", f"{hour}:{minute}")
    for at, row in enumerate(rows):
        begins = _begins(row) if times else None
        if begins in times:
            yield at, Fact("time", begins, "user", f"{said.ref}:0-0", times[begins])


def _named(rows: Sequence[Mapping[str, Any]], said: UserText) -> Iterator[tuple[int, Fact]]:
    """Rows whose name or own code stands in a message, with the words that say so."""
    text = fold(said.text)
    borne = Counter(code for row in rows for code in codes(row))
    for at, row in enumerate(rows):
        own = sorted(fold(code) for code in codes(row) if borne[code] == 1)
        for name in (*_names(row), *own):
            # Most names are not in the message at all, which costs less to see.
            place = _whole(name).search(text) if name in text else None
            if place is not None:
                start, end = place.span()
                ref = f"{said.ref}:{start}-{end}"
                yield at, Fact("text", name, "user", ref, said.text[start:end])


@lru_cache(maxsize=1024)
def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _names(row: Mapping[str, Any]) -> Iterator[str]:
    """What a row, or a thing that it is about, is called; folded and without its article."""
    for thing in (row, *filter(is_object, row.values())):
        name = thing.get("name")
        if isinstance(name, str):
            plain = _ARTICLE.sub("", fold(name).strip())
            if len(plain) >= _SHORTEST_NAME:
                yield plain


def _begins(value: Any) -> str | None:
    """The local time of the first instant in a row, ``HH:MM``."""
    if isinstance(value, str):
        instant = _INSTANT.match(value)
        return instant[1] if instant else None
    parts = value.values() if is_object(value) else value if is_array(value) else ()
    return next((found for part in parts if (found := _begins(part))), None)


def _typed(fact: Fact, evidence: Evidence) -> Iterator[Fact]:
    for known in reversed(evidence.of_kind("entity")):
        if known.value == fact.value:
            yield replace(known, vocabulary=CHOSEN, unit=fact.message, text=fact.text)
            return


def _true(rows: Sequence[Mapping[str, Any]], facts: Sequence[Fact]) -> Iterator[tuple[int, Fact]]:
    """Rows of which all is true that a message names so, where that is of some rows and not all."""
    named = [fact for fact in facts if fact.kind == "term" and fact.value == _YES]
    fits = [at for at, row in enumerate(rows) if all(_is_true(row, f.vocabulary) for f in named)]
    if named and len(fits) < len(rows):
        yield from ((at, named[0]) for at in fits)


def _is_true(value: Any, member: str | None) -> bool:
    if is_object(value):
        return value.get(member or "") is True or any(
            _is_true(part, member) for part in value.values()
        )
    return is_array(value) and any(_is_true(part, member) for part in value)


def _row(fact: Fact, facts: Sequence[Fact], listing: Listing) -> int | None:
    if fact.source != "user":
        return None
    if fact.unit == "ordinal" and 1 <= int(fact.value) <= len(listing.rows):
        return int(fact.value) - 1
    if (fact.vocabulary, fact.value) == _CHEAPEST:
        fitting = {at for at, _ in _true(listing.rows, facts)}
        prices = [min(_prices(row), default=None) for row in listing.rows]
        known = [
            (price, at)
            for at, price in enumerate(prices)
            if price is not None and (not fitting or at in fitting)
        ]
        return min(known)[1] if known else None
    return None


def _terms(facts: Sequence[Fact]) -> frozenset[str]:
    return frozenset(str(fact.value) for fact in facts if fact.kind == "term")


def _entities(
    fact: Fact, at: int, listing: Listing, evidence: Evidence, terms: frozenset[str]
) -> Iterator[Fact]:
    """One id of each kind in a row: the first whose own members bear the most of `terms`."""
    prefix = f"{listing.call_id}/data/{at}/"
    kinds: dict[str | None, list[Fact]] = {}
    for known in evidence.of_kind("entity"):
        if known.ref.startswith(prefix):
            kinds.setdefault(known.entity, []).append(known)
    for several in kinds.values():
        fits = [_fit(listing.rows[at], one.ref.removeprefix(prefix), terms) for one in several]
        known = several[fits.index(max(fits))]
        yield replace(known, vocabulary=CHOSEN, unit=fact.message, text=fact.text)


def _fit(row: Mapping[str, Any], path: str, terms: frozenset[str]) -> int:
    """How many of `terms` stand beside the id at `path`, as values of the thing that it names."""
    thing: Any = row
    for name in path.split("/")[:-1] if terms else ():
        thing = thing[int(name)] if is_array(thing) else thing[name] if is_object(thing) else None
    beside = thing.values() if is_object(thing) else ()
    return len(terms.intersection(value for value in beside if isinstance(value, str)))


def _prices(value: Any) -> Iterator[Decimal]:
    """The totals inside a row; a hotel has one for each of its rates."""
    if is_object(value):
        total = value.get("total")
        if is_object(total):
            try:
                yield Decimal(str(total.get("amount")))
            except InvalidOperation:
                return
        for item in value.values():
            yield from _prices(item)
    elif is_array(value):
        for item in value:
            yield from _prices(item)
