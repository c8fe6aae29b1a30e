"""Rates: quoted by a search, priced anew when looked at, gone when the rooms are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from tools.mock.core.faults import Fault
from tools.mock.core.problems import Problem
from tools.mock.core.sandboxes import World
from tools.mock.hotels import ids, inventory, pricing
from tools.mock.hotels.inventory import Hotel, Plan, Room
from tools.mock.hotels.pricing import Price, Stay
from tools.mock.hotels.rows import RateRow, SearchRow, TakenRow
from tools.mock.hotels.schemas import HotelRef, Rate, RateDetails

QUOTE_LIFE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class QuotedRate:
    """A rate of a search, with everything it stands for. `row` is its own history, if any."""

    key: ids.RateKey
    search: SearchRow
    stay: Stay
    hotel: Hotel
    room: Room
    plan: Plan
    row: RateRow | None

    @property
    def rate_id(self) -> str:
        """Its id."""
        return ids.rate_id(self.key)

    @property
    def expires_at(self) -> datetime:
        """When it can no longer be booked."""
        expired_at = self.row.expired_at if self.row else None
        return expired_at or self.search.quoted_at + QUOTE_LIFE

    def quoted_price(self, seed: int) -> Price:
        """The price that was last shown."""
        if self.row is None:
            return self._price(seed, self.search.quoted_at, markups=0)
        return self._price(seed, self.row.quoted_at, self.row.quoted_markups)

    def current_price(self, world: World) -> Price:
        """Today's price."""
        return self._price(world.seed, world.now, self.row.markups if self.row else 0)

    def refundable_until(self, now: datetime) -> datetime | None:
        """Until when a cancellation costs nothing; None where that is over or never was."""
        until = pricing.free_until(self.hotel, self.plan, self.stay.check_in)
        return until if until is not None and until > now else None

    def shown(self, world: World, price: Price, rooms_left: int) -> Rate:
        """The rate on the wire."""
        return Rate(
            rate_id=self.rate_id,
            room=self.room.name,
            board=self.plan.board,
            total=price.total,
            per_night=price.per_night,
            refundable_until=self.refundable_until(world.now),
            rooms_left=min(rooms_left, pricing.MOST_SHOWN),
            expires_at=self.expires_at,
        )

    def _price(self, seed: int, when: datetime, markups: int) -> Price:
        return pricing.price(
            seed,
            self.stay,
            self.hotel,
            self.room,
            self.plan,
            today=when.date(),
            markups=markups,
        )


class Occupancy:
    """The rooms that this sandbox's bookings have taken in one city, over some nights."""

    def __init__(self, seed: int, taken: Sequence[TakenRow]) -> None:
        self._seed = seed
        self._taken = taken

    @classmethod
    async def load(cls, world: World, stay: Stay) -> Occupancy:
        """What matters to a stay."""
        overlapping = select(TakenRow).where(
            TakenRow.sandbox_id == world.sandbox_id,
            TakenRow.city_code == stay.city_code,
            TakenRow.check_in < stay.check_out,
            TakenRow.check_out > stay.check_in,
        )
        return cls(world.seed, (await world.session.scalars(overlapping)).all())

    def rooms_left(self, hotel: Hotel, room: Room, nights: Sequence[date]) -> int:
        """Rooms of a kind that are free in every one of the nights."""
        taken = [
            row for row in self._taken if (row.hotel_id, row.room) == (hotel.hotel_id, room.name)
        ]
        left = (
            pricing.rooms_free(self._seed, hotel, room, night)
            - sum(row.rooms for row in taken if row.check_in <= night < row.check_out)
            for night in nights
        )
        return max(0, min(left))


async def find(world: World, rate_id: str) -> QuotedRate:
    """The rate that a search of this sandbox has shown, else the `not_found` problem."""
    missing = Problem("not_found", f"There is no rate {rate_id}. Search for hotels first.")
    key = ids.locate_rate(rate_id)
    if key is None:
        raise missing
    search = await world.session.get(
        SearchRow, {"sandbox_id": world.sandbox_id, "mark": key.search}
    )
    if search is None:
        raise missing
    hotels = inventory.hotels_of(world.seed, search.city_code)
    if key.hotel >= len(hotels):
        raise missing
    hotel = hotels[key.hotel]
    if key.room >= len(hotel.rooms) or key.plan >= len(hotel.plans):
        raise missing
    row = await world.session.get(RateRow, {"sandbox_id": world.sandbox_id, "rate_id": rate_id})
    room, plan = hotel.rooms[key.room], hotel.plans[key.plan]
    return QuotedRate(key, search, search.stay(), hotel, room, plan, row)


async def show(world: World, rate_id: str) -> RateDetails:
    """A rate at today's price, which is from now on the price that it can be booked at."""
    rate = await find(world, rate_id)
    price = rate.current_price(world)
    if price != rate.quoted_price(world.seed):
        row = await own_row(world, rate)
        row.quoted_at, row.quoted_markups = world.now, row.markups
    stay = rate.stay
    occupancy = await Occupancy.load(world, stay)
    rooms_left = occupancy.rooms_left(rate.hotel, rate.room, stay.dates())
    return RateDetails(
        **dict(rate.shown(world, price, rooms_left)),
        hotel=hotel_ref(rate.hotel),
        check_in_date=stay.check_in,
        check_out_date=stay.check_out,
        rooms=stay.rooms,
        adults=stay.adults,
        children=stay.children,
    )


def hotel_ref(hotel: Hotel) -> HotelRef:
    """Which hotel, on the wire."""
    return HotelRef(
        hotel_id=hotel.hotel_id, name=hotel.name, city_code=hotel.city.code, stars=hotel.stars
    )


async def own_row(world: World, rate: QuotedRate) -> RateRow:
    """The rate's own history, begun where it has none yet."""
    if rate.row is not None:
        return rate.row
    row = RateRow(
        sandbox_id=world.sandbox_id,
        rate_id=rate.rate_id,
        search=rate.key.search,
        quoted_at=rate.search.quoted_at,
        quoted_markups=0,
        markups=0,
        expired_at=None,
    )
    world.session.add(row)
    await world.session.flush()
    return row


async def suffer(world: World, rate: QuotedRate) -> QuotedRate:
    """The rate after the fault that this call shall meet; what the fault did stays done."""
    match world.fault:
        case Fault.PRICE_CHANGED:
            (await own_row(world, rate)).markups += 1
        case Fault.EXPIRED:
            (await own_row(world, rate)).expired_at = world.now
        case Fault.SOLD_OUT:
            await _sell_the_rest(world, rate)
        case _:
            return rate
    # The refusal that follows must not roll this back.
    await world.session.commit()
    return await find(world, rate.rate_id)


async def _sell_the_rest(world: World, rate: QuotedRate) -> None:
    rows = select(func.count()).where(TakenRow.sandbox_id == world.sandbox_id)
    number = await world.session.scalar(rows)
    world.session.add(
        TakenRow(
            sandbox_id=world.sandbox_id,
            taken_by=f"fault_{number}_{rate.rate_id}",
            city_code=rate.hotel.city.code,
            hotel_id=rate.hotel.hotel_id,
            room=rate.room.name,
            check_in=rate.stay.check_in,
            check_out=rate.stay.check_out,
            rooms=rate.room.units,
        )
    )
