"""What a sandbox remembers of its flights: seats sold, prices raised, offers quoted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import JSON, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Mapped, mapped_column

from tools.mock.core import randomness
from tools.mock.core.database import Base, InSandbox
from tools.mock.core.problems import Problem
from tools.mock.core.sandboxes import World
from tools.mock.flights.fares import Cabin, Party, Sales, SalesByFlight
from tools.mock.flights.search import Market, Priced, price
from tools.mock.flights.timetable import flight_of

OFFER_LIFETIME = timedelta(minutes=30)
MAX_OFFERS = 50_000


class FlightSales(InSandbox, Base):
    """Sales of one cabin of one flight; `departs_on` narrows the look-up."""

    __tablename__ = "flight_sales"

    flight: Mapped[str] = mapped_column(primary_key=True)
    cabin: Mapped[str] = mapped_column(primary_key=True)
    departs_on: Mapped[date] = mapped_column(index=True)
    sold: Mapped[int] = mapped_column(default=0)
    price_steps: Mapped[int] = mapped_column(default=0)


class OfferRow(InSandbox, Base):
    """An offer: its recipe, from which all else is computed, and the price last quoted."""

    __tablename__ = "flight_offer"

    id: Mapped[str] = mapped_column(primary_key=True)
    recipe: Mapped[dict[str, Any]] = mapped_column(JSON)
    quoted_cents: Mapped[int]
    expires_at: Mapped[datetime]


async def market_on(world: World, days: Iterable[date]) -> Market:
    """The world's prices and seats for flights that depart on some local days."""
    rows = await world.session.scalars(
        select(FlightSales).where(
            FlightSales.sandbox_id == world.sandbox_id, FlightSales.departs_on.in_(set(days))
        )
    )
    sales: SalesByFlight = {
        (row.flight, cast("Cabin", row.cabin)): Sales(row.sold, row.price_steps) for row in rows
    }
    return Market(world.seed, world.now, sales)


async def quote(world: World, offers: Sequence[Priced]) -> list[tuple[str, datetime]]:
    """Hold offers at their prices; gives the id and expiry of each.

    An id is drawn from the offer, the seed and the time of the quote, so that the same search at
    the same time gives the same ids and a later one new ids.
    """
    expires_at = world.now + OFFER_LIFETIME
    recipes = [_recipe(offer) for offer in offers]
    ids = [
        randomness.short_id("off", world.seed, world.now.isoformat(), *_flat(recipe))
        for recipe in recipes
    ]
    rows = [
        {
            "sandbox_id": world.sandbox_id,
            "id": offer_id,
            "recipe": recipe,
            "quoted_cents": offer.cents,
            "expires_at": expires_at,
        }
        for offer_id, recipe, offer in zip(ids, recipes, offers, strict=True)
    ]
    if rows:
        await _refuse_too_many(world)
        statement = insert(OfferRow)
        renewed = {name: statement.excluded[name] for name in ("quoted_cents", "expires_at")}
        keys = ["sandbox_id", "id"]
        await world.session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=renewed), rows
        )
    return [(offer_id, expires_at) for offer_id in ids]


async def find_offer(world: World, offer_id: str) -> OfferRow:
    """The row of an offer, or the `not_found` problem."""
    row = await world.session.get(OfferRow, {"sandbox_id": world.sandbox_id, "id": offer_id})
    if row is None:
        raise Problem("not_found", f"There is no offer {offer_id!r}; search again.")
    return row


async def todays(world: World, row: OfferRow) -> Priced:
    """An offer with today's price and seats."""
    recipe = row.recipe
    slices = tuple(tuple(flight_of(world.seed, key) for key in keys) for keys in recipe["slices"])
    market = await market_on(world, {flight.departs.date() for way in slices for flight in way})
    return price(market, slices, recipe["cabin"], Party(*recipe["party"]), recipe["currency"])


async def change_sales(world: World, offer: Priced, *, sold: int = 0, price_steps: int = 0) -> None:
    """Sell seats of an offer's flights (give back, if negative), or raise their prices."""
    for way in offer.slices:
        for flight in way:
            key = {
                "sandbox_id": world.sandbox_id,
                "flight": flight.key,
                "cabin": offer.cabin,
            }
            row = await world.session.get(FlightSales, key)
            if row is None:
                row = FlightSales(**key, departs_on=flight.departs.date(), sold=0, price_steps=0)
                world.session.add(row)
            row.sold += sold
            row.price_steps += price_steps


def _recipe(offer: Priced) -> Mapping[str, Any]:
    party = offer.party
    return {
        "slices": [[flight.key for flight in way] for way in offer.slices],
        "cabin": offer.cabin,
        "party": [party.adults, party.children, party.infants],
        "currency": offer.currency,
    }


def _flat(recipe: Mapping[str, Any]) -> list[object]:
    ways = ["+".join(keys) for keys in recipe["slices"]]
    return [*ways, recipe["cabin"], *recipe["party"], recipe["currency"]]


async def _refuse_too_many(world: World) -> None:
    of_this = OfferRow.sandbox_id == world.sandbox_id
    kept = await world.session.scalar(select(func.count()).select_from(OfferRow).where(of_this))
    if kept is not None and kept > MAX_OFFERS:
        raise Problem("quota_exceeded", "This sandbox holds too many offers; use another one.")
