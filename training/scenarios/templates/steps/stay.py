"""Steps that ask for hotels: the first wish, what it is changed to, and questions about one."""

from __future__ import annotations

from typing import Any

from training.scenarios.draws import Nights
from training.scenarios.scenario import Call
from training.scenarios.templates.steps.plot import Plot, step

_QUALITY = "choice by quality"


async def search(plot: Plot, **wishes: Any) -> None:
    """Search for the nights of a plot under these wishes and those that it had; show it."""
    plot.wishes = {**plot.wishes, **wishes}
    wished = {**plot.wishes, **plot.party}
    plot.hotels = await plot.story.search_hotels(plot.nights, **wished)
    plot.searches.append(Call("search_hotels", {**plot.nights.arguments, **wished}))
    if not plot.hotels:
        raise LookupError("no hotel is like that")


async def _ask(plot: Plot, move: str, said: dict[str, Any] | None = None, **wishes: Any) -> None:
    plot.nights = plot.story.draws.nights()
    plot.story.say(move, plot.nights.slots, said or {})
    await search(plot, **wishes)


@step("stay-ask")
async def plainly(plot: Plot) -> None:
    """Where and when."""
    await _ask(plot, "hotel.ask")


@step("stay-stars", _QUALITY)
async def with_stars(plot: Plot) -> None:
    """With so many stars at least."""
    stars = plot.story.rng.choice((3, 4, 5))
    await _ask(plot, "hotel.stars", {"stars": stars}, min_stars=stars)


@step("stay-rated", _QUALITY)
async def best_rated(plot: Plot) -> None:
    """By rating."""
    await _ask(plot, "hotel.rated", sort="rating")


@step("stay-amenity", _QUALITY)
async def with_an_amenity(plot: Plot) -> None:
    """With something."""
    amenity, said = an_amenity(plot)
    await _ask(plot, "hotel.amenity", {"amenity": said}, amenities=[amenity])


@step("stay-stars-amenity", _QUALITY)
async def with_stars_and_an_amenity(plot: Plot) -> None:
    """With stars and something else."""
    (amenity, said), stars = an_amenity(plot), plot.story.rng.choice((3, 4))
    slots = {"amenity": said, "stars": stars}
    await _ask(plot, "hotel.stars_amenity", slots, min_stars=stars, amenities=[amenity])


@step("stay-cheapest", "choice by price")
async def cheapest(plot: Plot) -> None:
    """By price."""
    await _ask(plot, "hotel.cheapest", sort="price")


