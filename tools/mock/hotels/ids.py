"""Ids that say where to look: a hotel id holds its city, a rate id the search that showed it.

Forty bits each, in eight base32 characters. Part of them is a mark drawn from the seed, so that
an id of another world, or a guessed one, is not found.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from tools.mock.core import randomness

HOTEL_PATTERN = r"^htl_[a-z2-7]{8}$"
RATE_PATTERN = r"^rate_[a-z2-7]{8}$"

MAX_ROOMS = 4

_MASK = (1 << 40) - 1
_FACTOR = 0x9E3779B97F | 1
_INVERSE = pow(_FACTOR, -1, 1 << 40)


@dataclass(frozen=True, slots=True)
class RateKey:
    """Which rate of which search: the search's mark (32 bits) and three positions."""

    search: int
    hotel: int
    room: int
    plan: int


def hotel_id(seed: int, city_code: str, position: int) -> str:
    """The id of a city's hotel at `position`: 21 bits of mark, 15 of city, 4 of position."""
    return _id("htl", (_hotel_mark(seed, city_code, position) << 19) | _place(city_code, position))


def locate_hotel(seed: int, identifier: str) -> tuple[str, int] | None:
    """City code and position of a hotel id of this world; None for any other text."""
    number = _number(HOTEL_PATTERN, identifier)
    if number is None:
        return None
    position, letters = number & 15, (number >> 4) & 0x7FFF
    if letters >= 26**3:
        return None
    city_code = "".join(chr(65 + letters // 26**power % 26) for power in (2, 1, 0))
    found = hotel_id(seed, city_code, position) == identifier
    return (city_code, position) if found else None


def rate_id(key: RateKey) -> str:
    """The id of a rate: 8 bits of position, 32 of mark."""
    return _id("rate", (((key.hotel << 4) | (key.room << 2) | key.plan) << 32) | key.search)


def locate_rate(identifier: str) -> RateKey | None:
    """Search and positions of a rate id; None for what is no rate id."""
    number = _number(RATE_PATTERN, identifier)
    if number is None:
        return None
    position = number >> 32
    return RateKey(number & 0xFFFFFFFF, position >> 4, (position >> 2) & 3, position & 3)


def search_mark(*parts: object) -> int:
    """The 32-bit mark of a search."""
    return int.from_bytes(randomness.digest("stay", *parts, size=4))


def _hotel_mark(seed: int, city_code: str, position: int) -> int:
    return int.from_bytes(randomness.digest(seed, "hotel", city_code, position, size=3)) >> 3


def _place(city_code: str, position: int) -> int:
    first, second, third = (ord(letter) - 65 for letter in city_code)
    return (((first * 26 + second) * 26 + third) << 4) | position


def _id(prefix: str, number: int) -> str:
    return f"{prefix}_{base64.b32encode(_scatter(number).to_bytes(5)).decode().lower()}"


def _number(pattern: str, identifier: str) -> int | None:
    if not re.fullmatch(pattern, identifier):
        return None
    return _gather(int.from_bytes(base64.b32decode(identifier.partition("_")[2].upper())))


def _scatter(number: int) -> int:
    """A permutation of 40-bit numbers: neighbours get ids that nobody takes for each other."""
    mixed = number * _FACTOR & _MASK
    mixed ^= mixed >> 20
    mixed = mixed * _FACTOR & _MASK
    return mixed ^ (mixed >> 20)


def _gather(mixed: int) -> int:
    """What `_scatter` was given. Shifts by half the width undo themselves."""
    number = (mixed ^ (mixed >> 20)) * _INVERSE & _MASK
    return (number ^ (number >> 20)) * _INVERSE & _MASK
