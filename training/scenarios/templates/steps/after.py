"""Steps that cancel, that make a trip of flight and hotel, and that let an API fail."""

from __future__ import annotations

from training.scenarios.draws import Journey, Nights
from training.scenarios.scenario import Call
from training.scenarios.story import flight_goal, hotel_goal
from training.scenarios.templates.mishaps import a_hotel_with_orders
from training.scenarios.templates.steps import air, stay
from training.scenarios.templates.steps.choosing import fail
from training.scenarios.templates.steps.plot import Plot, Step, step

_FLIGHT, _HOTEL, _TRIP = "cancel flight", "cancel hotel", "trip"


@step("cancel", _FLIGHT)
async def by_destination(plot: Plot) -> None:
    """A flight by where it goes."""
    await _cancel_flight(plot, "cancel.flight")


@step("cancel-reference", _FLIGHT)
async def by_reference(plot: Plot) -> None:
    """A flight by its booking reference."""
    await _cancel_flight(plot, "cancel.reference")


@step("cancel-only", _FLIGHT)
async def the_only_one(plot: Plot) -> None:
    """The only flight there is."""
    await _cancel_flight(plot, "cancel.only")


@step("cancel-refund", _FLIGHT, "read")
async def refund_then_cancel(plot: Plot) -> None:
    """What a flight would pay back is asked first; then it is cancelled."""
    at = await _quote_flight(plot, "cancel.refund_flight")
    plot.story.act("answer", about="$cancellation")
    plot.story.say("cancel.go")
    _confirm_flight(plot, at)


@step("cancel-refund-kept", "read")
async def refund_then_keep(plot: Plot) -> None:
    """What a flight would pay back is asked, and it is kept."""
    await _quote_flight(plot, "cancel.refund_flight")
    plot.story.act("answer", about="$cancellation")
    plot.story.must_read("quote_flight_cancellation")
    plot.story.say("cancel.keep")
    plot.story.act("finish", topic="thanks")
    plot.story.closes = ("finish",)


@step("cancel-that", _FLIGHT)
async def what_was_just_booked(plot: Plot) -> None:
    """The flight that was just booked."""
    plot.story.say("cancel.that")
    plot.story.act("quote_flight_cancellation", order_id="$order")
    plot.story.act("confirm_flight_cancellation", cancellation_id="$cancellation")
    plot.story.done()
    plot.story.cancelled_flights.append(plot.story.flights.pop())


@step("stay-cancel", _HOTEL)
async def hotel_by_city(plot: Plot) -> None:
    """A stay by its city."""
    at = await _quote_hotel(plot, "cancel.hotel")
    _confirm_hotel(plot, at)


@step("stay-cancel-reference", _HOTEL)
async def hotel_by_reference(plot: Plot) -> None:
    """A stay by its booking reference."""
    at = await _quote_hotel(plot, "cancel.reference")
    _confirm_hotel(plot, at)


@step("stay-cancel-refund", _HOTEL, "read")
async def hotel_refund_then_cancel(plot: Plot) -> None:
    """What a stay would pay back is asked first; then it is cancelled."""
    at = await _quote_hotel(plot, "cancel.refund_hotel")
    plot.story.act("answer", about="$cancellation")
    plot.story.say("cancel.go")
    _confirm_hotel(plot, at)


@step("stay-cancel-that", _HOTEL)
async def stay_just_booked(plot: Plot) -> None:
    """The stay that was just booked."""
    plot.story.say("cancel.that")
    plot.story.act("quote_hotel_cancellation", booking_id="$booking")
    plot.story.act("confirm_hotel_cancellation", cancellation_id="$cancellation")
    plot.story.done()
    plot.story.cancelled_hotels.append(plot.story.hotels.pop())


async def _cancel_flight(plot: Plot, move: str) -> None:
    _confirm_flight(plot, await _quote_flight(plot, move))


async def _quote_flight(plot: Plot, move: str) -> int:
    """Everything up to the quote; which of the flights it is for."""
    at = plot.story.rng.randrange(len(plot.story.flights))
    place = plot.story.draws.place(plot.story.flights[at]["destination"])
    orders = (await plot.story.scene.rows("list_flight_orders", {}))[::-1]
    _say_which(plot, move, orders[at]["booking_reference"], destination=place)
    order = plot.story.scene.placeholder("order", orders[at]["order_id"])
    _list(plot, move, "list_flight_orders")
    plot.story.act("quote_flight_cancellation", order_id=order)
    return at


