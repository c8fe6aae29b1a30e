"""Cancelling: a quote of the refund first, then its confirmation. Only the newest quote counts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from tools.gazetteer import Gazetteer
from tools.mock.core.faults import Fault
from tools.mock.core.money import Money
from tools.mock.core.problems import Problem
from tools.mock.core.randomness import short_id
from tools.mock.core.sandboxes import World
from tools.mock.core.schemas import instant_text
from tools.mock.hotels import bookings
from tools.mock.hotels.rows import BookingRow, CancellationRow, TakenRow
from tools.mock.hotels.schemas import (
    Booking,
    Cancellation,
    CancellationConfirmation,
    CancellationState,
)

QUOTE_LIFE = timedelta(minutes=30)


async def quote(world: World, booking_id: str) -> Cancellation:
    """What cancelling would give back now: everything until `refundable_until`, then nothing."""
    row = await bookings.find(world, booking_id)
    booking = bookings.shown(row)
    _check_cancellable(world, row, booking)
    number = await _count(world, booking_id)
    quoted = CancellationRow(
        sandbox_id=world.sandbox_id,
        cancellation_id=short_id("hcn", world.seed, "cancellation", booking_id, number),
        booking_id=booking_id,
        number=number,
        refund=_refund(world, booking).model_dump(),
        expires_at=world.now + QUOTE_LIFE,
        confirmed_at=None,
    )
    world.session.add(quoted)
    await world.session.flush()
    return _shown(quoted)


async def show(world: World, cancellation_id: str) -> CancellationState:
    """A quote and what became of it."""
    row = await _find(world, cancellation_id)
    confirmation = _confirmation(row) if row.confirmed_at else None
    return CancellationState(**dict(_shown(row)), confirmation=confirmation)


async def confirm(world: World, cancellation_id: str) -> CancellationConfirmation:
    """Cancel the booking for the quoted refund. A second time changes nothing more."""
    row = await _find(world, cancellation_id)
    if row.confirmed_at is not None:
        return _confirmation(row)
    if world.fault is Fault.EXPIRED:
        row.expires_at = world.now
        # The refusal that follows must not roll this back.
        await world.session.commit()
    booking_row = await bookings.find(world, row.booking_id)
    _check_cancellable(world, booking_row, bookings.shown(booking_row))
    if row.number + 1 != await _count(world, row.booking_id):
        detail = "A newer quote of this booking took the place of this one; confirm that."
        raise Problem("not_cancellable", detail)
    if world.now >= row.expires_at:
        detail = f"The quote expired at {instant_text(row.expires_at)}. Quote again."
        raise Problem("offer_expired", detail)
    booking_row.status = "cancelled"
    row.confirmed_at = world.now
    taken = await world.session.get(
        TakenRow, {"sandbox_id": world.sandbox_id, "taken_by": row.booking_id}
    )
    if taken is not None:
        await world.session.delete(taken)
    return _confirmation(row)


def _check_cancellable(world: World, row: BookingRow, booking: Booking) -> None:
    if row.status == "cancelled":
        raise Problem("not_cancellable", "The booking is cancelled already.")
    city = Gazetteer.default().city(row.city_code)
    zone = ZoneInfo(city.time_zone if city else "UTC")
    if world.now.astimezone(zone).date() >= booking.check_in_date:
        raise Problem("not_cancellable", f"The stay began on {booking.check_in_date}.")


def _refund(world: World, booking: Booking) -> Money:
    until = booking.rate.refundable_until
    if until is not None and world.now <= until:
        return booking.total
    nothing = Decimal(booking.total.amount) * 0
    return Money(amount=str(nothing), currency=booking.total.currency)


async def _find(world: World, cancellation_id: str) -> CancellationRow:
    row = await world.session.get(
        CancellationRow, {"sandbox_id": world.sandbox_id, "cancellation_id": cancellation_id}
    )
    if row is None:
        raise Problem("not_found", f"There is no cancellation {cancellation_id}.")
    return row


async def _count(world: World, booking_id: str) -> int:
    rows = select(func.count()).where(
        CancellationRow.sandbox_id == world.sandbox_id, CancellationRow.booking_id == booking_id
    )
    return await world.session.scalar(rows) or 0


def _shown(row: CancellationRow) -> Cancellation:
    return Cancellation(
        cancellation_id=row.cancellation_id,
        booking_id=row.booking_id,
        refund=Money.model_validate(row.refund),
        expires_at=row.expires_at,
    )


def _confirmation(row: CancellationRow) -> CancellationConfirmation:
    if row.confirmed_at is None:
        raise ValueError("not confirmed yet")
    return CancellationConfirmation(
        cancellation_id=row.cancellation_id,
        booking_id=row.booking_id,
        status="cancelled",
        refund=Money.model_validate(row.refund),
        confirmed_at=row.confirmed_at,
    )
