"""Booking a rate, and looking bookings up."""

from __future__ import annotations

from sqlalchemy import func, select

from tools.mock.core import cursors
from tools.mock.core.problems import Problem, invalid
from tools.mock.core.randomness import reference, short_id
from tools.mock.core.sandboxes import World
from tools.mock.core.schemas import instant_text
from tools.mock.hotels import rates
from tools.mock.hotels.pricing import Stay
from tools.mock.hotels.rates import Occupancy, QuotedRate
from tools.mock.hotels.rows import BookingRow, TakenRow
from tools.mock.hotels.schemas import (
    BookedGuest,
    BookedRate,
    Booking,
    Bookings,
    HotelMeta,
    NewBooking,
    Status,
)

PAGE = 20
MAX_BOOKINGS = 1000


async def book(world: World, wish: NewBooking) -> Booking:
    """Book a rate at the price that was last quoted, provided that it still is today's."""
    rate = await rates.find(world, wish.rate_id)
    _check_guests(wish, rate.stay)
    rate = await rates.suffer(world, rate)
    await _check_bookable(world, rate)
    number = await _count(world)
    if number >= MAX_BOOKINGS:
        raise Problem("quota_exceeded", "This sandbox holds too many bookings; create a new one.")
    booking = _booking(world, rate, wish, number)
    world.session.add_all([_row(world, booking, number), _taken(world, booking)])
    await world.session.flush()
    return booking


async def find(world: World, booking_id: str) -> BookingRow:
    """The row of a booking, else the `not_found` problem."""
    row = await world.session.get(
        BookingRow, {"sandbox_id": world.sandbox_id, "booking_id": booking_id}
    )
    if row is None:
        raise Problem("not_found", f"There is no booking {booking_id}.")
    return row


def shown(row: BookingRow) -> Booking:
    """A booking on the wire."""
    return Booking.model_validate({**row.document, "status": row.status})


async def list_all(
    world: World,
    *,
    status: Status | None,
    city_code: str | None,
    idempotency_key: str | None,
    limit: int | None,
    cursor: str | None,
) -> Bookings:
    """One page of this sandbox's bookings, newest first."""
    about = (world.seed, "bookings", status, city_code, idempotency_key)
    offset = cursors.decode(cursor, *about)
    wanted = select(BookingRow).where(BookingRow.sandbox_id == world.sandbox_id)
    for column, value in (
        (BookingRow.status, status),
        (BookingRow.city_code, city_code),
        (BookingRow.idempotency_key, idempotency_key),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    rows = (await world.session.scalars(wanted.order_by(BookingRow.number.desc()))).all()
    data, following = cursors.page(rows, offset, limit or PAGE, *about)
    return Bookings(data=[shown(row) for row in data], meta=HotelMeta(next_cursor=following))


def _check_guests(wish: NewBooking, stay: Stay) -> None:
    most = stay.adults + stay.children
    if not stay.adults <= len(wish.guests) <= most:
        people = f"{stay.adults}" if most == stay.adults else f"{stay.adults} to {most}"
        raise invalid("/guests", f"name {people}: every adult, and children if you like")


async def _check_bookable(world: World, rate: QuotedRate) -> None:
    if world.now >= rate.expires_at:
        detail = f"The rate expired at {instant_text(rate.expires_at)}. Search again."
        raise Problem("offer_expired", detail)
    occupancy = await Occupancy.load(world, rate.stay)
    left = occupancy.rooms_left(rate.hotel, rate.room, rate.stay.dates())
    if left < rate.stay.rooms:
        raise Problem("sold_out", f"{left} of these rooms are left. Choose another rate.")
    current, quoted = rate.current_price(world).total, rate.quoted_price(world.seed).total
    if current != quoted:
        detail = (
            f"The price was {quoted.amount} {quoted.currency} and is now {current.amount} "
            f"{current.currency}. Get the rate to see it, then book."
        )
        raise Problem("price_changed", detail)


async def _count(world: World) -> int:
    rows = select(func.count()).where(BookingRow.sandbox_id == world.sandbox_id)
    return await world.session.scalar(rows) or 0


def _booking(world: World, rate: QuotedRate, wish: NewBooking, number: int) -> Booking:
    price = rate.current_price(world)
    stay = rate.stay
    about = (world.seed, "booking", rate.rate_id, number)
    return Booking(
        booking_id=short_id("hbk", *about),
        booking_reference=reference(*about),
        status="confirmed",
        hotel=rates.hotel_ref(rate.hotel),
        rate=BookedRate(
            rate_id=rate.rate_id,
            room=rate.room.name,
            board=rate.plan.board,
            per_night=price.per_night,
            refundable_until=rate.refundable_until(world.now),
        ),
        check_in_date=stay.check_in,
        check_out_date=stay.check_out,
        rooms=stay.rooms,
        adults=stay.adults,
        children=stay.children,
        guests=[BookedGuest(**dict(guest)) for guest in wish.guests],
        contact_email=wish.contact_email,
        total=price.total,
        created_at=world.now,
    )


def _row(world: World, booking: Booking, number: int) -> BookingRow:
    return BookingRow(
        sandbox_id=world.sandbox_id,
        booking_id=booking.booking_id,
        number=number,
        status=booking.status,
        idempotency_key=world.idempotency_key or "",
        city_code=booking.hotel.city_code,
        document=booking.model_dump(mode="json"),
    )


def _taken(world: World, booking: Booking) -> TakenRow:
    return TakenRow(
        sandbox_id=world.sandbox_id,
        taken_by=booking.booking_id,
        city_code=booking.hotel.city_code,
        hotel_id=booking.hotel.hotel_id,
        room=booking.rate.room,
        check_in=booking.check_in_date,
        check_out=booking.check_out_date,
        rooms=booking.rooms,
    )
