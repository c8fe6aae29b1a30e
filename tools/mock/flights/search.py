"""Finds the offers that answer a search. Pure: no I/O, the same input gives the same offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from heapq import nsmallest
from typing import Literal

from tools.mock.core.money import in_currency
from tools.mock.flights import fares
from tools.mock.flights.fares import CABINS, Cabin, Conditions, Party, SalesByFlight, SliceFare
from tools.mock.flights.network import Path, paths
from tools.mock.flights.timetable import Itinerary, itineraries, travel_minutes

Sort = Literal["price", "duration", "departure"]
_CHECK_IN = timedelta(minutes=45)
_TURNAROUND = timedelta(minutes=60)
_PATHS = 30
_WAYS = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What is searched for. Places are airport codes, of two different cities."""

    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    departure: date
    back: date | None
    party: Party
    currency: str
    cabin: Cabin | None = None
    max_stops: int | None = None
    max_price: Decimal | None = None
    airline: str | None = None
    depart_after: time | None = None
    depart_before: time | None = None
    sort: Sort = "price"


@dataclass(frozen=True, slots=True)
class Priced:
    """An offer and today's price of it, in euro cents for the whole party."""

    slices: tuple[Itinerary, ...]
    cabin: Cabin
    party: Party
    currency: str
    conditions: Conditions
    cents: int
    seats_left: int


@dataclass(frozen=True, slots=True)
class _Way:
    """One slice that would do."""

    itinerary: Itinerary
    fare: SliceFare


@dataclass(frozen=True, slots=True)
class Market:
    """The state of a world that prices depend on."""

    seed: int
    now: datetime
    sales: SalesByFlight

    @property
    def today(self) -> date:
        """The date that lead times count from (UTC)."""
        return self.now.date()

    def fare(self, itinerary: Itinerary, cabin: Cabin) -> SliceFare:
        """Today's fare of one slice."""
        return fares.slice_fare(self.seed, itinerary, cabin, self.today, self.sales)


def find(wish: Wish, market: Market) -> list[Priced]:
    """All offers for the wish, in its order."""
    out = _ways(wish, market, wish.origins, wish.destinations, wish.departure, first=True)
    if wish.back is None:
        combinations = [(way,) for way in out]
    else:
        home = _ways(wish, market, wish.destinations, wish.origins, wish.back, first=False)
        combinations = [
            (there, back)
            for there in out
            for back in home
            if there.fare.cabin == back.fare.cabin
            and back.itinerary[0].departs - there.itinerary[-1].arrives >= _TURNAROUND
        ]
    offers = (_priced(ways, wish.party, wish.currency) for ways in combinations)
    limit = wish.max_price
    affordable = [
        offer
        for offer in offers
        if limit is None or in_currency(offer.cents, wish.currency) <= limit
    ]
    return sorted(affordable, key=_order(wish.sort))


def price(
    market: Market, slices: tuple[Itinerary, ...], cabin: Cabin, party: Party, currency: str
) -> Priced:
    """Today's price and seats of an offer."""
    ways = [_Way(way, market.fare(way, cabin)) for way in slices]
    return _priced(ways, party, currency)


def _priced(ways: Sequence[_Way], party: Party, currency: str) -> Priced:
    slice_fares = [way.fare for way in ways]
    terms = fares.conditions(slice_fares, party)
    return Priced(
        slices=tuple(way.itinerary for way in ways),
        cabin=slice_fares[0].cabin,
        party=party,
        currency=currency,
        conditions=terms,
        cents=fares.party_price(sum(fare.adult for fare in slice_fares), party, terms.factor),
        seats_left=min(fare.seats_left for fare in slice_fares),
    )


def _ways(
    wish: Wish,
    market: Market,
    origins: Iterable[str],
    destinations: Sequence[str],
    day: date,
    *,
    first: bool,
) -> list[_Way]:
    candidates = [path for here in origins for there in destinations for path in paths(here, there)]
    wanted = [path for path in candidates if _path_fits(wish, path)]
    # Nonstops first, then the most direct connections: the rest would not be chosen anyway.
    chosen = nsmallest(_PATHS, wanted, key=lambda path: (len(path.airports), path.km, path.carrier))
    ways = [
        way
        for path in chosen
        for itinerary in itineraries(market.seed, path, day)
        if _time_fits(wish, itinerary, market.now, first=first)
        for way in _cabins(wish, market, itinerary)
    ]
    return nsmallest(_WAYS, ways, key=_way_order(wish.sort)) if wish.back else ways


def _path_fits(wish: Wish, path: Path) -> bool:
    stops = len(path.airports) - 2
    few_enough = wish.max_stops is None or stops <= wish.max_stops
    return few_enough and wish.airline in (None, path.carrier)


def _time_fits(wish: Wish, itinerary: Itinerary, now: datetime, *, first: bool) -> bool:
    departs = itinerary[0].departs
    if departs < now + _CHECK_IN:
        return False
    after, before = (wish.depart_after, wish.depart_before) if first else (None, None)
    local = departs.time()
    return (after is None or local >= after) and (before is None or local <= before)


def _cabins(wish: Wish, market: Market, itinerary: Itinerary) -> list[_Way]:
    """The itinerary in the wished cabin, or in the cheapest one with enough seats."""
    for cabin in (wish.cabin,) if wish.cabin else CABINS:
        if not fares.sells(itinerary, cabin):
            continue
        fare = market.fare(itinerary, cabin)
        if fare.seats_left >= wish.party.seats:
            return [_Way(itinerary, fare)]
    return []


def _keys(slices: Iterable[Itinerary]) -> tuple[str, ...]:
    return tuple(flight.key for way in slices for flight in way)


def _way_order(sort: Sort) -> Callable[[_Way], tuple[object, ...]]:
    def key(way: _Way) -> tuple[object, ...]:
        minutes, departs = travel_minutes(way.itinerary), way.itinerary[0].departs
        rank = {"price": way.fare.adult, "duration": minutes, "departure": departs}[sort]
        return (rank, way.fare.adult, _keys([way.itinerary]))

    return key


def _order(sort: Sort) -> Callable[[Priced], tuple[object, ...]]:
    def key(offer: Priced) -> tuple[object, ...]:
        minutes = sum(travel_minutes(way) for way in offer.slices)
        departs = offer.slices[0][0].departs
        rank = {"price": offer.cents, "duration": minutes, "departure": departs}[sort]
        return (rank, offer.cents, minutes, _keys(offer.slices))

    return key
