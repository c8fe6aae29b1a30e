"""Cancelling an order: a quote of the refund, then its confirmation."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, func, select
from sqlalchemy.orm import Mapped, mapped_column

from tools.mock.core import randomness
from tools.mock.core.app import api_router
from tools.mock.core.database import Base, InSandbox
from tools.mock.core.faults import Fault
from tools.mock.core.money import Money
from tools.mock.core.operations import operation
from tools.mock.core.pipeline import CurrentWorld
from tools.mock.core.problems import Problem
from tools.mock.core.sandboxes import World
from tools.mock.flights import stock
from tools.mock.flights.orders import OrderRow, find_order
from tools.mock.flights.schemas import (
    Cancellation,
    CancellationId,
    CancellationState,
    Confirmation,
    Order,
    OrderId,
)

QUOTE_LIFETIME = timedelta(minutes=30)

router = api_router("cancellations")


class CancellationRow(InSandbox, Base):
    """A quote; `number` counts the quotes of its order, `confirmation` is null until confirmed."""

    __tablename__ = "flight_cancellation"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(index=True)
    number: Mapped[int]
    expires_at: Mapped[datetime]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    confirmation: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


@router.post(
    "/orders/{order_id}/cancellations",
    **operation(
        "quote_flight_cancellation",
        effect="read",
        summary="Quote the refund of an order",
        status=201,
        problems=["not_cancellable"],
    ),
)
async def quote_flight_cancellation(order_id: OrderId, world: CurrentWorld) -> Cancellation:
    """Say what cancelling an order would pay back. Nothing is cancelled until it is confirmed.

    A new quote takes the place of the one before.
    """
    row = await find_order(world, order_id)
    order = Order.model_validate(row.document)
    _check_cancellable(order, world)
    number = await _quotes_of(world, order_id) + 1
    quote = Cancellation(
        cancellation_id=randomness.short_id("cxl", world.seed, order_id, number),
        order_id=order_id,
        refund=_refund(order),
        expires_at=world.now + QUOTE_LIFETIME,
    )
    world.session.add(
        CancellationRow(
            sandbox_id=world.sandbox_id,
            id=quote.cancellation_id,
            order_id=order_id,
            number=number,
            expires_at=quote.expires_at,
            document=quote.model_dump(mode="json"),
            confirmation=None,
        )
    )
    return quote


@router.get(
    "/cancellations/{cancellation_id}",
    **operation(
        "get_flight_cancellation",
        effect="read",
        summary="Show a cancellation and its state",
        internal=True,
    ),
)
async def get_flight_cancellation(
    cancellation_id: CancellationId, world: CurrentWorld
) -> CancellationState:
    """Show a cancellation quote, and its confirmation if there was one."""
    row = await _find(world, cancellation_id)
    return CancellationState.model_validate({**row.document, "confirmation": row.confirmation})


@router.post(
    "/cancellations/{cancellation_id}/confirm",
    **operation(
        "confirm_flight_cancellation",
        effect="write",
        summary="Cancel an order for the quoted refund",
        idempotency="optional",
        faults=[Fault.EXPIRED],
        problems=["not_cancellable", "offer_expired"],
        approval={
            "entity_argument": "/cancellation_id",
            "refresh": None,
            "total": "/refund",
            "expires_at": "/expires_at",
            "terms": {},
        },
        read_back={
            "operation": "get_flight_cancellation",
            "arguments": {"cancellation_id": "/cancellation_id"},
            "found": "/confirmation",
        },
    ),
)
async def confirm_flight_cancellation(
    cancellation_id: CancellationId, world: CurrentWorld
) -> Confirmation:
    """Cancel the order; the newest quote only can be confirmed. Doing it twice changes nothing."""
    row = await _find(world, cancellation_id)
    if row.confirmation is not None:
        return Confirmation.model_validate(row.confirmation)
    if world.fault is Fault.EXPIRED:
        row.expires_at = world.now
        await world.session.commit()
    order_row = await find_order(world, row.order_id)
    order = Order.model_validate(order_row.document)
    _check_cancellable(order, world)
    if row.number != await _quotes_of(world, row.order_id):
        detail = "A newer quote of this order took the place of this one; confirm that."
        raise Problem("not_cancellable", detail)
    if row.expires_at <= world.now:
        raise Problem("offer_expired", "The quote has expired; ask for a new one.")
    return await _cancel(world, row, order_row, order)


async def _cancel(
    world: World, row: CancellationRow, order_row: OrderRow, order: Order
) -> Confirmation:
    quote = Cancellation.model_validate(row.document)
    confirmation = Confirmation(
        cancellation_id=row.id,
        order_id=row.order_id,
        status="cancelled",
        refund=quote.refund,
        confirmed_at=world.now,
    )
    row.confirmation = confirmation.model_dump(mode="json")
    cancelled = order.model_copy(update={"status": "cancelled"})
    order_row.document = cancelled.model_dump(mode="json")
    offer = await stock.todays(world, await stock.find_offer(world, order_row.offer_id))
    await stock.change_sales(world, offer, sold=-offer.party.seats)
    return confirmation


async def _find(world: World, cancellation_id: str) -> CancellationRow:
    row = await world.session.get(
        CancellationRow, {"sandbox_id": world.sandbox_id, "id": cancellation_id}
    )
    if row is None:
        raise Problem("not_found", f"There is no cancellation {cancellation_id!r}; quote one.")
    return row


async def _quotes_of(world: World, order_id: str) -> int:
    of_order = (
        CancellationRow.sandbox_id == world.sandbox_id,
        CancellationRow.order_id == order_id,
    )
    statement = select(func.count()).select_from(CancellationRow).where(*of_order)
    return await world.session.scalar(statement) or 0


def _check_cancellable(order: Order, world: World) -> None:
    if order.status == "cancelled":
        raise Problem("not_cancellable", f"Order {order.order_id} is cancelled already.")
    departs = datetime.fromisoformat(order.slices[0].segments[0].departing_at)
    if departs <= world.now:
        raise Problem("not_cancellable", f"The first flight of {order.order_id} has left.")


def _refund(order: Order) -> Money:
    fee = order.conditions.cancel_fee
    paid = Decimal(order.total.amount)
    kept = paid if fee is None else Decimal(fee.amount)
    return Money(amount=str(paid - kept), currency=order.total.currency)
