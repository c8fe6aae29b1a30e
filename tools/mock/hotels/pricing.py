"""What a stay costs today, how many rooms are left, and until when money comes back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from math import ceil
from zoneinfo import ZoneInfo

from tools.mock.core.money import Money, in_currency
from tools.mock.core.randomness import fraction
from tools.mock.hotels.inventory import Board, Hotel, Plan, Room

# Euro cents for one person and night.
_BOARD_CENTS: Mapping[Board, int] = {
    "room_only": 0, "breakfast": 1200, "half_board": 3400, "full_board": 5200,
    "all_inclusive": 6800,
}  # fmt: skip
_NON_REFUNDABLE = 0.88
_SEASON = (0.82, 0.84, 0.92, 1.0, 1.08, 1.16, 1.25, 1.25, 1.1, 1.0, 0.86, 0.98)
_WEEKEND = (1.0, 1.0, 1.0, 1.02, 1.14, 1.18, 1.0)  # Monday first
_LEAD = ((3, 1.22), (7, 1.14), (21, 1.06), (60, 1.0))
_EARLY = 0.94
_MARKUP = 0.07
_DEADLINE = time(18, 0)
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Stay:
    """What was asked for."""

    city_code: str
    check_in: date
    check_out: date
    adults: int
    children: int
    rooms: int
    currency: str

    @property
    def nights(self) -> int:
        """How many."""
        return (self.check_out - self.check_in).days

    @property
    def people_in_a_room(self) -> int:
        """The fullest room."""
        return ceil((self.adults + self.children) / self.rooms)

    def dates(self) -> list[date]:
        """The date of each night."""
        return [self.check_in + timedelta(days=night) for night in range(self.nights)]


@dataclass(frozen=True, slots=True)
class Price:
    """For one room and night on average, and for the whole stay; the total is exact."""

    per_night: Money
    total: Money


def price(
    seed: int, stay: Stay, hotel: Hotel, room: Room, plan: Plan, *, today: date, markups: int = 0
) -> Price:
    """What the rate costs when it is quoted on `today`.

    `markups` counts the increases that a test bench has asked for.
    """
    nights = stay.dates()
    room_cents = sum(_night_factor(seed, hotel.hotel_id, night) for night in nights) / len(nights)
    room_cents *= hotel.base_cents * room.factor * _lead(stay.check_in, today)
    room_cents *= 0.97 + 0.06 * fraction(seed, "drift", hotel.hotel_id, today)
    board_cents = _BOARD_CENTS[plan.board] * stay.people_in_a_room
    if plan.free_days is None:
        room_cents *= _NON_REFUNDABLE
    cents = round((room_cents + board_cents) * (1 + _MARKUP) ** markups)
    per_night = in_currency(cents, stay.currency)
    total: Decimal = per_night * stay.nights * stay.rooms
    return Price(
        Money(amount=str(per_night), currency=stay.currency),
        Money(amount=str(total), currency=stay.currency),
    )


def rooms_free(seed: int, hotel: Hotel, room: Room, night: date) -> int:
    """How many rooms of a kind the rest of the world has left for one night."""
    return _free(seed, hotel.hotel_id, room.name, room.units, night)


def free_until(hotel: Hotel, plan: Plan, check_in: date) -> datetime | None:
    """The last moment at which cancelling costs nothing (UTC); None where nothing comes back."""
    if plan.free_days is None:
        return None
    day = check_in - timedelta(days=plan.free_days)
    zone = ZoneInfo(hotel.city.time_zone)
    return datetime.combine(day, _DEADLINE, zone).astimezone(UTC)


def _lead(check_in: date, today: date) -> float:
    days = (check_in - today).days
    return next((factor for limit, factor in _LEAD if days <= limit), _EARLY)


@lru_cache(maxsize=1 << 15)
def _night_factor(seed: int, hotel_id: str, night: date) -> float:
    drawn = fraction(seed, "night", hotel_id, night)
    return _SEASON[night.month - 1] * _WEEKEND[night.weekday()] * (0.94 + 0.12 * drawn)


@lru_cache(maxsize=1 << 15)
def _free(seed: int, hotel_id: str, room: str, units: int, night: date) -> int:
    busy = 0.25 + 0.85 * fraction(seed, "busy", hotel_id, room, night) ** 1.5
    return max(0, round(units * (1 - busy)))
