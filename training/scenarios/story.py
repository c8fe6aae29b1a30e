"""A scenario under construction: what is said, what the gold acts are, what must come of it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.evidence.lexicon import Language
from tools.gazetteer import Gazetteer
from training.scenarios.draws import Draws, Journey, Nights, Person
from training.scenarios.manner import Manner, a_manner, dressed
from training.scenarios.scenario import Act, Call, Decision, Goal, Json, Line, Scenario, Split
from training.scenarios.scene import Scene
from training.scenarios.wording import Style, Wording, capitalised, typed

_STYLES: Mapping[Language, tuple[Style, ...]] = {
    "en": ("plain", "plain", "lower"),
    "tr": ("plain", "plain", "plain", "lower", "ascii"),
    "de": ("plain", "plain", "lower"),
    "es": ("plain", "plain", "plain", "lower", "ascii"),
}
_IDS = frozenset({"offer", "rate"})
"""Slots of ids, which a line may begin with: an id keeps its small letters."""
PICKED = 4
"""People pick one of so many things from the top of a list."""


@dataclass(slots=True)
class Story:
    """Collects one scenario, in the order in which it will happen.

    `scene` shows the world that the scenario will be held in. Templates change `decision`,
    `faults` and the fields of the goal directly.
    """

    split: Split
    language: Language
    rng: random.Random
    scene: Scene
    decision: Decision = "approve"
    faults: Json | None = None
    lines: list[Line] = field(default_factory=list[Line])
    gold: list[Act] = field(default_factory=list[Act])
    setup: list[Call] = field(default_factory=list[Call])
    flights: list[Json] = field(default_factory=list[Json])
    hotels: list[Json] = field(default_factory=list[Json])
    cancelled_flights: list[Json] = field(default_factory=list[Json])
    cancelled_hotels: list[Json] = field(default_factory=list[Json])
    reads: list[Call] = field(default_factory=list[Call])
    tells: list[str] = field(default_factory=list[str])
    closes: tuple[str, ...] = ()
    silent: bool = False
    wording: Wording = field(init=False)
    style: Style = field(init=False)
    manner: Manner | None = field(init=False)
    draws: Draws = field(init=False)

    def __post_init__(self) -> None:
        self.wording = Wording(self.split, self.language)
        self.style = self.rng.choice(_STYLES[self.language])
        self.manner = None if self.split == "test" else a_manner(self.rng)
        self.draws = Draws(self.split, self.wording, self.rng, self.style)

    # -- what is said ---------------------------------------------------------------------------

    def say(
        self,
        move: str,
        *slots: Mapping[str, Any],
        supplies: Sequence[str] = (),
        interrupts: bool = False,
        **more: Any,
    ) -> None:
        """Add a line: a phrase for this move with the slots filled in."""
        values = {name: value for given in (*slots, more) for name, value in given.items()}
        text = self._said(move, values)
        if self.style == "plain" and _IDS.isdisjoint(values):
            text = capitalised(text, self.language)
        self.lines.append(Line(text, tuple(supplies), interrupts))

    def _said(self, move: str, values: Mapping[str, Any]) -> str:
        if self.manner is None:
            phrase = self.wording.phrase(move, self.rng)
        else:
            first = not self.lines
            phrase = dressed(move, self.wording, self.manner, self.rng, first=first)
        text = phrase.format_map(values)
        return text if "reference" in values else self.typed(text)

    def block(self, move: str, *people: Person) -> str:
        """Who travels, as a part of a line."""
        return self.wording.phrase(move, self.rng).format_map(together(*people))

    def ordinal(self, kind: str, at: int) -> dict[str, Any]:
        """Slots for "the second one"; `kind` is ``flight`` or ``hotel``."""
        return {"ordinal": self.wording.form(kind)[at], "number": at + 1}

    def adults(self, count: int) -> dict[str, Any]:
        """Slots for a number of people, in digits or as a word."""
        word = self.wording.form("numbers")[count - 1]
        return {"n": self.rng.choice((str(count), word))}

    def move(self, name: str, kind: str) -> str:
        """The phrases of a move that are meant for this kind of thing, where there are any."""
        return f"{name}.{kind}" if self.wording.has(f"{name}.{kind}") else name

    def pick(self, rows: Sequence[Any], *, beyond: int = 0) -> int:
        """A position near the top of a list, from `beyond` on. Raises LookupError for none."""
        if len(rows) <= beyond:
            raise LookupError(f"of {len(rows)} things none is beyond {beyond}")
        return self.rng.randrange(beyond, min(len(rows), PICKED))

    def typed(self, text: str) -> str:
        """A text as the person of this story types it."""
        return typed(text, self.style, self.language)

    # -- what an agent that makes no mistake does -----------------------------------------------

    def act(self, name: str, **arguments: Any) -> None:
        """Add a gold act of one call."""
        self.gold.append((Call(name, arguments),))

    def show(self) -> None:
        """The newest result is shown."""
        self.act("present", result="$result")

    def done(self) -> None:
        """What was done is summed up."""
        self.act("finish", topic="done")

    async def search_flights(self, journey: Journey, **wishes: Any) -> Sequence[Json]:
        """Search and show; the offers."""
        arguments = {**journey.arguments, **wishes}
        self.act("search_flights", **arguments)
        self.show()
        return await self.scene.rows("search_flights", arguments)

    async def search_hotels(self, nights: Nights, **wishes: Any) -> Sequence[Json]:
        """Search and show; the hotels with their rates."""
        arguments = {**nights.arguments, **wishes}
        self.act("search_hotels", **arguments)
        self.show()
        return await self.scene.rows("search_hotels", arguments)

    async def search_both(
        self, journey: Journey, nights: Nights
    ) -> tuple[Sequence[Json], Sequence[Json]]:
        """Search for flights and hotels in one act, and show them; offers and hotels."""
        calls = (Call("search_flights", journey.arguments), Call("search_hotels", nights.arguments))
        self.gold.append(calls)
        self.show()
        offers = await self.scene.rows("search_flights", journey.arguments)
        return offers, await self.scene.rows("search_hotels", nights.arguments)

    def flight_call(self, offer: Json, *party: Person) -> Call:
        """The call that books an offer for these people."""
        return Call("book_flight", {
            "offer_id": self.scene.placeholder("offer", offer["offer_id"]),
            "passengers": [person.passenger for person in party],
            "contact_email": party[0].mail,
        })  # fmt: skip

    def hotel_call(self, hotel: Json, *party: Person, rate: int = 0) -> Call:
        """The call that books a rate of a hotel, counted from the cheapest, for these people."""
        return Call("book_hotel", {
            "rate_id": self.scene.placeholder("rate", hotel["rates"][rate]["rate_id"]),
            "guests": [person.guest for person in party],
            "contact_email": party[0].mail,
        })  # fmt: skip

    def book_flight(self, offer: Json, *party: Person) -> None:
        """Book an offer, for good."""
        self.gold.append((self.flight_call(offer, *party),))
        self.flights.append(flight_goal(offer, *party))

    def book_hotel(self, hotel: Json, nights: Nights, *party: Person, rate: int = 0) -> None:
        """Book a rate of a hotel, for good; another rate of it would do as well."""
        self.gold.append((self.hotel_call(hotel, *party, rate=rate),))
        self.hotels.append(hotel_goal(hotel, nights, *party))

    def must_read(self, name: str, **arguments: Any) -> None:
        """The goal asks for this call."""
        self.reads.append(Call(name, arguments))

    async def look_at(self, hotel: Json) -> Json:
        """Read a hotel's own page and answer from it; the page."""
        about = self.scene.placeholder("hotel", hotel["hotel_id"])
        self.act("get_hotel", hotel_id=about)
        self.act("answer", about=about)
        self.reads.append(Call("get_hotel", {"hotel_id": hotel["hotel_id"]}))
        return await self.scene.call("get_hotel", {"hotel_id": hotel["hotel_id"]})

    # -- what was done before -------------------------------------------------------------------

    async def has_flights(self, count: int) -> list[Journey]:
        """So many flights were booked before; their journeys, the oldest first."""
        made: list[Journey] = []
        for _ in range(count):
            journey, person = self.draws.journey(), self.draws.person()
            offers = await self._before("search_flights", journey.arguments)
            booking = self.flight_call(offers[0], person)
            await self._before(booking.name, booking.arguments)
            self.flights.append(flight_goal(offers[0], person))
            made.append(journey)
        return made

    async def has_hotels(self, count: int) -> list[Nights]:
        """So many hotels were booked before; their stays, the oldest first."""
        made: list[Nights] = []
        for _ in range(count):
            nights, person = self.draws.nights(), self.draws.person()
            hotels = await self._before("search_hotels", nights.arguments)
            booking = self.hotel_call(hotels[0], person)
            await self._before(booking.name, booking.arguments)
            self.hotels.append(hotel_goal(hotels[0], nights, person))
            made.append(nights)
        return made

    async def _before(self, name: str, arguments: Json) -> Sequence[Json]:
        self.setup.append(Call(name, arguments))
        body = await self.scene.call(name, arguments)
        return body.get("data", ())

    # -- the result -----------------------------------------------------------------------------

    def scenario(self, key: str, template: str, categories: Sequence[str], seed: int) -> Scenario:
        """The scenario, its number of turns among the categories."""
        turns = "single-turn" if len(self.lines) == 1 else "multi-turn"
        return Scenario(
            id=key,
            template=template,
            categories=(*categories, turns),
            language=self.language,
            lines=tuple(self.lines),
            goal=Goal(
                flights=tuple(self.flights),
                hotels=tuple(self.hotels),
                cancelled_flights=tuple(self.cancelled_flights),
                cancelled_hotels=tuple(self.cancelled_hotels),
                reads=tuple(self.reads),
                tells=tuple(self.tells),
                closes=self.closes,
                silent=self.silent,
            ),
            gold=tuple(self.gold),
            split=self.split,
            seed=seed,
            faults=self.faults,
            setup=tuple(self.setup),
            decision=self.decision,
        )


