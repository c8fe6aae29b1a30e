"""Values as people of a language write them (CLDR, through Babel)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal, Protocol, cast

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from agent.reply.translations import Language, translations
from agent.reply.words import WORDS

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:\d+(?:\.\d+)?S)?)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MAX_TEXT = 300
_MAX_DIGITS = 15


class PlaceNames(Protocol):
    """What a renderer needs of a gazetteer."""

    def display_name(self, code: str, language: str) -> str | None:
        """The name of an IATA city or airport code in a language, None when unknown."""
        ...


class Formats:
    """Money, dates, times and names in one language. Pure: the same input, the same text.

    Every method takes values as APIs send them (ISO 8601, decimal strings) and gives a value that
    it cannot read back as cleaned text, never an error: a reply must not fail on an odd response.
    """

    def __init__(self, language: Language, places: PlaceNames | None = None) -> None:
        self.language: Language = language
        self._locale = Locale.parse(language)
        self._places = places
        self._t = translations(language)

    def text(self, value: object) -> str:
        """Foreign text on one line, without control or direction characters, at most 300 long."""
        raw = str(value)
        if raw.isprintable() and len(raw) <= _MAX_TEXT and "  " not in raw:
            return raw.strip()
        kept = (
            c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"} else " "
            for c in raw[: 4 * _MAX_TEXT]
        )
        line = " ".join("".join(kept).split())
        return line if len(line) <= _MAX_TEXT else line[: _MAX_TEXT - 1].rstrip() + "…"

    def money(self, value: Mapping[str, Any]) -> str:
        """``{"amount": "412.30", "currency": "EUR"}`` as ``€412.30``."""
        amount, currency = str(value.get("amount")), str(value.get("currency"))
        return _money(self.language, amount, currency) or self.text(f"{amount} {currency}")

    def number(self, value: float | Decimal) -> str:
        """A plain number with the language's separators."""
        if not _writable(Decimal(value)):
            return self.text(value)
        return _number(self.language, value)

    def date(self, value: object) -> str:
        """A date in long form with its weekday, so that nobody mistakes the 3rd for March."""
        parsed = _parse_date(value)
        return _long_date(self.language, parsed) if parsed else self.text(value)

    def time(self, value: object) -> str:
        """The local wall time of a date-time or time, ``HH:MM``, 24 hours in every language."""
        moment = _parse_moment(value)
        if moment is not None:
            return f"{moment:%H:%M}"
        text = self.text(value)
        return text[:5] if re.fullmatch(r"\d{2}:\d{2}(:\d{2})?", text) else text

    def moment(self, value: object, now: datetime | None = None) -> str:
        """A date-time. With `now` (aware), in its zone, and without the date if it is today."""
        moment = _parse_moment(value)
        if moment is None:
            return self.text(value)
        if now is not None and now.tzinfo is not None:
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)).astimezone(
                now.tzinfo
            )
            if moment.date() == now.date():
                return f"{moment:%H:%M}"
        zone = f" {_zone(moment)}" if now is None and moment.tzinfo else ""
        return f"{self.date(moment.date())}, {moment:%H:%M}{zone}"

    def duration(self, value: object) -> str:
        """An ISO 8601 duration (``PT2H5M``) or whole minutes as ``2 hr 5 min``."""
        minutes = _parse_minutes(value)
        if minutes is None:
            return self.text(value)
        return _duration(self.language, minutes)

    def place(self, code: object) -> str:
        """A city or airport code with its name in the language: ``Berlin (BER)``."""
        text = self.text(code)
        name = self._places.display_name(text, self.language) if self._places else None
        return f"{name} ({text})" if name and text not in name else name or text

    def word(self, value: object) -> str:
        """An enum value such as ``premium_economy`` in the language, else made readable."""
        text = self.text(value)
        message = WORDS.get(text)
        return self._t.gettext(message) if message else text.replace("_", " ")

    def yes_no(self, value: object) -> str:
        """A boolean as a word."""
        return self._t.gettext("yes") if value else self._t.gettext("no")

    def all_of(self, items: Iterable[str]) -> str:
        """``a, b and c``."""
        return format_list(list(items), style="standard", locale=self._locale)

    def one_of(self, items: Iterable[str]) -> str:
        """``a, b or c``."""
        return format_list(list(items), style="or", locale=self._locale)

    def value(self, value: object, kind: Literal["place", "term"] | None = None) -> str:
        """Any JSON value, read by its own shape."""
        match value:
            case None:
                return "–"
            case bool():
                return self.yes_no(value)
            case int() | float():
                return self.number(value)
            case Mapping():
                return self._mapping(cast("Mapping[str, Any]", value))
            case list() | tuple():
                items = cast("list[object]", value)
                return self.all_of(self.value(item, kind) for item in items) or "–"
            case _:
                return self._scalar(str(value), kind)

    def _scalar(self, text: str, kind: Literal["place", "term"] | None) -> str:
        if kind == "place":
            return self.place(text)
        if kind == "term" or text in WORDS:
            return self.word(text)
        if _DATE.fullmatch(text):
            return self.date(text)
        if _DATE_TIME.match(text):
            return self.moment(text)
        if _DURATION.fullmatch(text) and len(text) > 2:
            return self.duration(text)
        return self.text(text)

    def _mapping(self, value: Mapping[str, Any]) -> str:
        if "amount" in value and "currency" in value:
            return self.money(value)
        return "; ".join(
            f"{self.text(k).replace('_', ' ')}: {self.value(v)}" for k, v in value.items()
        )


# CLDR patterns are dear to apply, and results repeat their values: each is written once.
_remembered = lru_cache(maxsize=4096)


@_remembered
def _long_date(language: Language, value: date) -> str:
    return format_date(value, "full", locale=language)


@_remembered
def _number(language: Language, value: float | Decimal) -> str:
    return format_decimal(value, locale=language, decimal_quantization=False)


@_remembered
def _money(language: Language, amount: str, currency: str) -> str | None:
    try:
        number = Decimal(amount)
    except InvalidOperation:
        return None
    if not _writable(number) or not _CURRENCY.fullmatch(currency):
        return None
    return format_currency(number, currency, locale=language, decimal_quantization=False)


@_remembered
def _duration(language: Language, minutes: int) -> str:
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "day"), (rest // 60, "hour"), (rest % 60, "minute")]
    shown = [(n, unit) for n, unit in parts if n] or [(0, "minute")]
    return " ".join(
        format_unit(n, f"duration-{unit}", length="short", locale=language) for n, unit in shown
    )


def _writable(number: Decimal) -> bool:
    """Whether digits can be written out: finite, and of no absurd size."""
    return number.is_finite() and abs(number.adjusted()) <= _MAX_DIGITS


def day_shift(start: object, end: object) -> int:
    """How many calendar days later an arrival's local date is than the departure's."""
    first, last = _parse_date(start), _parse_date(end)
    return (last - first).days if first and last else 0


def _parse_date(value: object) -> date | None:
    if isinstance(value, date):
        return value
    match = _DATE.match(str(value))
    try:
        return date.fromisoformat(match.group()) if match else None
    except ValueError:
        return None


def _parse_moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value)) if _DATE_TIME.match(str(value)) else None
    except ValueError:
        return None


def _parse_minutes(value: object) -> int | None:
    if isinstance(value, timedelta):
        return int(value.total_seconds() // 60)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _DURATION.fullmatch(str(value))
    if not match or not any(match.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return (days * 24 + hours) * 60 + minutes


def _zone(moment: datetime) -> str:
    if moment.utcoffset() == timedelta(0):
        return "UTC"
    return str(timezone(cast("timedelta", moment.utcoffset())))
