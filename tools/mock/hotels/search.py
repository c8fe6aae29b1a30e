"""Searching for stays. All rates of a search are quoted by it, at today's price."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tools.gazetteer import Airport, City, Gazetteer
from tools.mock.core import cursors
from tools.mock.core.problems import FieldError, Problem
from tools.mock.core.sandboxes import World
from tools.mock.hotels import ids, inventory
from tools.mock.hotels.inventory import Hotel
from tools.mock.hotels.pricing import Stay
from tools.mock.hotels.rates import Occupancy, QuotedRate
from tools.mock.hotels.rows import RateRow, SearchRow
from tools.mock.hotels.schemas import HotelMeta, HotelWithRates, Rate, StayResults, StaySearch

DAYS_AHEAD = 330
MAX_NIGHTS = 30
MAX_PEOPLE_IN_ROOM = 4
PAGE = 10


async def search(world: World, wish: StaySearch) -> StayResults:
    """One page of the hotels that have rooms for the stay."""
    stay = _stay(wish)
    _check(world, stay)
    about = (world.seed, wish.model_dump_json(exclude={"cursor", "limit"}))
    offset = cursors.decode(wish.cursor, *about)
    quoting = await _Quoting.begin(world, stay)
    hotels = [
        _on_the_wire(hotel, rates)
        for hotel in inventory.hotels_of(world.seed, stay.city_code)
        if _suits(hotel, wish) and (rates := _affordable(quoting.rates(hotel), wish))
    ]
    hotels.sort(key=lambda hotel: _order(hotel, wish))
    data, following = cursors.page(hotels, offset, wish.limit or PAGE, *about)
    return StayResults(data=list(data), meta=HotelMeta(next_cursor=following))


class _Quoting:
    """One search's quotes: a row for the search, and resets for rates with a history."""

    def __init__(
        self, world: World, search_row: SearchRow, occupancy: Occupancy, rows: Iterable[RateRow]
    ) -> None:
        self._world = world
        self._search = search_row
        self._stay = search_row.stay()
        self._nights = self._stay.dates()
        self._occupancy = occupancy
        self._rows = {row.rate_id: row for row in rows}

    @classmethod
    async def begin(cls, world: World, stay: Stay) -> _Quoting:
        search_row = await _search_row(world, stay)
        occupancy = await Occupancy.load(world, stay)
        histories = select(RateRow).where(
            RateRow.sandbox_id == world.sandbox_id, RateRow.search == search_row.mark
        )
        rows = (await world.session.scalars(histories)).all()
        for row in rows:
            row.quoted_at, row.quoted_markups, row.expired_at = world.now, row.markups, None
        return cls(world, search_row, occupancy, rows)

    def rates(self, hotel: Hotel) -> list[Rate]:
        """What the hotel offers for the stay, cheapest first."""
        offered: list[Rate] = []
        for room_at, room in enumerate(hotel.rooms):
            left = self._occupancy.rooms_left(hotel, room, self._nights)
            if room.capacity < self._stay.people_in_a_room or left < self._stay.rooms:
                continue
            for plan_at, plan in enumerate(hotel.plans):
                key = ids.RateKey(self._search.mark, hotel.position, room_at, plan_at)
                row = self._rows.get(ids.rate_id(key))
                rate = QuotedRate(key, self._search, self._stay, hotel, room, plan, row)
                offered.append(rate.shown(self._world, rate.current_price(self._world), left))
        return sorted(offered, key=_total)


async def _search_row(world: World, stay: Stay) -> SearchRow:
    """The row of this stay, quoted now. A mark that another stay has is passed over."""
    for attempt in range(8):
        mark = ids.search_mark(world.seed, stay, attempt)
        row = await world.session.get(SearchRow, {"sandbox_id": world.sandbox_id, "mark": mark})
        if row is None:
            row = SearchRow(
                sandbox_id=world.sandbox_id,
                mark=mark,
                city_code=stay.city_code,
                check_in=stay.check_in,
                check_out=stay.check_out,
                adults=stay.adults,
                children=stay.children,
                rooms=stay.rooms,
                currency=stay.currency,
                quoted_at=world.now,
            )
            world.session.add(row)
            return row
        if row.stay() == stay:
            row.quoted_at = world.now
            return row
    raise Problem("quota_exceeded", "This sandbox holds too many searches; create a new one.")