def together(*people: Person) -> dict[str, Any]:
    """The slots of several people: ``name``, ``name2``, ``name3``."""
    slots = dict(people[0].slots)
    for number, person in enumerate(people[1:], 2):
        slots |= {f"{name}{number}": value for name, value in person.slots.items()}
    return slots


def flight_goal(offer: Json, *party: Person) -> dict[str, Any]:
    """Exactly these flights for exactly these people, as `goal.flight_view` names them."""
    ways = offer["slices"]
    back = {"return_date": ways[1]["departure_date"]} if ways[1:] else {}
    return {
        "origin": _city(ways[0]["origin"]),
        "destination": _city(ways[0]["destination"]),
        "departure_date": ways[0]["departure_date"],
        **back,
        "cabin_class": offer["cabin_class"],
        "flights": [s["flight_number"] for way in ways for s in way["segments"]],
        "passengers": [person.passenger for person in party],
        "contact_email": party[0].mail,
    }


def hotel_goal(hotel: Json, nights: Nights, *party: Person) -> dict[str, Any]:
    """Exactly this hotel for exactly these people, as `goal.hotel_view` names them."""
    arguments = nights.arguments
    return {
        "city": arguments.pop("city_code"),
        **arguments,
        "hotel_id": hotel["hotel_id"],
        "guests": [person.guest for person in party],
        "contact_email": party[0].mail,
    }


def _city(code: str) -> str:
    airport = Gazetteer.default().airport(code)
    return airport.city_code if airport else code
