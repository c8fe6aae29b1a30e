"""The entries of the gazetteer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "tr", "de", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "tr", "de", "es")


@dataclass(frozen=True, slots=True)
class Airport:
    """A passenger airport.

    `code` and `city_code` are IATA codes (three capital letters), `name` the official English
    name, `label` what people call it beside its city ("Heathrow", "" where nothing is usual).
    Latitude and longitude are WGS 84 degrees, `time_zone` is an IANA zone and `country_code`
    ISO 3166-1 alpha-2. `aliases` are further names that find it.
    """

    code: str
    city_code: str
    name: str
    label: str
    country_code: str
    latitude: float
    longitude: float
    time_zone: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class City:
    """A city that flights and hotels serve.

    `code` is the IATA metropolitan code, which is often also the code of its only airport.
    `airports` holds airport codes, the principal one first; coordinates, country and zone are
    that one's. `names` has the usual name in each language, `aliases` further spellings.
    """

    code: str
    names: Mapping[Language, str]
    aliases: tuple[str, ...]
    airports: tuple[str, ...]
    country_code: str
    latitude: float
    longitude: float
    time_zone: str

    @property
    def name(self) -> str:
        """The English name."""
        return self.names["en"]


@dataclass(frozen=True, slots=True)
class Carrier:
    """An airline. `code` is its two-character IATA designator, `hubs` are airport codes."""

    code: str
    name: str
    country_code: str
    model: Literal["full", "low"]
    hubs: tuple[str, ...]
    aliases: tuple[str, ...] = ()
