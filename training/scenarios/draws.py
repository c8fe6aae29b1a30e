"""Sampled values: where to, when, for whom. The same seed draws the same ones anywhere."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tools.gazetteer import Gazetteer
from training.scenarios.mails import mail as address
from training.scenarios.names import travellers
from training.scenarios.scenario import Split
from training.scenarios.wording import Place, Style, Wording, typed
from training.worlds import NOW

TODAY = datetime.fromisoformat(NOW).date()
_FIRST_DAY, _LAST_DAY = 12, 300
_SOON = 0.25


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who travels, spelt as the person who writes spells it; `mail` in small letters."""

    given_name: str
    family_name: str
    born: date
    mail: str
    slots: Mapping[str, Any]

    @property
    def passenger(self) -> dict[str, str]:
        """As `book_flight` wants them."""
        return {**self.guest, "born_on": self.born.isoformat()}

    @property
    def guest(self) -> dict[str, str]:
        """As `book_hotel` wants them."""
        return {"given_name": self.given_name, "family_name": self.family_name}


@dataclass(frozen=True, slots=True)
class Journey:
    """A wish to fly: city codes and dates, and how they are said (`slots`)."""

    origin: str
    destination: str
    departure: date
    back: date | None = None
    slots: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def arguments(self) -> dict[str, Any]:
        """As `search_flights` wants it."""
        back = {"return_date": self.back.isoformat()} if self.back else {}
        return {
            "origin": self.origin,
            "destination": self.destination,
            "departure_date": self.departure.isoformat(),
            **back,
        }


@dataclass(frozen=True, slots=True)
class Nights:
    """A wish to stay: a city code and dates, and how they are said (`slots`)."""

    city: str
    check_in: date
    check_out: date
    slots: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def arguments(self) -> dict[str, Any]:
        """As `search_hotels` wants it."""
        return {
            "city_code": self.city,
            "check_in_date": self.check_in.isoformat(),
            "check_out_date": self.check_out.isoformat(),
        }


class Draws:
    """Draws the values of one scenario; nothing is drawn twice."""

    def __init__(self, split: Split, wording: Wording, rng: random.Random, style: Style) -> None:
        self.rng = rng
        self._split: Split = split
        self._wording = wording
        self._style: Style = style
        self._names = list(travellers(split, wording.language, rng))
        self._cities = [city.code for city in Gazetteer.default().cities()]
        rng.shuffle(self._names)
        rng.shuffle(self._cities)

    def city(self) -> str:
        """The code of a city that was not drawn before."""
        return self._cities.pop()

    def place(self, code: str) -> Place:
        """A city as it is called in the language."""
        language = self._wording.language
        return Place(Gazetteer.default().display_name(code, language), language)

    def day(self) -> date:
        """A day some weeks to months ahead."""
        return TODAY + timedelta(days=self.rng.randint(_FIRST_DAY, _LAST_DAY))

    def told_day(self) -> tuple[date, str]:
        """A day, and how it is said: by its date, or by its distance from today."""
        if self.rng.random() < _SOON:
            days = self.rng.choice(sorted(self._wording.form("soon")))
            return TODAY + timedelta(days=days), self._wording.soon(days, self.rng)
        day = self.day()
        return day, self._wording.when(day, self.rng)

    def journey(
        self, *, origin: str = "", destination: str = "", on: date | None = None
    ) -> Journey:
        """A one-way journey; what is not given is drawn."""
        start, end = origin or self.city(), destination or self.city()
        day, when = (on, self._wording.when(on, self.rng)) if on else self.told_day()
        return Journey(start, end, day, slots={**self.route(start, end), "when": when})

    def coded_journey(self) -> Journey:
        """A one-way journey whose ends are said by the codes of a city or of its airports."""
        start, end = (self._code(self.city()) for _ in range(2))
        day = self.day()
        said = {"origin": start, "destination": end, "day": self._wording.day(day, self.rng)}
        return Journey(start, end, day, slots=said)

    def _code(self, city: str) -> str:
        airports = [airport.code for airport in Gazetteer.default().airports_of(city)]
        return self.rng.choice([*airports, city])

    def there_and_back(self) -> Journey:
        """A journey with a way back some days later."""
        start, end, day = self.city(), self.city(), self.day()
        back = day + timedelta(days=self.rng.randint(2, 12))
        said = {"day": self._wording.day(day, self.rng), "back": self._wording.day(back, self.rng)}
        return Journey(start, end, day, back, {**self.route(start, end), **said})

    def route(self, origin: str, destination: str) -> dict[str, Place]:
        """Slots of the two ends of a journey."""
        return {"origin": self.place(origin), "destination": self.place(destination)}

    def nights(self, *, city: str = "", start: date | None = None) -> Nights:
        """A stay within one month; what is not given is drawn."""
        code = city or self.city()
        check_in = start or self.day()
        if check_in.day > 25:
            check_in = check_in.replace(day=self.rng.randint(3, 22))
        check_out = check_in + timedelta(days=self.rng.randint(1, 5 if check_in.day < 24 else 2))
        stay = self._wording.stay(check_in, check_out, self.rng)
        return Nights(code, check_in, check_out, {"city": self.place(code), "stay": stay})

    def person(self, *, oldest: int = 1950, youngest: int = 2003) -> Person:
        """Somebody of the split, born between these years; an adult where none are given."""
        given, _, family = typed(self._names.pop(), self._style, self._wording.language).partition(
            " "
        )
        born = date(
            self.rng.randint(oldest, youngest), self.rng.randint(1, 12), self.rng.randint(1, 28)
        )
        mail = address(given, family, self._split, self._wording.language, self.rng)
        slots = {
            "name": f"{given} {family}",
            "born": self._wording.day(born, self.rng, "birth"),
            "mail": mail,
        }
        return Person(given, family, born, mail.lower(), slots)