@step("stay-budget", "choice by price")
async def under_a_price(plot: Plot) -> None:
    """Under a price for a night that some keep to."""
    plot.nights = plot.story.draws.nights()
    found = await plot.story.scene.rows("search_hotels", plot.nights.arguments)
    prices = sorted(float(hotel["rates"][0]["per_night"]["amount"]) for hotel in found)
    amount = int(prices[min(3, len(prices) - 1)] // 10 + 1) * 10
    plot.story.say("hotel.budget", plot.nights.slots, amount=amount)
    await search(plot, max_price_per_night=amount)


@step("stay-party", "several passengers")
async def for_several(plot: Plot) -> None:
    """One room for two or three."""
    plot.adults = plot.story.rng.choice((2, 2, 3))
    await _ask(plot, "hotel.party", plot.story.adults(plot.adults))


@step("stay-rooms", "several passengers")
async def two_rooms(plot: Plot) -> None:
    """Two rooms."""
    plot.adults = plot.story.rng.choice((2, 3, 4))
    await _ask(plot, "hotel.rooms", plot.story.adults(plot.adults), rooms=2)


async def _ask_in_parts(plot: Plot, move: str, about: list[str], answers: dict[str, Any]) -> None:
    plot.nights = plot.story.draws.nights()
    plot.story.say(move, plot.nights.slots)
    plot.story.act("ask_user", about=about)
    for answer, supplies in answers.items():
        plot.story.say(answer, plot.nights.slots, supplies=supplies)
    await search(plot)


_DATES = ["check_in_date", "check_out_date"]


@step("stay-blank", "missing slots")
async def nothing_said(plot: Plot) -> None:
    """That it is a hotel, and nothing else."""
    answers = {"hotel.place": ["city_code"], "hotel.dates": _DATES}
    await _ask_in_parts(plot, "hotel.start", [*_DATES, "city_code"], answers)


@step("stay-where", "missing slots")
async def city_only(plot: Plot) -> None:
    """Where, but not when."""
    await _ask_in_parts(plot, "hotel.where", _DATES, {"hotel.dates": _DATES})


@step("stay-when", "missing slots")
async def dates_only(plot: Plot) -> None:
    """When, but not where."""
    await _ask_in_parts(plot, "hotel.when", ["city_code"], {"hotel.place": ["city_code"]})


@step("stay-other-dates", "correction")
async def other_dates(plot: Plot) -> None:
    """Other dates."""
    plot.nights = plot.story.draws.nights(city=plot.nights.city)
    plot.story.say("hotel.other_dates", plot.nights.slots)
    await search(plot)


@step("stay-other-city", "correction")
async def other_city(plot: Plot) -> None:
    """Another city."""
    city = plot.story.draws.city()
    plot.nights = Nights(city, plot.nights.check_in, plot.nights.check_out)
    plot.story.say("hotel.other_city", city=plot.story.draws.place(city))
    await search(plot)


@step("stay-then-stars", "correction", _QUALITY)
async def then_stars(plot: Plot) -> None:
    """With stars after all."""
    stars = plot.story.rng.choice((3, 4, 5))
    plot.story.say("hotel.then_stars", stars=stars)
    await search(plot, min_stars=stars)


@step("stay-then-amenity", "correction", _QUALITY)
async def then_amenity(plot: Plot) -> None:
    """With something after all."""
    amenity, said = an_amenity(plot)
    plot.story.say("hotel.then_amenity", amenity=said)
    await search(plot, amenities=[amenity])


@step("stay-then-cheapest", "correction", "choice by price")
async def then_cheapest(plot: Plot) -> None:
    """By price after all."""
    plot.story.say("hotel.then_cheapest")
    await search(plot, sort="price")


@step("stay-look", "read", "choice by position")
async def look(plot: Plot) -> None:
    """More about one of the hotels."""
    at = plot.story.pick(plot.hotels)
    plot.story.say("hotel.look", plot.story.ordinal("hotel", at))
    await plot.story.look_at(plot.hotels[at])


@step("stay-look-name", "read")
async def look_by_name(plot: Plot) -> None:
    """More about a hotel that is named."""
    hotel = plot.hotels[plot.story.pick(plot.hotels)]
    plot.story.say("hotel.look_name", hotel=hotel["name"])
    await plot.story.look_at(hotel)


@step("stay-doubt", "false claim", "choice by position")
async def doubt_the_city(plot: Plot) -> None:
    """A hotel is looked at and said to be in some city: half of the time in the right one."""
    at = plot.story.pick(plot.hotels)
    ordinal = plot.story.ordinal("hotel", at)
    plot.story.say("hotel.look", ordinal)
    await plot.story.look_at(plot.hotels[at])
    places = {
        "right": plot.story.draws.place(plot.nights.city),
        "wrong": plot.story.draws.place(plot.story.draws.city()),
    }
    move = plot.story.rng.choice(("claim.city", "claim.city_right"))
    plot.story.say(move, ordinal, places)
    hotel = plot.story.scene.placeholder("hotel", plot.hotels[at]["hotel_id"])
    plot.story.act("answer", about=hotel)
    plot.story.tells = [plot.hotels[at]["name"]]


@step("stay-rate", "read", "choice by position")
async def price_of_a_room(plot: Plot) -> None:
    """What one of the rooms costs now."""
    at = plot.story.pick(plot.hotels, beyond=1)
    plot.story.say("hotel.rate", plot.story.ordinal("hotel", at))
    rate = plot.hotels[at]["rates"][0]["rate_id"]
    about = plot.story.scene.placeholder("rate", rate)
    plot.story.act("get_hotel_rate", rate_id=about)
    plot.story.act("answer", about=about)
    plot.story.must_read("get_hotel_rate", rate_id=rate)
    await plot.story.scene.call("get_hotel_rate", {"rate_id": rate})


def an_amenity(plot: Plot) -> tuple[str, str]:
    """Something that a hotel can have, and what it is called."""
    known = plot.story.wording.form("amenities")
    amenity = plot.story.rng.choice(sorted(known))
    return amenity, plot.story.rng.choice(known[amenity])
