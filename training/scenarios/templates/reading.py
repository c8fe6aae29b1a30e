"""Test templates that only look things up."""

from __future__ import annotations

from tools.gazetteer import Gazetteer
from training.scenarios.scenario import Call
from training.scenarios.story import Story
from training.scenarios.templates.registry import template

_READ = "read"
_SHOWN = ("present", "answer")


@template("flight-search", "plain", _READ)
async def flights(story: Story) -> None:
    """Which flights there are."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    story.must_read("search_flights", **journey.arguments)
    story.tells = [offers[0]["total"]["amount"]]
    story.closes = _SHOWN


@template("flight-search", "nonstop", _READ, "choice by time")
async def nonstop_flights(story: Story) -> None:
    """Only flights without a change of plane."""
    journey = story.draws.journey()
    while not await story.scene.rows("search_flights", {**journey.arguments, "max_stops": 0}):
        journey = story.draws.journey()
    story.say("flight.nonstop", journey.slots)
    await story.search_flights(journey, max_stops=0)
    story.must_read("search_flights", **journey.arguments, max_stops=0)
    story.closes = _SHOWN


@template("flight-search", "airline", _READ)
async def flights_of_an_airline(story: Story) -> None:
    """Only flights of one airline, one that flies there."""
    journey = story.draws.journey()
    offers = await story.scene.rows("search_flights", journey.arguments)
    code = offers[0]["slices"][0]["segments"][0]["carrier"]
    carrier = Gazetteer.default().carrier(code)
    assert carrier is not None
    story.say("flight.airline", journey.slots, airline=carrier.name)
    await story.search_flights(journey, airline=code)
    story.must_read("search_flights", **journey.arguments, airline=code)
    story.closes = _SHOWN


@template("flight-search", "budget", _READ, "choice by price")
async def flights_under_a_price(story: Story) -> None:
    """Only flights under a price that some of them keep to."""
    journey = story.draws.journey()
    offers = await story.scene.rows("search_flights", journey.arguments)
    amount = _rounded(offers[min(2, len(offers) - 1)]["total"]["amount"])
    story.say("flight.budget", journey.slots, amount=amount)
    await story.search_flights(journey, max_price=amount)
    story.must_read("search_flights", **journey.arguments, max_price=amount)
    story.closes = _SHOWN


@template("hotel-search", "plain", _READ)
async def hotels(story: Story) -> None:
    """Which hotels there are."""
    nights = story.draws.nights()
    story.say("hotel.ask", nights.slots)
    found = await story.search_hotels(nights)
    story.must_read("search_hotels", **nights.arguments)
    story.tells = [found[0]["name"]]
    story.closes = _SHOWN


@template("hotel-search", "budget", _READ, "choice by price")
async def hotels_under_a_price(story: Story) -> None:
    """Only rooms under a price for a night."""
    nights = story.draws.nights()
    found = await story.scene.rows("search_hotels", nights.arguments)
    amount = _rounded(found[min(3, len(found) - 1)]["rates"][0]["per_night"]["amount"])
    story.say("hotel.budget", nights.slots, amount=amount)
    await story.search_hotels(nights, max_price_per_night=amount)
    story.must_read("search_hotels", **nights.arguments, max_price_per_night=amount)
    story.closes = _SHOWN


@template("places", "airports", _READ)
async def airports(story: Story) -> None:
    """Which airports a city has."""
    cities = [city for city in Gazetteer.default().cities() if len(city.airports) > 1]
    city = story.draws.place(story.rng.choice(cities).code)
    story.say("read.places", city=city)
    name = story.typed(city.name)
    found = await story.scene.rows("find_places", {"query": name})
    story.act("find_places", query=name)
    story.show()
    # Any query will do that finds these airports.
    story.must_read("find_places")
    story.tells = [row["iata_code"] for row in found if row["type"] == "airport"][:2]
    story.closes = _SHOWN


@template("orders", "list", _READ)
async def flight_orders(story: Story) -> None:
    """What was booked: two flights."""
    await story.has_flights(2)
    story.say("read.orders")
    orders = await story.scene.rows("list_flight_orders", {})
    story.act("list_flight_orders")
    story.show()
    story.must_read("list_flight_orders")
    story.tells = [order["booking_reference"] for order in orders]
    story.closes = _SHOWN


@template("bookings", "list", _READ)
async def hotel_bookings(story: Story) -> None:
    """What was booked: two hotels."""
    await story.has_hotels(2)
    story.say("read.bookings")
    bookings = await story.scene.rows("list_hotel_bookings", {})
    story.act("list_hotel_bookings")
    story.show()
    story.must_read("list_hotel_bookings")
    story.tells = [booking["booking_reference"] for booking in bookings]
    story.closes = _SHOWN


@template("hotel-details", "position", _READ, "choice by position")
async def hotel_by_position(story: Story) -> None:
    """More about one of the hotels in a list."""
    nights = story.draws.nights()
    story.say("hotel.ask", nights.slots)
    found = await story.search_hotels(nights)
    at = story.pick(found)
    story.say("hotel.look", story.ordinal("hotel", at))
    await story.look_at(found[at])
    story.closes = _SHOWN


@template("hotel-details", "name", _READ)
async def hotel_by_name(story: Story) -> None:
    """More about a hotel that is named."""
    nights = story.draws.nights()
    story.say("hotel.ask", nights.slots)
    found = await story.search_hotels(nights)
    hotel = found[story.pick(found)]
    story.say("hotel.look_name", hotel=hotel["name"])
    await story.look_at(hotel)
    story.closes = _SHOWN


@template("offer-price", "position", _READ, "choice by position")
async def price_of_an_offer(story: Story) -> None:
    """What one of the offers costs now."""
    journey = story.draws.journey()
    story.say("flight.ask", journey.slots)
    offers = await story.search_flights(journey)
    at = story.pick(offers, beyond=1)
    story.say("read.price", story.ordinal("flight", at))
    offer = story.scene.placeholder("offer", offers[at]["offer_id"])
    story.act("get_flight_offer", offer_id=offer)
    story.act("answer", about=offer)
    story.reads.append(Call("get_flight_offer", {"offer_id": offer}))
    story.tells = [offers[at]["total"]["amount"]]
    story.closes = _SHOWN


def _rounded(amount: str) -> int:
    """The next number of tens above an amount."""
    return int(float(amount) // 10 + 1) * 10
