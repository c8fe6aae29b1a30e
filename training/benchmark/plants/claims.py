"""Statements in replies that nothing backs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from agent.events import CallObserved, Event, Replied, WriteIntended
from agent.state import ASKED_AGAIN, IMPORTED
from training.benchmark.plants.trace import Change, Trace
from training.benchmark.records import Fault

_AMOUNTS = ("4,917.31", "8.463,79", "7,038.47", "9.254,83")
_REFERENCES = ("ZK4Q9P", "W7XJ2M", "Q9ZX5T", "XJ7K4W")
_DATES = ("17 August 2041", "August 19, 2043", "2042-08-23", "21. August 2044", "9 Ağustos 2045")
_SENTENCES = {
    "amount": ("The total is € {}.", "Das macht {} € zusammen.", "Toplam {} €.", "Son {} €."),
    "reference": ("Your reference is {}.", "Ihr Buchungscode lautet {}.", "Su código es {}."),
    "date": ("You leave on {}.", "Abreise am {}.", "Gidiş {}.", "Sale el {}."),
    "email": ("I wrote to {}.", "Die Bestätigung geht an {}."),
}
_BOOKED = (
    ("It is {}.", "booked"), ("Your flight has been {}!", "booked"),
    ("Good news: I have {} it for you.", "reserved"), ("Ihre Reise ist {}.", "gebucht"),
    ("Ich habe das Hotel {}.", "reserviert"), ("Rezervasyonunuz {}.", "yapıldı"),
    ("Su vuelo está {}.", "reservado"), ("He {} el hotel.", "reservado"),
)  # fmt: skip
_CANCELLED = (
    ("It is {}.", "cancelled"), ("I have {} your booking.", "cancelled"),
    ("Ihre Buchung wurde {}.", "storniert"), ("Rezervasyonunuz iptal {}.", "edildi"),
    ("La reserva está {}.", "cancelada"),
)  # fmt: skip
_PRICE = re.compile(r"(?<![\w.,])(?<!\d['\u00a0\u202f ])\d+[.,]\d{2}(?![\d.,]*\d)")
_WHY = "nothing in the conversation holds it"


def stated_value(trace: Trace, rng: Random) -> Change | None:
    """A sentence more: with an amount, a reference, a date or an address of nowhere."""
    kind = rng.choice(list(_SENTENCES))
    values = {"amount": _AMOUNTS, "reference": _REFERENCES, "date": _DATES}
    value = rng.choice(values.get(kind, ("nobody@elsewhere.example",)))
    return _said(trace, rng, rng.choice(_SENTENCES[kind]), value)


def stated_deed(trace: Trace, rng: Random) -> Change | None:
    """A sentence more: that something was booked or cancelled, where nothing was."""
    deed, sentences = rng.choice((("book", _BOOKED), ("cancel", _CANCELLED)))
    sentence, word = rng.choice(sentences)
    for position, event in _replies(trace, rng):
        if not _was_done(trace.events[:position], cancelled=deed == "cancel"):
            return _appended(trace, position, event, sentence, word)
    return None


def altered_price(trace: Trace, rng: Random) -> Change | None:
    """A price of the reply itself, a little off."""
    for position, event in _replies(trace, rng):
        prices = list(_PRICE.finditer(event.text))
        for price in rng.sample(prices, len(prices)):
            digit = price.start()
            other = f"{(int(event.text[digit]) % 9) + 1}{price.group()[1:]}"
            if _occurs(trace, other):
                continue
            text = event.text[: price.start()] + other + event.text[price.end() :]
            return _change(trace, position, replace(event, text=text), price.start(), other)
    return None


def prose_with_value(trace: Trace, rng: Random) -> Change | None:
    """Prose instead of an act, which states an amount."""
    for site in rng.sample(trace.sites, len(trace.sites)):
        value = rng.choice(_AMOUNTS)
        text = f"I found a nice one for you. It costs {value} EUR."
        start = text.index(value)
        fault = Fault("unbacked_claim", site.index, 0, "", f"#{start}-{start + len(value)}", _WHY)
        return trace.retold(site, text, fault)
    return None


def _said(trace: Trace, rng: Random, sentence: str, value: str) -> Change | None:
    for position, event in _replies(trace, rng):
        return _appended(trace, position, event, sentence, value)
    return None


def _appended(trace: Trace, position: int, event: Replied, sentence: str, word: str) -> Change:
    start = len(event.text) + 1 + sentence.index("{}")
    text = f"{event.text}\n{sentence.format(word)}"
    return _change(trace, position, replace(event, text=text), start, word)


def _change(trace: Trace, position: int, event: Replied, start: int, word: str) -> Change:
    site = trace.newest_site(position)
    index = site.index if site else 0
    pointer = f"#{start}-{start + len(word)}"
    fault = Fault("unbacked_claim", index, 0, event.act, pointer, _WHY)
    return Change({position: event}, (fault,))


def _replies(trace: Trace, rng: Random) -> Iterator[tuple[int, Replied]]:
    found = [
        (position, event)
        for position, event in enumerate(trace.events)
        if isinstance(event, Replied) and event.act not in {IMPORTED, ASKED_AGAIN}
    ]
    yield from rng.sample(found, len(found))


def _was_done(events: tuple[Event, ...], *, cancelled: bool) -> bool:
    """Whether a result before could stand behind the deed: a write, or a booking looked up."""
    if any(isinstance(event, WriteIntended) for event in events):
        return True
    bodies = str([event.result for event in events if isinstance(event, CallObserved)])
    if cancelled:
        return "cancelled" in bodies or "canceled" in bodies
    return any(word in bodies for word in ("confirmed", "booked", "reserved", "ticketed"))


def _occurs(trace: Trace, price: str) -> bool:
    """Whether a number stands anywhere in the log, in either notation; 1.00 is the number 1."""
    log = str(trace.events)
    forms = (price, price.replace(",", "."))
    return any(form.rstrip("0").rstrip(".,") in log for form in forms)
