"""Test templates of trips: a flight and a hotel."""

from __future__ import annotations

from datetime import timedelta

from training.scenarios.draws import Journey, Nights, Person
from training.scenarios.scenario import Json
from training.scenarios.story import Story, flight_goal, hotel_goal
from training.scenarios.templates.registry import SEVERAL, template

_TRIP = "trip"


@template("trip", "flight-then-hotel", _TRIP, SEVERAL, "choice by position", weight=2)
async def flight_then_hotel(story: Story) -> None:
    """A flight is booked, then a hotel where it goes."""
    person = story.draws.person()
    journey = _to_a_stay(story)
    await _fly(story, "flight.ask", journey, person)
    nights = story.draws.nights(city=journey.destination, start=journey.departure)
    await _stay(story, "trip.hotel", nights, person)


@template("trip", "hotel-then-flight", _TRIP, SEVERAL, weight=2)
async def hotel_then_flight(story: Story) -> None:
    """A hotel is booked, then the flight that goes there."""
    person, nights = story.draws.person(), story.draws.nights()
    await _stay(story, "hotel.ask", nights, person)
    journey = story.draws.journey(destination=nights.city, on=nights.check_in)
    await _fly(story, "trip.flight", journey, person)


@template("trip", "at-once", _TRIP, SEVERAL, weight=2)
async def at_once(story: Story) -> None:
    """Both are searched for in one act and booked under one approval."""
    journey = story.draws.there_and_back()
    assert journey.back is not None
    one_way = Journey(journey.origin, journey.destination, journey.departure)
    nights = Nights(journey.destination, journey.departure, journey.back)
    story.say("trip.both", journey.slots)
    offers, hotels = await story.search_both(one_way, nights)
    person = story.draws.person()
    story.say("trip.take", who=story.block("who", person))
    _book_both(story, offers[0], hotels[0], nights, person)


@template("trip", "flight-then-scope", _TRIP, SEVERAL, "out of scope")
async def flight_then_rental_car(story: Story) -> None:
    """After a flight something is wanted that nobody here can do."""
    await _fly(story, "flight.ask", story.draws.journey(), story.draws.person())
    story.say("scope.after")
    story.act("decline", reason="out_of_scope")
    story.closes = ("decline",)


@template("trip", "flight-then-cancelled", "cancel flight", SEVERAL, "choice by position")
async def flight_then_cancelled(story: Story) -> None:
    """A flight is booked, and cancelled in the same conversation."""
    await _fly(story, "flight.ask", story.draws.journey(), story.draws.person())
    story.say("cancel.that")
    story.act("quote_flight_cancellation", order_id="$order")
    story.act("confirm_flight_cancellation", cancellation_id="$cancellation")
    story.done()
    story.cancelled_flights, story.flights = story.flights, []


def _to_a_stay(story: Story) -> Journey:
    """A journey that arrives early enough in a month for a stay within it."""
    day = story.draws.day()
    if day.day > 22:
        day -= timedelta(days=10)
    return story.draws.journey(on=day)


async def _fly(story: Story, move: str, journey: Journey, person: Person) -> None:
    story.say(move, journey.slots)
    offers = await story.search_flights(journey)
    at = story.pick(offers)
    story.say("take", story.ordinal("flight", at), who=story.block("who", person))
    story.book_flight(offers[at], person)
    story.done()


async def _stay(story: Story, move: str, nights: Nights, person: Person) -> None:
    story.say(move, nights.slots)
    hotels = await story.search_hotels(nights)
    at = story.pick(hotels)
    story.say("hotel.take", story.ordinal("hotel", at), guest=story.block("guest", person))
    story.book_hotel(hotels[at], nights, person)
    story.done()


def _book_both(story: Story, offer: Json, hotel: Json, nights: Nights, person: Person) -> None:
    story.gold.append((story.flight_call(offer, person), story.hotel_call(hotel, person)))
    story.flights.append(flight_goal(offer, person))
    story.hotels.append(hotel_goal(hotel, nights, person))
    story.done()
