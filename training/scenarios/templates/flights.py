"""Test templates that book flights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from training.scenarios.scenario import Json
from training.scenarios.story import Story, together
from training.scenarios.templates.registry import template

_BOOKING = "flight booking"


@template("flight", "position", _BOOKING, "choice by position")
async def by_position(story: Story) -> None:
    """One of the offers, by its place in the list."""
    await _search_and_take(story, "flight.ask")


@template("flight", "cheapest", _BOOKING, "choice by price")
async def cheapest(story: Story) -> None:
    """The cheapest of the offers that were shown."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    person = story.draws.person()
    story.say("take.cheapest", who=story.block("who", person))
    story.book_flight(min(offers, key=_price), person)
    story.done()


@template("flight", "fastest", _BOOKING, "choice by time", weight=2)
async def fastest(story: Story) -> None:
    """The first of the fastest."""
    await _search_and_take(story, "flight.fastest", sort="duration", first=True)


@template("flight", "earliest", _BOOKING, "choice by time")
async def earliest(story: Story) -> None:
    """The first of the earliest."""
    await _search_and_take(story, "flight.earliest", sort="departure", first=True)


@template("flight", "after-an-hour", _BOOKING, "choice by time", "choice by position")
async def after_an_hour(story: Story) -> None:
    """One of the offers that leave late enough."""
    journey = story.draws.journey()
    hour = story.rng.choice((13, 14, 15, 16))
    said = story.rng.choice(story.wording.form("hour")).format(hour=hour, half=hour - 12)
    story.say("flight.after", journey.slots, hour=said)
    offers = await story.search_flights(journey, depart_after=f"{hour}:00")
    await _take(story, offers)


@template("flight", "departure-time", _BOOKING, "choice by time")
async def by_departure_time(story: Story) -> None:
    """The one that leaves at a time, which no other of the list does."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    times = [_leaves(offer) for offer in offers]
    only = [at for at, time in enumerate(times[:5]) if times.count(time) == 1]
    at = story.rng.choice(only)
    hour, minute = map(int, times[at].split(":"))
    clock = story.rng.choice(story.wording.form("clock")).format(hour=hour, minute=minute)
    person = story.draws.person()
    story.say("take.time", clock=clock, who=story.block("who", person))
    story.book_flight(offers[at], person)
    story.done()


@template("flight", "cabin", _BOOKING, "choice by position")
async def in_a_cabin(story: Story) -> None:
    """One of the offers in a cabin."""
    cabins: dict[str, Sequence[str]] = story.wording.form("cabins")
    cabin = story.rng.choice(sorted(cabins))
    journey = story.draws.journey()
    story.say("flight.cabin", journey.slots, cabin=story.rng.choice(cabins[cabin]))
    offers = await story.search_flights(journey, cabin_class=cabin)
    await _take(story, offers)


@template("flight", "one-message", _BOOKING, "choice by price")
async def in_one_message(story: Story) -> None:
    """Everything is said at once: find the cheapest and book it."""
    journey, person = story.draws.journey(), story.draws.person()
    story.say("flight.all", journey.slots, who=story.block("who", person))
    wishes = {**journey.arguments, "sort": "price"}
    story.act("search_flights", **wishes)
    offers = await story.scene.rows("search_flights", wishes)
    story.book_flight(offers[0], person)
    story.done()


@template("flight", "missing-route", "missing slots", _BOOKING)
async def missing_route(story: Story) -> None:
    """Only the destination is said; origin and date are given when asked for."""
    journey = story.draws.journey()
    story.say("flight.start", journey.slots)
    story.act("ask_user", about=["departure_date", "origin"])
    story.say("flight.origin", journey.slots, supplies=["origin"])
    story.say("flight.date", journey.slots, supplies=["departure_date"])
    offers = await story.search_flights(journey)
    await _take(story, offers)


@template("flight", "missing-person", "missing slots", _BOOKING, "choice by position")
async def missing_person(story: Story) -> None:
    """An offer is taken before anybody was named."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    at = story.pick(offers)
    story.say("take.bare", story.ordinal("flight", at))
    person = story.draws.person()
    story.act("ask_user", about=["born_on", "contact_email", "family_name", "given_name"])
    story.say("give.name", person.slots, supplies=["family_name", "given_name"])
    story.say("give.rest", person.slots, supplies=["born_on", "contact_email"])
    story.book_flight(offers[at], person)
    story.done()


@template("flight", "other-date", "correction", _BOOKING)
async def other_date(story: Story) -> None:
    """The day changes after the search."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    await story.search_flights(journey)
    later = journey.departure + timedelta(days=story.rng.randint(1, 6))
    changed = story.draws.journey(origin=journey.origin, destination=journey.destination, on=later)
    story.say("flight.other_date", changed.slots)
    await _take(story, await story.search_flights(changed))


@template("flight", "other-destination", "correction", _BOOKING)
async def other_destination(story: Story) -> None:
    """The destination changes after the search."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    await story.search_flights(journey)
    changed = story.draws.journey(origin=journey.origin, on=journey.departure)
    story.say("flight.other_destination", changed.slots)
    await _take(story, await story.search_flights(changed))


