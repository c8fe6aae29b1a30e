"""``/orders``: book an offer, look orders up."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from sqlalchemy import JSON, func, select
from sqlalchemy.orm import Mapped, mapped_column

from tools.mock.core import cursors, randomness
from tools.mock.core.app import api_router
from tools.mock.core.database import Base, InSandbox
from tools.mock.core.faults import Fault
from tools.mock.core.money import money
from tools.mock.core.operations import operation
from tools.mock.core.pipeline import CurrentWorld
from tools.mock.core.problems import FieldError, Problem
from tools.mock.core.sandboxes import World
from tools.mock.flights import stock, wire
from tools.mock.flights.offers import meet_fault
from tools.mock.flights.schemas import BookFlight, Order, OrderId, Orders, PageMeta, Passenger
from tools.mock.flights.search import Priced

_ADULT_AGE, _CHILD_AGE = 12, 2

router = api_router("orders")


class OrderRow(InSandbox, Base):
    """An order. `document` is the `Order` as it is answered; `cents` is its price."""

    __tablename__ = "flight_order"

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    offer_id: Mapped[str]
    key: Mapped[str]
    cents: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


@router.post(
    "/orders",
    **operation(
        "book_flight",
        effect="write",
        summary="Book an offer",
        status=201,
        body=True,
        idempotency="required",
        faults=[Fault.PRICE_CHANGED, Fault.SOLD_OUT, Fault.EXPIRED],
        problems=["price_changed", "sold_out", "offer_expired"],
        approval={
            "entity_argument": "/offer_id",
            "refresh": "get_flight_offer",
            "total": "/total",
            "expires_at": "/expires_at",
            "terms": {
                "refundable": "/conditions/refundable",
                "change_fee": "/conditions/change_fee",
                "cancel_fee": "/conditions/cancel_fee",
            },
        },
        read_back={
            "operation": "list_flight_orders",
            "arguments": {"idempotency_key": "$idempotency_key"},
            "found": "/data/0",
        },
    ),
)
async def book_flight(body: BookFlight, world: CurrentWorld) -> Order:
    """Buy an offer at the price it was last shown at, for everybody it was searched for."""
    row = await stock.find_offer(world, body.offer_id)
    await meet_fault(world, row)
    offer = await stock.todays(world, row)
    _check_passengers(body, offer, world.now.date())
    _check_offer(row, offer, world)
    await stock.change_sales(world, offer, sold=offer.party.seats)
    return await _store(world, body, offer)


@router.get(
    "/orders",
    **operation("list_flight_orders", effect="read", summary="List the flight orders"),
)
async def list_flight_orders(
    world: CurrentWorld,
    limit: Annotated[
        int,
        Query(
            ge=1,
            le=100,
            description="Most orders in the answer.",
            json_schema_extra={"x-unit": "option", "x-source": ["user", "default"]},
        ),
    ] = 20,
    cursor: Annotated[
        Annotated[str, Field(pattern=cursors.PATTERN)] | None,
        Query(
            description="`meta.next_cursor` of the page before.",
            json_schema_extra={
                "x-kind": "entity",
                "x-entity": "flight_cursor",
                "x-source": ["result"],
            },
        ),
    ] = None,
    idempotency_key: Annotated[
        Annotated[str, Field(max_length=255)] | None,
        Query(
            description="Only the order that was made with this key.",
            json_schema_extra={"x-internal": True},
        ),
    ] = None,
) -> Orders:
    """List the flight orders of this account, the newest first."""
    statement = select(OrderRow).where(OrderRow.sandbox_id == world.sandbox_id)
    if idempotency_key is not None:
        statement = statement.where(OrderRow.key == idempotency_key)
    before = cursors.decode(cursor, "orders", idempotency_key)
    if before:
        statement = statement.where(OrderRow.number < before)
    newest_first = statement.order_by(OrderRow.number.desc()).limit(limit + 1)
    rows = list(await world.session.scalars(newest_first))
    more = len(rows) > limit
    following = cursors.encode(rows[limit - 1].number, "orders", idempotency_key) if more else None
    return Orders(
        data=[Order.model_validate(row.document) for row in rows[:limit]],
        meta=PageMeta(next_cursor=following),
    )


@router.get(
    "/orders/{order_id}",
    **operation("get_flight_order", effect="read", summary="Show a flight order"),
)
async def get_flight_order(order_id: OrderId, world: CurrentWorld) -> Order:
    """Show an order with its flights, passengers and state."""
    return Order.model_validate((await find_order(world, order_id)).document)


async def find_order(world: World, order_id: str) -> OrderRow:
    """The row of an order, or the `not_found` problem."""
    row = await world.session.get(OrderRow, {"sandbox_id": world.sandbox_id, "id": order_id})
    if row is None:
        raise Problem("not_found", f"There is no order {order_id!r}; see list_flight_orders.")
    return row


def _check_offer(row: stock.OfferRow, offer: Priced, world: World) -> None:
    if row.expires_at <= world.now:
        raise Problem("offer_expired", f"Offer {row.id} has expired; search again.")
    if offer.slices[0][0].departs <= world.now:
        raise Problem("offer_expired", f"The flight of offer {row.id} has left; search again.")
    if offer.seats_left < offer.party.seats:
        detail = f"{offer.seats_left} seats are left, {offer.party.seats} are needed; search again."
        raise Problem("sold_out", detail)
    if offer.cents != row.quoted_cents:
        old, new = (
            money(cents, offer.currency).amount for cents in (row.quoted_cents, offer.cents)
        )
        raise Problem(
            "price_changed",
            f"The price was {old} and is now {new} {offer.currency}; "
            "read the offer with get_flight_offer, then book at the new price.",
        )


def _check_passengers(body: BookFlight, offer: Priced, today: date) -> None:
    """One entry for everybody, and nobody too old for the fare that is paid for them."""
    party, travellers = offer.party, body.passengers
    errors = [
        FieldError(pointer=f"/passengers/{index}/born_on", message="choose a day in the past")
        for index, person in enumerate(travellers)
        if not date(1900, 1, 1) <= person.born_on <= today
    ]
    if len(travellers) != party.people:
        message = (
            f"the offer is for {party.people}: {party.adults} adults, "
            f"{party.children} children, {party.infants} infants; name everybody once"
        )
        errors.append(FieldError(pointer="/passengers", message=message))
    elif not errors:
        errors += _age_errors(body, offer)
    if errors:
        detail = "; ".join(f"{error['pointer']}: {error['message']}" for error in errors)
        raise Problem("validation_failed", detail, errors=errors)


def _age_errors(body: BookFlight, offer: Priced) -> list[FieldError]:
    last_day = offer.slices[-1][0].departs.date()
    ages = [_age(person.born_on, last_day) for person in body.passengers]
    limits = (
        (_ADULT_AGE, offer.party.adults, "adult"),
        (_CHILD_AGE, offer.party.seats, "seated passenger"),
    )
    for age, allowed, kind in limits:
        older = [index for index, years in enumerate(ages) if years >= age]
        if len(older) > allowed:
            message = f"is {age} or older when travelling, and the offer has {allowed} {kind}(s)"
            return [
                FieldError(pointer=f"/passengers/{index}/born_on", message=message)
                for index in older[allowed:]
            ]
    return []


def _age(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


async def _store(world: World, body: BookFlight, offer: Priced) -> Order:
    of_this = OrderRow.sandbox_id == world.sandbox_id
    count = await world.session.scalar(select(func.count()).select_from(OrderRow).where(of_this))
    number = (count or 0) + 1
    drawn = (world.seed, body.offer_id, number)
    order = Order(
        order_id=randomness.short_id("ord", *drawn),
        booking_reference=randomness.reference("reference", *drawn),
        status="confirmed",
        offer_id=body.offer_id,
        slices=wire.slices_of(offer),
        cabin_class=offer.cabin,
        passengers=[Passenger(**person.model_dump()) for person in body.passengers],
        contact_email=body.contact_email,
        conditions=wire.conditions_of(offer),
        baggage=wire.baggage_of(offer),
        total=money(offer.cents, offer.currency),
        created_at=world.now,
    )
    row = OrderRow(
        sandbox_id=world.sandbox_id,
        id=order.order_id,
        number=number,
        offer_id=body.offer_id,
        key=world.idempotency_key or "",
        cents=offer.cents,
        document=order.model_dump(mode="json"),
    )
    world.session.add(row)
    return order
