"""Test templates that cancel what was booked before, one of several bookings."""

from __future__ import annotations

from training.scenarios.story import Story
from training.scenarios.templates.registry import template

_FLIGHT, _HOTEL = "cancel flight", "cancel hotel"


@template("cancel-flight", "destination", _FLIGHT, weight=2)
async def flight_by_destination(story: Story) -> None:
    """Of two flights, the one to a city."""
    await _cancel_flight(story, of=2)


@template("cancel-flight", "of-three", _FLIGHT)
async def flight_of_three(story: Story) -> None:
    """Of three flights, the one to a city."""
    await _cancel_flight(story, of=3)


@template("cancel-flight", "reference", _FLIGHT)
async def flight_by_reference(story: Story) -> None:
    """Of two flights, the one with a booking reference."""
    await _cancel_flight(story, of=2, by_reference=True)


@template("cancel-flight", "declined", "declined approval", _FLIGHT)
async def flight_kept(story: Story) -> None:
    """The cancellation is asked for, and declined in the end: the flights stand."""
    story.decision = "decline"
    kept = await _ask_to_cancel_a_flight(story, of=2, by_reference=False)
    story.flights.insert(0, kept)
    story.must_read("quote_flight_cancellation", order_id=kept["order_id"])
    story.closes = ("declined",)


@template("cancel-hotel", "city", _HOTEL, weight=2)
async def hotel_by_city(story: Story) -> None:
    """Of two stays, the one in a city."""
    await _cancel_hotel(story, of=2)


@template("cancel-hotel", "of-three", _HOTEL)
async def hotel_of_three(story: Story) -> None:
    """Of three stays, the one in a city."""
    await _cancel_hotel(story, of=3)


@template("cancel-hotel", "reference", _HOTEL)
async def hotel_by_reference(story: Story) -> None:
    """Of two stays, the one with a booking reference."""
    await _cancel_hotel(story, of=2, by_reference=True)


async def _cancel_flight(story: Story, of: int, *, by_reference: bool = False) -> None:
    cancelled = await _ask_to_cancel_a_flight(story, of, by_reference=by_reference)
    story.cancelled_flights.append(cancelled)
    story.done()


async def _ask_to_cancel_a_flight(story: Story, of: int, *, by_reference: bool) -> dict[str, str]:
    """Everything up to the approval; what is to be cancelled, taken out of what stands."""
    journeys = await story.has_flights(of)
    orders = (await story.scene.rows("list_flight_orders", {}))[::-1]
    at = story.rng.randrange(of)
    if by_reference:
        story.say("cancel.reference", reference=orders[at]["booking_reference"])
    else:
        story.say("cancel.flight", journeys[at].slots)
    story.act("list_flight_orders")
    order = story.scene.placeholder("order", orders[at]["order_id"])
    story.act("quote_flight_cancellation", order_id=order)
    story.act("confirm_flight_cancellation", cancellation_id="$cancellation")
    del story.flights[at]
    return {"order_id": orders[at]["order_id"]}


async def _cancel_hotel(story: Story, of: int, *, by_reference: bool = False) -> None:
    stays = await story.has_hotels(of)
    bookings = (await story.scene.rows("list_hotel_bookings", {}))[::-1]
    at = story.rng.randrange(of)
    if by_reference:
        story.say("cancel.reference", reference=bookings[at]["booking_reference"])
    else:
        story.say("cancel.hotel", stays[at].slots)
    story.act("list_hotel_bookings")
    booking = story.scene.placeholder("booking", bookings[at]["booking_id"])
    story.act("quote_hotel_cancellation", booking_id=booking)
    story.act("confirm_hotel_cancellation", cancellation_id="$cancellation")
    del story.hotels[at]
    story.cancelled_hotels.append({"booking_id": bookings[at]["booking_id"]})
    story.done()