def _stay(wish: StaySearch) -> Stay:
    return Stay(
        wish.city_code,
        wish.check_in_date,
        wish.check_out_date,
        wish.adults,
        wish.children,
        wish.rooms,
        wish.currency,
    )


def _check(world: World, stay: Stay) -> None:
    errors = [*_place_errors(stay), *_date_errors(world, stay), *_party_errors(stay)]
    if errors:
        detail = "; ".join(f"{error['pointer']}: {error['message']}" for error in errors)
        raise Problem("validation_failed", detail, errors=errors)


def _place_errors(stay: Stay) -> Iterable[FieldError]:
    match Gazetteer.default().resolve(stay.city_code):
        case City():
            return
        case Airport(city_code=city_code):
            message = f"{stay.city_code} is an airport; the code of its city is {city_code}"
        case None:
            message = f"no city with hotels has the code {stay.city_code}"
    yield FieldError(pointer="/city_code", message=message)


def _date_errors(world: World, stay: Stay) -> Iterable[FieldError]:
    today = _today(world, stay.city_code)
    if stay.check_in < today:
        yield FieldError(pointer="/check_in_date", message=f"must be {today} or later")
    elif stay.check_in > today + timedelta(days=DAYS_AHEAD):
        last = today + timedelta(days=DAYS_AHEAD)
        yield FieldError(pointer="/check_in_date", message=f"must be {last} or earlier")
    if stay.check_out <= stay.check_in:
        yield FieldError(pointer="/check_out_date", message="must be after check_in_date")
    elif stay.nights > MAX_NIGHTS:
        yield FieldError(pointer="/check_out_date", message=f"at most {MAX_NIGHTS} nights")


def _today(world: World, city_code: str) -> date:
    city = Gazetteer.default().city(city_code)
    return world.now.astimezone(ZoneInfo(city.time_zone)).date() if city else world.now.date()


def _party_errors(stay: Stay) -> Iterable[FieldError]:
    if stay.adults < stay.rooms:
        yield FieldError(pointer="/rooms", message="every room needs an adult")
    if stay.adults + stay.children > MAX_PEOPLE_IN_ROOM * stay.rooms:
        message = f"at most {MAX_PEOPLE_IN_ROOM} people in a room: take more rooms"
        yield FieldError(pointer="/rooms", message=message)


def _suits(hotel: Hotel, wish: StaySearch) -> bool:
    return hotel.stars >= (wish.min_stars or 0) and set(wish.amenities or ()) <= set(
        hotel.amenities
    )


def _affordable(rates: list[Rate], wish: StaySearch) -> list[Rate]:
    if wish.max_price_per_night is None:
        return rates
    limit = Decimal(str(wish.max_price_per_night))
    return [rate for rate in rates if Decimal(rate.per_night.amount) <= limit]


def _on_the_wire(hotel: Hotel, rates: list[Rate]) -> HotelWithRates:
    return HotelWithRates(
        hotel_id=hotel.hotel_id,
        name=hotel.name,
        city_code=hotel.city.code,
        stars=hotel.stars,
        rating=hotel.rating,
        amenities=list(hotel.amenities),
        rates=rates,
    )


def _total(rate: Rate) -> Decimal:
    return Decimal(rate.total.amount)


def _order(hotel: HotelWithRates, wish: StaySearch) -> tuple[float, Decimal, str]:
    first = {"rating": -hotel.rating, "stars": -float(hotel.stars)}.get(wish.sort or "price", 0.0)
    return first, _total(hotel.rates[0]), hotel.hotel_id
