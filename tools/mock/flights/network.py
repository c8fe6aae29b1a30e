"""Who flies where: nonstop routes out of the airlines' hubs, and the hubs worth changing at.

The network is the same in all worlds; timetables, seats and prices differ by seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from tools.gazetteer import Airport, Carrier, Gazetteer
from tools.mock.core import randomness

_EARTH_RADIUS_KM = 6371.0
_LONGEST_FLIGHT_KM = 15_500
_LOW_COST_REACH_KM = 4_500
_REGIONAL_REACH_KM = 4_200
_REGIONAL = frozenset(
    "A3 A9 AH BT CU CY DX EN HC HF JU KM LG OB OU PG PS TU WS XQ ZP".split()  # noqa: SIM905
)
_MOST_DETOUR = 2.2
_FEWEST_CONNECTIONS = 2
_MOST_CONNECTIONS = 6


@dataclass(frozen=True, slots=True)
class Path:
    """One airline's way between two airports: two airport codes, or three with a change."""

    carrier: str
    airports: tuple[str, ...]
    km: int


@lru_cache(maxsize=60_000)
def distance_km(origin: str, destination: str) -> int:
    """Great-circle distance between two airports of the gazetteer, in whole kilometres."""
    start, end = _airport(origin), _airport(destination)
    phi, other_phi = math.radians(start.latitude), math.radians(end.latitude)
    half_lambda = math.radians(end.longitude - start.longitude) / 2
    half_phi = (other_phi - phi) / 2
    chord = (
        math.sin(half_phi) ** 2 + math.cos(phi) * math.cos(other_phi) * math.sin(half_lambda) ** 2
    )
    return round(2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord))))


@lru_cache(maxsize=60_000)
def paths(origin: str, destination: str) -> tuple[Path, ...]:
    """All paths between two airports of different cities: nonstops, then the best connections.

    Never empty: where no airline serves both ends, the best-placed hubs are taken all the same.
    """
    nonstops = list(_nonstops(origin, destination))
    connections = sorted(
        _connections(origin, destination), key=lambda path: (path.km, path.carrier)
    )
    chosen = [path for path in connections if _serves_ends(path)][:_MOST_CONNECTIONS]
    if len(nonstops) + len(chosen) < _FEWEST_CONNECTIONS:
        chosen = (chosen + [path for path in connections if path not in chosen])[
            :_FEWEST_CONNECTIONS
        ]
    return tuple(nonstops + chosen)


def is_low_cost(carrier: str) -> bool:
    """Whether the airline sells economy seats only, and no connections."""
    return _carriers()[carrier].model == "low"


@cache
def _carriers() -> dict[str, Carrier]:
    return {carrier.code: carrier for carrier in Gazetteer.default().carriers()}


def _airport(code: str) -> Airport:
    airport = Gazetteer.default().airport(code)
    if airport is None:
        raise ValueError(f"{code!r} is no served airport")
    return airport


def _reach_km(carrier: Carrier) -> int:
    if carrier.model == "low":
        return _LOW_COST_REACH_KM
    return _REGIONAL_REACH_KM if carrier.code in _REGIONAL else _LONGEST_FLIGHT_KM


@lru_cache(maxsize=60_000)
def _serves(carrier: str, hub: str, spoke: str) -> bool:
    """Whether the airline flies between its hub and another airport; the same both ways."""
    airline = _carriers()[carrier]
    km = distance_km(hub, spoke)
    if not 100 <= km <= _reach_km(airline) or _airport(hub).city_code == _airport(spoke).city_code:
        return False
    if spoke in airline.hubs:
        return True
    city = Gazetteer.default().city(_airport(spoke).city_code)
    principal = city is not None and city.airports[0] == spoke
    if airline.model == "low":
        chance = 0.5
    elif principal:
        chance = 0.95 if km < 3_000 else 0.8
    else:
        chance = 0.12
    return randomness.fraction("route", carrier, hub, spoke) < chance


def _nonstops(origin: str, destination: str) -> Iterator[Path]:
    km = distance_km(origin, destination)
    for code, airline in _carriers().items():
        ends = ((origin, destination), (destination, origin))
        if any(hub in airline.hubs and _serves(code, hub, spoke) for hub, spoke in ends):
            yield Path(code, (origin, destination), km)


def _connections(origin: str, destination: str) -> Iterator[Path]:
    direct = distance_km(origin, destination)
    ends = {_airport(origin).city_code, _airport(destination).city_code}
    for code, airline in _carriers().items():
        if airline.model == "low" or code in _REGIONAL:
            continue
        for hub in airline.hubs:
            legs = distance_km(origin, hub), distance_km(hub, destination)
            near_enough = sum(legs) <= max(_MOST_DETOUR * direct, direct + 1_500)
            if (
                _airport(hub).city_code not in ends
                and near_enough
                and max(legs) < _LONGEST_FLIGHT_KM
            ):
                yield Path(code, (origin, hub, destination), sum(legs))


def _serves_ends(path: Path) -> bool:
    origin, hub, destination = path.airports
    return _serves(path.carrier, hub, origin) and _serves(path.carrier, hub, destination)