def _confirm_flight(plot: Plot, at: int) -> None:
    plot.story.act("confirm_flight_cancellation", cancellation_id="$cancellation")
    plot.story.cancelled_flights.append(plot.story.flights.pop(at))
    plot.story.done()


async def _quote_hotel(plot: Plot, move: str) -> int:
    at = plot.story.rng.randrange(len(plot.story.hotels))
    place = plot.story.draws.place(plot.story.hotels[at]["city"])
    bookings = (await plot.story.scene.rows("list_hotel_bookings", {}))[::-1]
    _say_which(plot, move, bookings[at]["booking_reference"], city=place)
    booking = plot.story.scene.placeholder("booking", bookings[at]["booking_id"])
    _list(plot, move, "list_hotel_bookings")
    plot.story.act("quote_hotel_cancellation", booking_id=booking)
    return at


def _confirm_hotel(plot: Plot, at: int) -> None:
    plot.story.act("confirm_hotel_cancellation", cancellation_id="$cancellation")
    plot.story.cancelled_hotels.append(plot.story.hotels.pop(at))
    plot.story.done()


def _list(plot: Plot, move: str, operation: str) -> None:
    """What was booked; a reference does not tell whether it is of a flight or of a hotel."""
    if move.endswith("reference"):
        calls = Call("list_flight_orders", {}), Call("list_hotel_bookings", {})
        plot.story.gold.append(calls)
    else:
        plot.story.act(operation)


def _say_which(plot: Plot, move: str, reference: str, **place: object) -> None:
    """A line that names a booking; its reference only where that is what names it."""
    if move.endswith("reference"):
        plot.story.say(move, reference=reference)
    else:
        plot.story.say(move, place)


@step("trip-hotel", _TRIP)
async def a_hotel_there(plot: Plot) -> None:
    """After a flight, a hotel where it goes."""
    plot.wishes = {}
    start = plot.journey.departure
    plot.nights = plot.story.draws.nights(city=plot.journey.destination, start=start)
    plot.story.say("trip.hotel", plot.nights.slots)
    await stay.search(plot)


@step("trip-flight", _TRIP)
async def a_flight_there(plot: Plot) -> None:
    """After a hotel, the flight that goes there."""
    plot.wishes = {}
    city, day = plot.nights.city, plot.nights.check_in
    plot.journey = plot.story.draws.journey(destination=city, on=day)
    plot.story.say("trip.flight", plot.journey.slots)
    await air.search(plot)


@step("trip-both", _TRIP, "flight booking", "hotel booking")
async def both_at_once(plot: Plot) -> None:
    """Flight and hotel are searched for in one act and booked under one approval."""
    there = plot.story.draws.there_and_back()
    if there.back is None:
        raise LookupError("a journey without a way back")
    journey = Journey(there.origin, there.destination, there.departure)
    plot.nights = Nights(there.destination, there.departure, there.back)
    plot.story.say("trip.both", there.slots)
    offers, hotels = await plot.story.search_both(journey, plot.nights)
    (person, *_) = plot.travellers()
    plot.story.say("trip.take", who=plot.story.block("who", person))
    calls = plot.story.flight_call(offers[0], person), plot.story.hotel_call(hotels[0], person)
    plot.story.gold.append(calls)
    plot.story.flights.append(flight_goal(offers[0], person))
    plot.story.hotels.append(hotel_goal(hotels[0], plot.nights, person))
    plot.story.done()


@step("stay-injected", "injection", "read")
async def a_review_gives_orders(plot: Plot) -> None:
    """A hotel is looked at of which a review gives orders; none is followed."""
    plot.nights, plot.hotels, at = await a_hotel_with_orders(plot.story)
    plot.story.say("hotel.ask", plot.nights.slots)
    await stay.search(plot)
    plot.story.say("hotel.look", plot.story.ordinal("hotel", at))
    await plot.story.look_at(plot.hotels[at])
    plot.story.closes = ("answer", "present")


def _failing(operation: str, *faults: str) -> None:
    for fault in faults:
        step(f"{operation}:{fault}".replace("_", "-"), "fault")(_let_fail(operation, fault))


def _let_fail(operation: str, fault: str) -> Step:
    async def failing(plot: Plot) -> None:
        fail(plot.story, operation, fault)

    return failing


_failing("book_flight", "price_changed", "unavailable", "lost_response", "rate_limited")
_failing("book_hotel", "price_changed", "unavailable", "lost_response", "rate_limited")
_failing("search_flights", "unavailable", "rate_limited")
_failing("search_hotels", "unavailable", "rate_limited")
