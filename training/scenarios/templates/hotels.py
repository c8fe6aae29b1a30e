"""Test templates that book hotels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.scenarios.draws import Nights
from training.scenarios.scenario import Json
from training.scenarios.story import Story
from training.scenarios.templates.registry import template

_BOOKING = "hotel booking"
_QUALITY = "choice by quality"


@template("hotel", "position", _BOOKING, "choice by position")
async def by_position(story: Story) -> None:
    """One of the hotels, by its place in the list."""
    await _search_and_take(story, "hotel.ask")


@template("hotel", "name", _BOOKING)
async def by_name(story: Story) -> None:
    """One of the hotels, by its name."""
    nights = story.draws.nights()
    story.say("hotel.ask", nights.slots)
    hotels = await story.search_hotels(nights)
    hotel, person = hotels[story.pick(hotels)], story.draws.person()
    story.say("hotel.take_name", hotel=hotel["name"], guest=story.block("guest", person))
    story.book_hotel(hotel, nights, person)
    story.done()


@template("hotel", "cheapest", _BOOKING, "choice by price")
async def cheapest(story: Story) -> None:
    """The cheapest hotel, which comes first."""
    await _search_and_take(story, "hotel.cheapest", first=True, sort="price")


@template("hotel", "stars", _BOOKING, _QUALITY, "choice by position", weight=2)
async def by_stars(story: Story) -> None:
    """A hotel with stars enough."""
    stars = story.rng.choice((3, 4, 5))
    await _search_and_take(story, "hotel.stars", said={"stars": stars}, min_stars=stars)


@template("hotel", "rated", _BOOKING, _QUALITY, weight=2)
async def best_rated(story: Story) -> None:
    """The best rated hotel, which comes first."""
    await _search_and_take(story, "hotel.rated", first=True, sort="rating")


@template("hotel", "amenity", _BOOKING, _QUALITY, weight=2)
async def with_an_amenity(story: Story) -> None:
    """A hotel that has something."""
    known: dict[str, Sequence[str]] = story.wording.form("amenities")
    amenity = story.rng.choice(sorted(known))
    said = {"amenity": story.rng.choice(known[amenity])}
    await _search_and_take(story, "hotel.amenity", said=said, amenities=[amenity])


@template("hotel", "party", "several passengers", _BOOKING)
async def for_two(story: Story) -> None:
    """One room for two adults."""
    nights = story.draws.nights()
    story.say("hotel.party", nights.slots, story.adults(2))
    hotels = await story.search_hotels(nights, adults=2)
    at, party = story.pick(hotels), (story.draws.person(), story.draws.person())
    said = story.block("guests", *party)
    story.say("hotel.take_pair", story.ordinal("hotel", at), guests=said)
    story.book_hotel(hotels[at], nights, *party)
    story.hotels[-1] = {**story.hotels[-1], "adults": 2, "rooms": 1}
    story.done()


@template("hotel", "rooms", "several passengers", _BOOKING)
async def two_rooms(story: Story) -> None:
    """Two rooms for two adults."""
    nights = story.draws.nights()
    story.say("hotel.rooms", nights.slots, story.adults(2))
    hotels = await story.search_hotels(nights, adults=2, rooms=2)
    at, party = story.pick(hotels), (story.draws.person(), story.draws.person())
    said = story.block("guests", *party)
    story.say("hotel.take_pair", story.ordinal("hotel", at), guests=said)
    story.book_hotel(hotels[at], nights, *party)
    story.hotels[-1] = {**story.hotels[-1], "adults": 2, "rooms": 2}
    story.done()


@template("hotel", "missing-stay", "missing slots", _BOOKING)
async def missing_stay(story: Story) -> None:
    """Neither place nor dates are said; both are given when asked for."""
    nights = story.draws.nights()
    story.say("hotel.start")
    story.act("ask_user", about=["check_in_date", "check_out_date", "city_code"])
    story.say("hotel.place", nights.slots, supplies=["city_code"])
    story.say("hotel.dates", nights.slots, supplies=["check_in_date", "check_out_date"])
    await _take(story, nights, await story.search_hotels(nights))


@template("hotel", "other-dates", "correction", _BOOKING)
async def other_dates(story: Story) -> None:
    """The dates change after the search."""
    nights = story.draws.nights()
    story.say("hotel.ask", nights.slots)
    await story.search_hotels(nights)
    changed = story.draws.nights(city=nights.city)
    story.say("hotel.other_dates", changed.slots)
    await _take(story, changed, await story.search_hotels(changed))


@template("hotel", "other-city", "correction", _BOOKING)
async def other_city(story: Story) -> None:
    """The city changes after the search."""
    nights = story.draws.nights()
    story.say("hotel.ask", nights.slots)
    await story.search_hotels(nights)
    city = story.draws.city()
    changed = Nights(city, nights.check_in, nights.check_out)
    story.say("hotel.other_city", city=story.draws.place(city))
    await _take(story, changed, await story.search_hotels(changed))


@template("hotel", "other-hotel", "correction", _BOOKING, "choice by position")
async def other_hotel(story: Story) -> None:
    """Another hotel is wanted while the approval of the first waits."""
    nights = story.draws.nights()
    story.say("hotel.ask", nights.slots)
    hotels = await story.search_hotels(nights)
    at, person = story.pick(hotels, beyond=1), story.draws.person()
    story.say("hotel.take", story.ordinal("hotel", 0), guest=story.block("guest", person))
    story.gold.append((story.hotel_call(hotels[0], person),))
    story.say(story.move("rather", "hotel"), story.ordinal("hotel", at), interrupts=True)
    story.book_hotel(hotels[at], nights, person)
    story.done()


@template("hotel", "declined", "declined approval", _BOOKING)
async def declined(story: Story) -> None:
    """The approval is declined: nothing is booked."""
    story.decision = "decline"
    nights = story.draws.nights()
    story.say("hotel.ask", nights.slots)
    hotels = await story.search_hotels(nights)
    at, person = story.pick(hotels), story.draws.person()
    story.say("hotel.take", story.ordinal("hotel", at), guest=story.block("guest", person))
    story.gold.append((story.hotel_call(hotels[at], person),))
    story.must_read("search_hotels", **nights.arguments)
    story.closes = ("declined",)


async def _search_and_take(
    story: Story, move: str, *, said: Json | None = None, first: bool = False, **wishes: Any
) -> None:
    nights = story.draws.nights()
    story.say(move, nights.slots, said or {})
    hotels = await story.search_hotels(nights, **wishes)
    await _take(story, nights, hotels, 0 if first else None)


async def _take(
    story: Story, nights: Nights, hotels: Sequence[Json], at: int | None = None
) -> None:
    """Somebody takes a hotel by its place in the list, and it is booked."""
    at = story.pick(hotels) if at is None else at
    person = story.draws.person()
    story.say("hotel.take", story.ordinal("hotel", at), guest=story.block("guest", person))
    story.book_hotel(hotels[at], nights, person)
    story.done()
