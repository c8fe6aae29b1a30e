"""Claims in freely phrased text that no evidence holds.

A large model may word a reply itself. Whatever it then states as a number, an amount, a date, a
time, an e-mail address or a reference must stand in the evidence, however either side writes it:
``€1,412.30`` is backed by ``"1412.30"``, ``3. März 2027`` by ``2027-03-03``. And what it says was
booked or cancelled must have been (`agent.reply.deeds`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Final, Literal

from babel import Locale

from agent.reply.deeds import Deed, stated
from agent.reply.translations import LANGUAGES

ClaimKind = Literal["date", "time", "number", "email", "reference", "done"]
_Value = str | Decimal


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement in a text. `start` and `end` are character offsets of `text` in it."""

    kind: ClaimKind
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """A claim with every value that it can be read as."""

    claim: Claim
    values: frozenset[_Value]


_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ISO: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_MOMENT: Final = re.compile(r"^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2})\S*$")
_DURATION: Final = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:\d+S)?")
_NUMERIC_DATE: Final = re.compile(r"\b(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})\b")
_TIME: Final = re.compile(
    r"\b([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?:\s?([ap])(?:\.m\.|m\b))?", re.I
)
_HOUR: Final = re.compile(r"\b(1[0-2]|0?[1-9])\s?([ap])(?:\.m\.|m\b)", re.I)
# Identifiers (off_ab12cd34), record locators (QX7K2P) and flight numbers (LH902, LH 902).
_REFERENCE: Final = re.compile(
    r"\b[a-z]{2,10}_[a-z0-9_]{3,}\b|\b(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*\d)[A-Z0-9]{3,10}\b"
    r"|\b[A-Z][A-Z0-9] \d{2,4}\b"
)
_NUMBER: Final = re.compile(r"(?<![\w.,])\d+(?:[.,'\u00a0\u202f ]\d{3})*(?:[.,]\d+)?(?![\w])")
_SIGNS: Final = frozenset("+-._")
_LIST_MARKER: Final = re.compile(r"^[ \t]*\d{1,2}[.)](?=\s)", re.M)


class Backing:
    """Values that may be stated. Each is read once, so that a conversation's can be added to."""

    def __init__(self, values: Iterable[object] = ()) -> None:
        self._values: set[_Value] = set()
        self._read: set[tuple[type, str]] = set()
        self.add(values)

    def add(self, values: Iterable[object]) -> None:
        """Values as APIs and fact readers give them, or whole texts; see `unbacked`."""
        found: set[_Value] = set()
        texts: list[str] = []
        for value in values:
            # Results repeat themselves; a value that was read says nothing new.
            key = type(value), str(value)
            if isinstance(value, bool) or value is None or key in self._read:
                continue
            self._read.add(key)
            if isinstance(value, int | float | Decimal):
                found.add(Decimal(str(value)).normalize())
                continue
            text = value.isoformat() if isinstance(value, date) else str(value)
            found |= {_reference(text), text.strip().casefold()}
            if number := _decimal(text):
                found.add(number)
            if text.startswith("P") and (duration := _DURATION.fullmatch(text)):
                found |= set(_parts(duration))
            texts.append(_MOMENT.sub(r"\1 \2", text) if text[:1].isdigit() else text)
        # One text of all: nothing that is read crosses the bar.
        for reading in _readings("\n|\n".join(texts)) if texts else ():
            found |= reading.values
        self._values |= found
        self._values |= {v[5:] for v in found if isinstance(v, str) and _ISO.fullmatch(v)}

    def holds(self, values: Iterable[_Value]) -> bool:
        """Whether any of these normalised values is among them."""
        return not self._values.isdisjoint(values)


def unbacked(
    text: str, values: Iterable[object] | Backing, deeds: Collection[Deed] = ()
) -> list[Claim]:
    """The claims of `text` that none of `values` backs, in the order of the text.

    `values` are evidence values as APIs and fact readers give them: ISO 8601 dates and date-times,
    ``HH:MM``, decimal strings, numbers, codes, names; strings are also searched for claims of
    their own, so a user's whole message may be passed. An ISO 8601 duration backs its days, hours
    and minutes as numbers. Numbers that mark the items of a list are
    no claims. Dates without a year are backed by that day in any year. `deeds` are what was done;
    a bare "Done." is backed by any of them.
    """
    backing = values if isinstance(values, Backing) else Backing(values)
    found = [r.claim for r in _readings(text) if not backing.holds(r.values)]
    found += [
        Claim("done", text[said.start : said.end], said.start, said.end)
        for said in stated(text)
        if said.deed not in deeds and not (said.deed == "done" and deeds)
    ]
    return sorted(found, key=lambda claim: claim.start)


