"""Look-up of places and airlines by code and by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources

import orjson

from tools.gazetteer.fold import compose, fold
from tools.gazetteer.places import LANGUAGES, Airport, Carrier, City, Language
from tools.gazetteer.scan import Match, Scanner

_FUZZY = 0.8
_SPOKEN: dict[str, Language] = {language: language for language in LANGUAGES}
_DEFAULT_LANGUAGE: Language = "en"


class Gazetteer:
    """Cities, their airports, and airlines. Immutable; safe to share."""

    def __init__(
        self, cities: Sequence[City], airports: Sequence[Airport], carriers: Sequence[Carrier]
    ) -> None:
        self._cities = {city.code: city for city in cities}
        self._airports = {airport.code: airport for airport in airports}
        self._carriers = {carrier.code: carrier for carrier in carriers}
        self._scanner = Scanner(cities, airports, carriers)
        self._searchable = [
            (fold(name), place) for place in self.places() for name in _names(place)
        ]

    @staticmethod
    def default() -> Gazetteer:
        """The committed gazetteer, read once."""
        return _load()

    def city(self, code: str) -> City | None:
        """The city with this IATA code (capital letters)."""
        return self._cities.get(code)

    def airport(self, code: str) -> Airport | None:
        """The airport with this IATA code (capital letters)."""
        return self._airports.get(code)

    def carrier(self, code: str) -> Carrier | None:
        """The airline with this IATA designator (capital letters)."""
        return self._carriers.get(code)

    def resolve(self, code: str) -> City | Airport | None:
        """The place with this code; the city where city and airport share it."""
        return self._cities.get(code) or self._airports.get(code)

    def cities(self) -> Sequence[City]:
        """All cities, by code."""
        return tuple(self._cities.values())

    def places(self) -> Iterable[City | Airport]:
        """All cities, each followed by its airports."""
        for city in self._cities.values():
            yield city
            yield from self.airports_of(city.code)

    def carriers(self) -> Sequence[Carrier]:
        """All airlines."""
        return tuple(self._carriers.values())

    def airports_of(self, city_code: str) -> Sequence[Airport]:
        """The passenger airports of a city, the principal one first; none for a foreign code."""
        city = self._cities.get(city_code)
        return tuple(self._airports[code] for code in city.airports) if city else ()

    def display_name(self, code: str, language: str) -> str:
        """What to call the place in `language` (BCP 47; English where it is none of ours).

        "Londra" for LON in Turkish, "Londra Heathrow" for LHR; an unknown code is its own name.
        """
        place = self.resolve(code)
        if place is None:
            return code
        key = _SPOKEN.get(language[:2].lower(), _DEFAULT_LANGUAGE)
        if isinstance(place, City):
            return place.names[key]
        city = self._cities[place.city_code]
        if not place.label:
            return city.names[key] if len(city.airports) == 1 else f"{city.names[key]} {code}"
        names_its_city = place.label.startswith(tuple(city.names.values()))
        return place.label if names_its_city else f"{city.names[key]} {place.label}"

    def search(self, query: str, limit: int = 10) -> list[City | Airport]:
        """Places whose name or code matches `query`, best first.

        Case and accents do not count. Exact codes come before exact names, then beginnings of
        names, beginnings of words in them, and, if there is nothing else, close spellings. A city
        brings its airports along. An empty query finds nothing.
        """
        wanted = " ".join(fold(compose(query)[0]).replace("-", " ").split())
        if not wanted:
            return []
        scores: dict[tuple[str, bool], float] = {}
        for name, place in self._searchable:
            score = _similarity(wanted, name.replace("-", " "), place.code.lower())
            key = (place.code, isinstance(place, City))
            if score > scores.get(key, 0.0):
                scores[key] = score
        for (code, is_city), score in list(scores.items()):
            for airport in self.airports_of(code) if is_city else ():
                key = (airport.code, False)
                scores[key] = max(scores.get(key, 0.0), score - 0.05)
        if not scores:
            scores = self._close_spellings(wanted)
        ranked = sorted(scores, key=lambda key: (-scores[key], not key[1]))
        return [
            self._cities[code] if is_city else self._airports[code] for code, is_city in ranked
        ][:limit]

    def scan(self, text: str) -> list[Match]:
        """The places and airlines named in `text`, in order, without overlap.

        Finds names in English, Turkish, German and Spanish, with case endings ("Londra'ya",
        "Berlinden"), and IATA codes in capital letters; ordinary words that are also names need a
        capital letter or a word like "to" before them. Offsets count characters of `text`.
        """
        return self._scanner.scan(text)

    def _close_spellings(self, wanted: str) -> dict[tuple[str, bool], float]:
        by_name = dict(reversed(self._searchable))
        close = difflib.get_close_matches(wanted, by_name, n=5, cutoff=_FUZZY)
        return {
            (by_name[name].code, isinstance(by_name[name], City)): 0.5 - rank / 100
            for rank, name in enumerate(close)
        }


def _names(place: City | Airport) -> Iterable[str]:
    names = place.names.values() if isinstance(place, City) else (place.name, place.label)
    return filter(None, (*names, *(alias.lstrip("~=") for alias in place.aliases)))


def _similarity(wanted: str, name: str, code: str) -> float:
    if wanted == code:
        return 1.0
    if wanted == name:
        return 0.9
    if len(wanted) < 2:
        return 0.0
    if name.startswith(wanted):
        return 0.8
    if f" {wanted}" in name:
        return 0.6
    return 0.0


@cache
def _load() -> Gazetteer:
    data = orjson.loads(resources.files("tools.gazetteer").joinpath("gazetteer.json").read_bytes())
    return Gazetteer(
        [
            City(
                code=row["code"],
                names=row["names"],
                aliases=tuple(row["aliases"]),
                airports=tuple(row["airports"]),
                country_code=row["country_code"],
                latitude=row["latitude"],
                longitude=row["longitude"],
                time_zone=row["time_zone"],
            )
            for row in data["cities"]
        ],
        [Airport(**(row | {"aliases": tuple(row["aliases"])})) for row in data["airports"]],
        [
            Carrier(**(row | {"aliases": tuple(row["aliases"]), "hubs": tuple(row["hubs"])}))
            for row in data["carriers"]
        ],
    )
