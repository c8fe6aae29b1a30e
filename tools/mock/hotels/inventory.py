"""The hotels of a world: drawn from the seed, the same on every machine, stored nowhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tools.gazetteer import City, Gazetteer
from tools.mock.core.randomness import fraction, whole
from tools.mock.hotels import ids, prose

Amenity = Literal[
    "wifi", "pool", "gym", "spa", "parking", "pet_friendly", "airport_shuttle", "restaurant",
    "bar", "air_conditioning", "family_rooms", "beach", "business_centre", "breakfast",
]  # fmt: skip
Board = Literal["room_only", "breakfast", "half_board", "full_board", "all_inclusive"]

# How likely a hotel of 2, 3, 4, 5 stars has it.
_AMENITIES: Mapping[Amenity, tuple[float, float, float, float]] = {
    "wifi": (0.9, 0.97, 1.0, 1.0),
    "pool": (0.02, 0.15, 0.45, 0.8),
    "gym": (0.05, 0.25, 0.7, 0.95),
    "spa": (0.0, 0.08, 0.4, 0.85),
    "parking": (0.4, 0.5, 0.6, 0.7),
    "pet_friendly": (0.3, 0.3, 0.3, 0.35),
    "airport_shuttle": (0.1, 0.15, 0.3, 0.5),
    "restaurant": (0.2, 0.5, 0.85, 1.0),
    "bar": (0.2, 0.5, 0.8, 1.0),
    "air_conditioning": (0.4, 0.7, 0.95, 1.0),
    "family_rooms": (0.3, 0.4, 0.4, 0.4),
    "beach": (0.2, 0.25, 0.3, 0.4),
    "business_centre": (0.05, 0.2, 0.5, 0.7),
    "breakfast": (0.5, 0.75, 0.9, 1.0),
}
_SEASIDE_CODES = """
    ABJ ACC ADL AKL ALG AYT BAH BCN BEY BOM BUE CMB CPT CUN DAD DAR DKR DOH DUB DUR DXB HAV HNL IST
    IZM JED KWI LCA LIM LIS LOS MAA MBA MCT MEL MIA MLA MRS NAP NCE OKA OPO PER PMI PUS RIO RIX SAN
    SKG SYD TLL TLV TUN TZX VLC WLG YVR
