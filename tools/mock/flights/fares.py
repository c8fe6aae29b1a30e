"""Prices, seats and conditions. Money is in whole euro cents throughout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tools.mock.core import randomness
from tools.mock.flights.network import is_low_cost
from tools.mock.flights.timetable import Flight, Itinerary

Cabin = Literal["economy", "premium_economy", "business", "first"]
CABINS: tuple[Cabin, ...] = ("economy", "premium_economy", "business", "first")

_CABIN_FACTOR: Mapping[Cabin, float] = {
    "economy": 1.0,
    "premium_economy": 1.8,
    "business": 3.4,
    "first": 5.6,
}
_SEATS: Mapping[Cabin, int] = {"economy": 60, "premium_economy": 24, "business": 20, "first": 8}
_GUARANTEED_SEATS = 12
_LEAD_FACTOR = ((2, 1.85), (6, 1.5), (13, 1.25), (29, 1.05), (59, 0.95), (119, 0.88))
_FAR_AHEAD_FACTOR = 0.92
_WEEKDAY_FACTOR = (1.0, 0.92, 0.93, 1.0, 1.12, 0.98, 1.14)
_MONTH_FACTOR = (0.9, 0.9, 0.97, 1.02, 1.0, 1.1, 1.22, 1.2, 1.03, 0.98, 0.9, 1.15)
_LONG_HAUL_KM = 3_500
_PRICE_STEP = 0.07
_CONNECTION_FACTOR = 0.74
_LOW_COST_FACTOR = 0.62
_CHILD_SHARE, _INFANT_SHARE = 0.75, 0.1


@dataclass(frozen=True, slots=True)
class Party:
    """Who travels. Infants sit on an adult's lap."""

    adults: int
    children: int
    infants: int

    @property
    def seats(self) -> int:
        """Seats needed."""
        return self.adults + self.children

    @property
    def people(self) -> int:
        """Everybody."""
        return self.seats + self.infants


@dataclass(frozen=True, slots=True)
class Sales:
    """What has happened to a cabin of a flight in one sandbox."""

    sold: int = 0
    price_steps: int = 0


SalesByFlight = Mapping[tuple[str, Cabin], Sales]
UNTOUCHED = Sales()


@dataclass(frozen=True, slots=True)
class SliceFare:
    """One slice in one cabin: adult price in cents, seats left, and what decides its terms."""

    cabin: Cabin
    adult: int
    seats_left: int
    drawn: float
    low_cost: bool
    long_haul: bool


@dataclass(frozen=True, slots=True)
class Conditions:
    """Terms of a fare, for the whole party; None where a change or a refund is not possible."""

    name: Literal["basic", "classic", "flex"]
    factor: float
    change_fee: int | None
    cancel_fee: int | None
    checked_bags: int


def sells(itinerary: Itinerary, cabin: Cabin) -> bool:
    """Whether a cabin is sold on an itinerary: the middle ones and first on long hauls only."""
    if cabin == "economy":
        return True
    if any(is_low_cost(flight.carrier) for flight in itinerary):
        return False
    return cabin == "business" or max(flight.km for flight in itinerary) >= _LONG_HAUL_KM


def slice_fare(
    seed: int, itinerary: Itinerary, cabin: Cabin, today: date, sales: SalesByFlight
) -> SliceFare:
    """What one adult pays today for an itinerary, and how many seats can still be bought."""
    price, seats, drawn, low_cost, long_haul = 0.0, _SEATS["economy"], 0.0, False, False
    for flight in itinerary:
        sold = sales.get((flight.key, cabin), UNTOUCHED)
        price += _flight_price(seed, flight, cabin, today) * (1 + _PRICE_STEP * sold.price_steps)
        seats = min(seats, _on_sale(seed, flight, cabin, today) - sold.sold)
        drawn += randomness.fraction(seed, "fare", flight.key, cabin)
        low_cost = low_cost or is_low_cost(flight.carrier)
        long_haul = long_haul or flight.km >= _LONG_HAUL_KM
    cents = round(price * (_CONNECTION_FACTOR if len(itinerary) > 1 else 1.0))
    return SliceFare(cabin, cents, max(0, seats), drawn, low_cost, long_haul)


def party_price(adult: int, party: Party, factor: float) -> int:
    """The price of everybody, from the adult price of all slices and the fare's factor."""
    fare = adult * factor
    child, infant = round(fare * _CHILD_SHARE), round(fare * _INFANT_SHARE)
    return round(fare) * party.adults + child * party.children + infant * party.infants


def conditions(slices: Sequence[SliceFare], party: Party) -> Conditions:
    """The terms under which slices of one cabin are sold together."""
    drawn = sum(fare.drawn for fare in slices) % 1
    low_cost = any(fare.low_cost for fare in slices)
    long_haul = any(fare.long_haul for fare in slices)
    economy = slices[0].cabin == "economy"
    basic, classic = (0.7, 0.9) if low_cost else (0.4, 0.8) if economy else (0.15, 0.5)
    fee = (12_000 if long_haul else 5_000) * party.seats
    bag = 0 if low_cost and drawn < classic else 1
    if drawn < basic:
        return Conditions("basic", 0.94, None, None, 1 if long_haul else 0)
    if drawn < classic:
        return Conditions("classic", 1.0, fee // 2, fee, bag)
    return Conditions("flex", 1.24, 0, 0, bag + 1)


def _on_sale(seed: int, flight: Flight, cabin: Cabin, today: date) -> int:
    # The later it is, the fuller the flight: never more seats tomorrow than today.
    lead = max(0, (flight.departs.date() - today).days)
    demand = randomness.fraction(seed, "demand", flight.key, cabin)
    taken = 0.3 + 0.7 * demand * (1 - min(lead, 120) / 200)
    seats = int(_SEATS[cabin] * (1 - taken))
    return max(seats, _GUARANTEED_SEATS) if flight.runs_daily and cabin != "first" else seats


def _flight_price(seed: int, flight: Flight, cabin: Cabin, today: date) -> float:
    km = flight.km
    euros = 24 + 0.06 * min(km, 1_000) + 0.04 * min(max(km - 1_000, 0), 3_000)
    euros += 0.042 * max(km - 4_000, 0)
    day = flight.departs.date()
    lead = (day - today).days
    factor = next((by for days, by in _LEAD_FACTOR if lead <= days), _FAR_AHEAD_FACTOR)
    factor *= _WEEKDAY_FACTOR[day.weekday()] * _MONTH_FACTOR[day.month - 1] * _CABIN_FACTOR[cabin]
    factor *= _LOW_COST_FACTOR if is_low_cost(flight.carrier) else 1.0
    factor *= 0.85 + 0.4 * randomness.fraction(seed, "price", flight.key)
    factor *= 0.97 + 0.06 * randomness.fraction(seed, "drift", flight.key, today.isoformat())
    return euros * 100 * factor
