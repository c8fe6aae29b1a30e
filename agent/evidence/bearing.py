"""What rows of a list bear of what a message says: places, the day they begin, booking codes.

"Cancel the Porto hotel" means the one booking that is in Porto, as surely as "the second one" means
the second. What a person names and no booking bears must not lead to some other booking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.evidence.facts import Evidence, Fact, Scalar
from agent.json_values import is_array, is_object
from tools.spec import THING, ValueKind

CODE = "code"
"""Vocabulary of text facts that hold a booking code: as the user typed it, or a result bears it."""

ABSENT = "absent"
"""Vocabulary of text facts: a place of a thing that a message speaks of, and no row bears.

Their `entity` is the kind of thing, their `unit` the call whose rows were looked through.
"""

CityOf = Callable[[str], str]
"""The city's code of an airport's, and any other code as it is."""

_BORNE = re.compile(r"[A-Z0-9]{5,10}")
_TYPED = re.compile(r"(?<![\w@.+/-])(?=[A-Z0-9]*[A-Z])[A-Z0-9]{5,10}(?![\w@/-])")
_LETTERS = re.compile(r"[A-Z]{6}")
"""A record locator has six characters; one without a digit may be a word ("PLEASE")."""
_INTRODUCED = re.compile(
    r"""\b(?:booking|reservation|reference|ref|code|locator|pnr|buchung\w*|reservierung\w*
        |reserva|referencia|localizador|código|rezervasyon\w*|referans\w*|kod\w*)
    (?:\s+(?:code|number|reference|is|nummer|número|kod\w*|numara\w*))?[\s:#.]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_NEAR = 40
_BESIDE = re.compile(r"[^.,;:!?]{0,16}")
"""What may stand between a thing and its place: "flight to Madrid", "the Porto hotel"."""
_FLIGHT_NUMBER = re.compile(r"[A-Z][A-Z0-9]\d{1,4}")
_ON_THE_WAY = "/segments/"
_TELLING: frozenset[ValueKind] = frozenset({"place", "date"})


@dataclass(frozen=True, slots=True)
class _Borne:
    """What one row bears: cities by the member that holds them, and the day it begins.

    That is its first day, as against moments such as an expiry.
    """

    cities: Mapping[str, str]
    begins: str | None

    def bears(self, said: Fact, city_of: CityOf) -> bool:
        """Whether the row is there, or begins then; where a role is said, in that role."""
        if said.kind == "date":
            return said.value == self.begins
        city = city_of(str(said.value))
        at = self.cities.get(said.vocabulary or "")
        return at == city if at is not None else city in self.cities.values()


def about(
    call_id: str, rows: int, shown: Evidence, said: Sequence[Fact], city_of: CityOf
) -> list[tuple[int, Fact]]:
    """Rows that a message's places and days fit, where they fit some of a list and not all.

    `shown` holds the facts of the list's result, `said` those of the message. A place or a day that
    no row bears, or that every row does, tells nothing apart. Each row comes with the first fact
    that tells it apart.
    """
    mentions = [fact for fact in said if fact.source == "user" and fact.kind in _TELLING]
    if rows < 2 or not mentions:
        return []
    borne = [_borne(f"{call_id}/data/{row}/", shown, city_of) for row in range(rows)]
    left, telling = set(range(rows)), None
    for fact in mentions:
        fits = {at for at, row in enumerate(borne) if row.bears(fact, city_of)}
        if fits and len(fits) < rows:
            left, telling = left & fits, telling or fact
    return [(at, telling) for at in sorted(left)] if telling is not None else []


def absent(
    call_id: str, shown: Evidence, said: Sequence[Fact], text: str, city_of: CityOf
) -> Iterator[Fact]:
    """The places of things that a message speaks of, where no row of such things is there.

    "Cancel the Madrid flight" means none of the flights that go somewhere else. `text` is the
    message that `said` was read from; `shown` holds the facts of the list's result.
    """
    inside = f"{call_id}/data/"
    ids = [fact for fact in shown.of_kind("entity") if fact.ref.startswith(inside)]
    listed = {fact.entity for fact in ids}
    rows = {fact.ref.removeprefix(inside).partition("/")[0] for fact in ids}
    borne = [_borne(f"{inside}{row}/", shown, city_of) for row in rows]
    cities = {city for row in borne for city in row.cities.values()}
    things = [fact for fact in said if fact.vocabulary == THING and fact.entity in listed]
    for place in said if cities else ():
        if place.kind != "place" or place.source != "user" or city_of(str(place.value)) in cities:
            continue
        for thing in things:
            first, second = sorted((place.span, thing.span))
            if _BESIDE.fullmatch(text[first[1] : second[0]]):
                yield replace(place, kind="text", source="context", entity=thing.entity,
                              unit=call_id, vocabulary=ABSENT)  # fmt: skip


def _borne(prefix: str, shown: Evidence, city_of: CityOf) -> _Borne:
    cities: dict[str, str] = {}
    for fact in shown.of_kind("place"):
        if fact.ref.startswith(prefix) and _ON_THE_WAY not in fact.ref:
            # The first is of the way out.
            cities.setdefault(fact.ref.rpartition("/")[2], city_of(str(fact.value)))
    days = (fact for fact in shown.of_kind("date") if fact.text == fact.value)
    begins = next((str(fact.value) for fact in days if fact.ref.startswith(prefix)), None)
    return _Borne(cities, begins)


def codes(row: Mapping[str, Any]) -> set[str]:
    """What in a row looks like a reference of airlines or hotels: capitals and digits."""
    texts = (value for value in row.values() if isinstance(value, str))
    return {text for text in texts if _BORNE.fullmatch(text)}


def typed_codes(
    text: str, taken: Iterable[tuple[int, int]], unknown: Container[int]
) -> Iterator[tuple[int, int]]:
    """Booking codes in a message, as characters: letters with digits; or six letters that are no
    word, where one before them says what they are.

    `taken` are the characters of what was read as something else: what it covers whole is no code
    ("3MARCH"), nor is a flight number. `unknown` holds where words begin that mean nothing.
    """
    covered = {at for start, end in taken for at in range(start, end)}
    for match in _TYPED.finditer(text):
        start, end = match.span()
        if match[0].isalpha():
            before = text[max(0, start - _NEAR) : start]
            is_code = (
                _LETTERS.fullmatch(match[0]) and start in unknown and _INTRODUCED.search(before)
            )
        else:
            is_code = not _FLIGHT_NUMBER.fullmatch(match[0])
        if is_code and not covered.issuperset(range(start, end)):
            yield start, end


def borne_codes(body: Any, facts: Sequence[Fact]) -> Iterator[Fact]:
    """The codes in a result whose facts are `facts`, each with the kind of thing that bears it."""
    entities = {fact.ref: fact.entity for fact in facts if fact.kind == "entity"}
    call_id = facts[0].ref.partition("/")[0] if facts else ""
    for at, row in _rows(body, call_id):
        entity = next((entities[key] for name in row if (key := f"{at}/{name}") in entities), None)
        for code in sorted(codes(row)) if entity else ():
            yield Fact("text", code, "result", at, code, entity=entity, vocabulary=CODE)


def _rows(body: Any, at: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not is_object(body):
        return
    listed = body.get("data")
    if not is_array(listed):
        yield at, body
        return
    for number, row in enumerate(listed):
        if is_object(row):
            yield f"{at}/data/{number}", row


def strangers(evidence: Evidence) -> frozenset[Scalar]:
    """Ids in rows that bear booking codes, but none of those that the newest message names.

    Whoever says "cancel ABC123" means none of the bookings that have other codes; whoever says "the
    Madrid flight" none of those that are `absent` there.
    """
    typed, borne = _codes(evidence)
    elsewhere = frozenset(_elsewhere(evidence))
    if not typed:
        return elsewhere
    meant, others = set[Scalar](), set[Scalar]()
    for code in borne:
        inside = f"{code.ref}/"
        ids = {f.value for f in evidence.of_kind("entity") if f.ref.startswith(inside)}
        (meant if code.value in typed else others).update(ids)
    return elsewhere | (others - meant)


def _elsewhere(evidence: Evidence) -> Iterator[Scalar]:
    said = evidence.texts[-1].ref if evidence.texts else ""
    for place in evidence.of_kind("text"):
        if place.vocabulary == ABSENT and place.message == said:
            for known in evidence.of_kind("entity"):
                if known.entity == place.entity and known.ref.startswith(f"{place.unit}/"):
                    yield known.value


def unfound_codes(evidence: Evidence) -> list[str]:
    """The booking codes of the newest message, sorted, where no result bears any of them."""
    typed, borne = _codes(evidence)
    return sorted(map(str, typed)) if typed.isdisjoint(fact.value for fact in borne) else []


def _codes(evidence: Evidence) -> tuple[frozenset[Scalar], list[Fact]]:
    """The booking codes of the newest message, and the facts of those that results bear."""
    said = evidence.texts[-1].ref if evidence.texts else ""
    codes = [fact for fact in evidence.of_kind("text") if fact.vocabulary == CODE]
    typed = (fact.value for fact in codes if fact.source == "user" and fact.message == said)
    return frozenset(typed), [fact for fact in codes if fact.source == "result"]