"""
_BY_THE_SEA = frozenset(_SEASIDE_CODES.split())
# What a night costs there against a European average.
_COSTLY: Mapping[str, float] = {
    "CH": 1.65, "US": 1.4, "GB": 1.35, "IS": 1.4, "NO": 1.3, "DK": 1.3, "SE": 1.15, "FR": 1.2,
    "SG": 1.4, "HK": 1.3, "JP": 1.1, "AU": 1.15, "NZ": 1.05, "IL": 1.25, "AE": 1.1, "CA": 1.15,
    "IE": 1.25, "NL": 1.2, "LU": 1.2, "DE": 1.05, "AT": 1.05, "BE": 1.0, "IT": 1.1, "ES": 1.0,
    "FI": 1.05, "QA": 1.0, "KR": 0.95, "PT": 0.9, "GR": 0.9,
}  # fmt: skip
_ELSEWHERE = 0.7
_BASE_CENTS = {2: 5200, 3: 8200, 4: 12600, 5: 24500}


@dataclass(frozen=True, slots=True)
class Room:
    """A kind of room. `units` of it exist; `factor` multiplies the hotel's base price."""

    name: str
    capacity: int
    units: int
    factor: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rate includes. `free_days` is how many days before check-in cancelling turns dear.

    `free_days` None means that nothing is ever given back, for a lower price.
    """

    board: Board
    free_days: int | None


@dataclass(frozen=True, slots=True)
class Hotel:
    """A hotel with everything about it that does not depend on dates."""

    hotel_id: str
    position: int
    name: str
    city: City
    stars: int
    rating: float
    amenities: tuple[Amenity, ...]
    base_cents: int
    rooms: tuple[Room, ...]
    plans: tuple[Plan, ...]


@lru_cache(maxsize=2048)
def hotels_of(seed: int, city_code: str) -> Sequence[Hotel]:
    """The 6 to 14 hotels of a city, at least one each of 3, 4 and 5 stars; none elsewhere."""
    city = Gazetteer.default().city(city_code)
    if city is None:
        return ()
    number = whole(6, 14, seed, "hotels", city_code)
    stars = (4, 3, 5, *(_draw_stars(seed, city_code, position) for position in range(3, number)))
    names = prose.names(seed, city_code, city.name, stars)
    return tuple(
        _hotel(seed, city, position, name=names[position], stars=count, number=number)
        for position, count in enumerate(stars)
    )


def find(seed: int, hotel_id: str) -> Hotel | None:
    """The hotel with this id in the world of this seed."""
    located = ids.locate_hotel(seed, hotel_id)
    if located is None:
        return None
    city_code, position = located
    hotels = hotels_of(seed, city_code)
    return hotels[position] if position < len(hotels) else None


def _draw_stars(seed: int, city_code: str, position: int) -> int:
    drawn = fraction(seed, "stars", city_code, position)
    return 2 if drawn < 0.2 else 3 if drawn < 0.55 else 4 if drawn < 0.87 else 5


def _hotel(seed: int, city: City, position: int, *, name: str, stars: int, number: int) -> Hotel:
    hotel_id = ids.hotel_id(seed, city.code, position)
    spread = 0.75 + 0.6 * fraction(seed, "base", hotel_id)
    level = _COSTLY.get(city.country_code, _ELSEWHERE)
    amenities = _amenities(seed, city, position, hotel_id=hotel_id, stars=stars, number=number)
    return Hotel(
        hotel_id=hotel_id,
        position=position,
        name=name,
        city=city,
        stars=stars,
        rating=round(min(9.8, 5.6 + 0.5 * stars + 1.8 * fraction(seed, "rating", hotel_id)), 1),
        amenities=amenities,
        base_cents=round(_BASE_CENTS[stars] * level * spread),
        rooms=_rooms(seed, hotel_id, stars, amenities),
        plans=_plans(seed, hotel_id, stars, amenities),
    )


def _amenities(
    seed: int, city: City, position: int, *, hotel_id: str, stars: int, number: int
) -> tuple[Amenity, ...]:
    """Drawn by stars; besides, every city has each amenity somewhere (a beach: by the sea)."""
    have: list[Amenity] = []
    for index, (amenity, shares) in enumerate(_AMENITIES.items()):
        if amenity == "beach" and city.code not in _BY_THE_SEA:
            continue
        if index % number == position or fraction(seed, amenity, hotel_id) < shares[stars - 2]:
            have.append(amenity)
    return tuple(have)


def _rooms(seed: int, hotel_id: str, stars: int, amenities: Sequence[Amenity]) -> tuple[Room, ...]:
    size = whole(8, 24, seed, "units", hotel_id)
    rooms = [Room("Double room", 2, size, 1.0)]
    if stars >= 3:
        rooms.append(Room("Superior double room", 3, math.ceil(size / 2), 1.22))
    if "family_rooms" in amenities or stars in (3, 4):
        rooms.append(Room("Family room", 4, math.ceil(size / 3), 1.55))
    if stars >= 5 and len(rooms) < ids.MAX_ROOMS:
        rooms.append(Room("Suite", 4, math.ceil(size / 4), 2.3))
    return tuple(rooms)


def _plans(seed: int, hotel_id: str, stars: int, amenities: Sequence[Amenity]) -> tuple[Plan, ...]:
    free_days = whole(1, 3, seed, "free", hotel_id)
    plans = [Plan("room_only", None), Plan("room_only", free_days)]
    if "breakfast" in amenities:
        plans = [Plan("room_only", None), Plan("breakfast", free_days)]
    if "restaurant" in amenities and stars >= 4:
        resort = "beach" in amenities
        plans.append(Plan("all_inclusive" if resort else "half_board", free_days))
    return tuple(plans)