@template("flight", "other-party", "correction", "several passengers", _BOOKING)
async def other_party(story: Story) -> None:
    """Somebody comes along after all."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    await story.search_flights(journey)
    story.say("flight.other_party", story.adults(2))
    await _take_for_two(story, await story.search_flights(journey, adults=2))


@template("flight", "other-offer", "correction", _BOOKING, "choice by position")
async def other_offer(story: Story) -> None:
    """Another offer is wanted while the approval of the first waits."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    at = story.pick(offers, beyond=1)
    person = story.draws.person()
    story.say("take", story.ordinal("flight", 0), who=story.block("who", person))
    story.gold.append((story.flight_call(offers[0], person),))
    story.say(story.move("rather", "flight"), story.ordinal("flight", at), interrupts=True)
    story.book_flight(offers[at], person)
    story.done()


@template("flight", "return", "return flight", _BOOKING, weight=3)
async def there_and_back(story: Story) -> None:
    """There and back."""
    journey = story.draws.there_and_back()
    story.say("flight.return", journey.slots)
    await _take(story, await story.search_flights(journey))


@template("flight", "other-return", "return flight", "correction", _BOOKING, weight=2)
async def other_return(story: Story) -> None:
    """There and back, and then later back."""
    journey = story.draws.there_and_back()
    assert journey.back is not None
    story.say("flight.return", journey.slots)
    await story.search_flights(journey)
    back = journey.back + timedelta(days=story.rng.randint(1, 5))
    changed = {**journey.arguments, "return_date": back.isoformat()}
    story.say("flight.other_return", back=story.wording.day(back, story.rng))
    story.act("search_flights", **changed)
    story.show()
    await _take(story, await story.scene.rows("search_flights", changed))


@template("flight", "party", "several passengers", _BOOKING, "choice by position", weight=2)
async def for_two(story: Story) -> None:
    """Two adults."""
    journey = story.draws.journey()
    story.say("flight.party", journey.slots, story.adults(2))
    await _take_for_two(story, await story.search_flights(journey, adults=2))


@template("flight", "family", "several passengers", _BOOKING, "choice by position")
async def for_a_family(story: Story) -> None:
    """Two adults and a child, who is named as well."""
    journey = story.draws.journey()
    story.say("flight.family", journey.slots)
    offers = await story.search_flights(journey, adults=2, children=1)
    at = story.pick(offers)
    family = (
        story.draws.person(oldest=1978, youngest=1990),
        story.draws.person(oldest=1978, youngest=1990),
        story.draws.person(oldest=2017, youngest=2022),
    )
    story.say("take.family", story.ordinal("flight", at), together(*family))
    story.book_flight(offers[at], *family)
    story.done()


@template("flight", "other-date-late", "correction", _BOOKING)
async def other_date_late(story: Story) -> None:
    """The day changes while the approval waits; it is never given."""
    journey, person = story.draws.journey(), story.draws.person()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    story.say("take", story.ordinal("flight", 0), who=story.block("who", person))
    story.gold.append((story.flight_call(offers[0], person),))
    later = journey.departure + timedelta(days=story.rng.randint(1, 6))
    changed = story.draws.journey(origin=journey.origin, destination=journey.destination, on=later)
    story.say("flight.other_date", changed.slots, interrupts=True)
    offers = await story.search_flights(changed)
    at = story.pick(offers)
    said = story.move("again.take", "flight")
    story.say(said, story.ordinal("flight", at), interrupts=True)
    story.book_flight(offers[at], person)
    story.done()


@template("flight", "declined", "declined approval", _BOOKING)
async def declined(story: Story) -> None:
    """The approval is declined: nothing is booked."""
    story.decision = "decline"
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    at, person = story.pick(offers), story.draws.person()
    story.say("take", story.ordinal("flight", at), who=story.block("who", person))
    story.gold.append((story.flight_call(offers[at], person),))
    story.must_read("search_flights", **journey.arguments)
    story.closes = ("declined",)


async def _search_and_take(story: Story, move: str, *, first: bool = False, **wishes: Any) -> None:
    journey = story.draws.journey()
    story.say(move, journey.slots)
    await _take(story, await story.search_flights(journey, **wishes), 0 if first else None)


async def _take(story: Story, offers: Sequence[Json], at: int | None = None) -> None:
    """Somebody takes an offer by its place in the list, and it is booked."""
    at = story.pick(offers) if at is None else at
    person = story.draws.person()
    story.say("take", story.ordinal("flight", at), who=story.block("who", person))
    story.book_flight(offers[at], person)
    story.done()


async def _take_for_two(story: Story, offers: Sequence[Json]) -> None:
    at, party = story.pick(offers), (story.draws.person(), story.draws.person())
    said = story.block("pair", *party)
    story.say("take.pair", story.ordinal("flight", at), pair=said)
    story.book_flight(offers[at], *party)
    story.done()


def _price(offer: Json) -> float:
    return float(offer["total"]["amount"])


def _leaves(offer: Json) -> str:
    return offer["slices"][0]["segments"][0]["departing_at"][11:16]
