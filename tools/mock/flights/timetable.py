"""The timetable: which flights leave on a day, when they land, and how they connect.

Times of a route are the same on all days; some departures do not run on every weekday, the first
one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tools.gazetteer import Gazetteer
from tools.mock.core import randomness
from tools.mock.flights.network import Path, distance_km

_FIRST_DEPARTURE = 5 * 60 + 45
_LAST_DEPARTURE = 23 * 60 + 10
_SHORTEST_CHANGE = timedelta(minutes=60)
_LONGEST_CHANGE = timedelta(hours=9)
_CRUISE_KM_PER_MINUTE = 13.6
_TAXI_MINUTES = 32
_WEST_WIND = 0.04
_RUNS = 0.75


@dataclass(frozen=True, slots=True)
class Flight:
    """One flight on one day. Times are aware, in the zones of their airports.

    `key` tells it from all others in a world and is enough to find it again (`flight_of`).
    """

    key: str
    carrier: str
    number: str
    origin: str
    destination: str
    departs: datetime
    arrives: datetime
    minutes: int
    km: int

    @property
    def runs_daily(self) -> bool:
        """Whether it is the first departure of its route, which always has seats to sell."""
        return self.key.endswith(":0")


Itinerary = tuple[Flight, ...]


class Route(NamedTuple):
    """An airline's flights from one airport to another, in the world of a seed."""

    seed: int
    carrier: str
    origin: str
    destination: str


def flight_of(seed: int, key: str) -> Flight:
    """The flight with a key that this module made, in the world of `seed`."""
    carrier, origin, destination, day, index = key.split(":")
    route = Route(seed, carrier, origin, destination)
    return _flight(route, date.fromisoformat(day), int(index))


def itineraries(seed: int, path: Path, day: date) -> Sequence[Itinerary]:
    """The ways along a path that begin on a local day, by departure. Never empty."""
    origin, middle, *rest = path.airports
    first_legs = departures(Route(seed, path.carrier, origin, middle), day)
    if not rest:
        return [(flight,) for flight in first_legs]
    onward_route = Route(seed, path.carrier, middle, rest[0])
    onward = [_onward(flight, onward_route) for flight in first_legs]
    good = [way for way in onward if way[1].departs - way[0].arrives <= _LONGEST_CHANGE]
    return good or [min(onward, key=travel_minutes)]


def travel_minutes(itinerary: Itinerary) -> int:
    """From the first departure to the last arrival."""
    begin, end = itinerary[0].departs.astimezone(UTC), itinerary[-1].arrives.astimezone(UTC)
    return int((end - begin).total_seconds()) // 60


@lru_cache(maxsize=40_000)
def departures(route: Route, day: date) -> tuple[Flight, ...]:
    """The flights of a route on a local day of its origin, by departure. Never empty."""
    flights = [
        _flight(route, day, index)
        for index in range(_frequency(route))
        if index == 0 or randomness.fraction("runs", *route, index, day.weekday()) < _RUNS
    ]
    return tuple(sorted(flights, key=lambda flight: flight.departs))


def _onward(flight: Flight, route: Route) -> Itinerary:
    """The first connection at the hub; the daily flight of the day after is always one."""
    earliest = flight.arrives + _SHORTEST_CHANGE
    for days in range(3):
        for onward in departures(route, earliest.date() + timedelta(days=days)):
            if onward.departs >= earliest:
                return (flight, onward)
    raise AssertionError("the first departure of a route runs every day")


def _frequency(route: Route) -> int:
    km = distance_km(route.origin, route.destination)
    most = 4 if km < 1_500 else 3 if km < 6_000 else 2
    return randomness.whole(2 if km < 1_500 else 1, most, "frequency", *route)


@lru_cache(maxsize=100_000)
def _flight(route: Route, day: date, index: int) -> Flight:
    # Each departure has a quarter of the day to itself.
    window = (_LAST_DEPARTURE - _FIRST_DEPARTURE) // 4
    quarter = (index * 3 + randomness.whole(0, 3, "quarter", *route)) % 4
    drawn = randomness.whole(0, window - 5, "departure", *route, index)
    minute = (_FIRST_DEPARTURE + quarter * window + drawn) // 5 * 5
    departs = datetime.combine(day, time(minute // 60, minute % 60), _zone(route.origin))
    minutes = _minutes(route.origin, route.destination)
    lands = departs.astimezone(UTC) + timedelta(minutes=minutes)
    _, carrier, origin, destination = route
    return Flight(
        key=f"{carrier}:{origin}:{destination}:{day.isoformat()}:{index}",
        carrier=carrier,
        number=f"{carrier}{randomness.whole(100, 2999, 'number', *route, index)}",
        origin=origin,
        destination=destination,
        departs=departs,
        arrives=lands.astimezone(_zone(destination)),
        minutes=minutes,
        km=distance_km(origin, destination),
    )


@lru_cache(maxsize=60_000)
def _minutes(origin: str, destination: str) -> int:
    start, end = Gazetteer.default().airport(origin), Gazetteer.default().airport(destination)
    if start is None or end is None:
        raise ValueError(f"{origin!r} or {destination!r} is no served airport")
    eastward = ((end.longitude - start.longitude + 180) % 360 - 180) / 180
    in_the_air = distance_km(origin, destination) / _CRUISE_KM_PER_MINUTE
    return round((_TAXI_MINUTES + in_the_air * (1 - 2 * _WEST_WIND * eastward)) / 5) * 5


@lru_cache(maxsize=1_000)
def _zone(airport: str) -> ZoneInfo:
    found = Gazetteer.default().airport(airport)
    if found is None:
        raise ValueError(f"{airport!r} is no served airport")
    return ZoneInfo(found.time_zone)