def _readings(text: str) -> list[_Reading]:
    """All claims, none inside another; earlier extractors win over later ones."""
    taken = [False] * len(text)
    found: list[_Reading] = []
    for reading in _extract(text):
        span = slice(reading.claim.start, reading.claim.end)
        if not any(taken[span]):
            taken[span] = [True] * (reading.claim.end - reading.claim.start)
            found.append(reading)
    return sorted(found, key=lambda r: r.claim.start)


def _extract(text: str) -> Iterator[_Reading]:
    for match in _EMAIL.finditer(text):
        yield _reading("email", match, {match.group().casefold()})
    for match in _ISO.finditer(text):
        yield _reading("date", match, {match.group()})
    for match in _NUMERIC_DATE.finditer(text):
        yield _reading("date", match, set(_numeric_dates(match)))
    for match in _long_date().finditer(text):
        yield _reading("date", match, {_long_date_value(match)})
    for match in _TIME.finditer(text):
        hour = _hour(int(match.group(1)), match.group(3))
        yield _reading("time", match, {f"{hour:02}:{match.group(2)}"})
    for match in _HOUR.finditer(text):
        yield _reading("time", match, {f"{_hour(int(match.group(1)), match.group(2)):02}:00"})
    for match in _REFERENCE.finditer(text):
        yield _reading("reference", match, {_reference(match.group())})
    markers = {marker.end() for marker in _LIST_MARKER.finditer(text)}
    for match in _NUMBER.finditer(text):
        if match.end() + 1 in markers:
            continue
        yield _reading("number", match, _every_number(match.group()))


@lru_cache(maxsize=65536)
def _every_number(text: str) -> frozenset[Decimal]:
    # The numbers of a search are told in its reply, in the approval, and once more when booked.
    return frozenset(_numbers(text))


def _reading(kind: ClaimKind, match: re.Match[str], values: Set[str] | Set[Decimal]) -> _Reading:
    claim = Claim(kind, match.group(), match.start(), match.end())
    return _Reading(claim, frozenset[_Value](values))


def _numeric_dates(match: re.Match[str]) -> Iterator[str]:
    """Day first and month first, where both are dates."""
    first, second, year = int(match.group(1)), int(match.group(3)), int(match.group(4))
    year += 2000 if year < 100 else 0
    for day, month in ((first, second), (second, first)):
        try:
            yield date(year, month, day).isoformat()
        except ValueError:
            continue


@cache
def _months() -> dict[str, int]:
    """Month names of all languages, folded, wide and abbreviated, to their numbers."""
    return {
        _fold_month(name): number
        for language in LANGUAGES
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in Locale.parse(language).months[context][width].items()
    }


@cache
def _long_date() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))
    # A date does not go on in the next line.
    gap = r"[^\S\n]"
    day = r"\d{1,2}(?:\.|st|nd|rd|th)?"
    return re.compile(
        rf"\b(?:(?P<d1>{day})(?:{gap}+(?:de|of))?{gap}+(?P<m1>{names})\b\.?"
        rf"|(?P<m2>{names})\b\.?{gap}+(?P<d2>{day}))"
        rf"(?:,?{gap}+(?:del?{gap}+)?(?P<y>\d{{4}}))?\b",
        re.I,
    )


def _long_date_value(match: re.Match[str]) -> str:
    """``2027-03-03``, or ``03-03`` where the text names no year."""
    day = int(re.sub(r"\D", "", match.group("d1") or match.group("d2")))
    month = _months()[_fold_month(match.group("m1") or match.group("m2"))]
    year = match.group("y")
    return f"{year}-{month:02}-{day:02}" if year else f"{month:02}-{day:02}"


def _fold_month(name: str) -> str:
    # Without case ``ı``, ``i`` and ``I`` are one letter to a pattern.
    return name.replace("İ", "i").casefold().replace("ı", "i").rstrip(".")


def _parts(duration: re.Match[str]) -> Iterator[Decimal]:
    """The numbers of an ISO 8601 duration, however its days and hours are told."""
    days, hours, minutes = (int(part or 0) for part in duration.groups())
    hours += 24 * days + minutes // 60
    for part in (hours, minutes % 60, hours // 24, hours % 24):
        yield Decimal(part).normalize()


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    return hour % 12 + (12 if half.lower() == "p" else 0)


def _numbers(text: str) -> Iterator[Decimal]:
    """Every value of a written number: ``1.412`` is a fraction to some, a thousand to others."""
    compact = re.sub(r"['\u00a0\u202f ]", "", text)
    for decimal, group in ((".", ","), (",", ".")):
        if compact.count(decimal) > 1 or group in compact.partition(decimal)[2]:
            continue
        number = _decimal(compact.replace(group, "").replace(decimal, "."))
        if number is not None:
            yield number


def _decimal(text: str) -> Decimal | None:
    plain = text.strip()
    # An exception for every word of a result costs more than all numbers in it.
    if not (plain[:1].isdigit() or plain[:1] in _SIGNS):
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number.normalize() if number.is_finite() else None


def _reference(text: str) -> str:
    return text.replace(" ", "").casefold()
