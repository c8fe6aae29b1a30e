"""Which regions a city lies in: its country, and its state in the United States and Canada.

Countries come from the gazetteer and Unicode CLDR, states from the airports that airportsdata
places in each city. A city that neither knows lies nowhere as far as these can tell.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import cast

import airportsdata
from babel import Locale

from agent.evidence.folding import fold
from agent.evidence.lexicon import LANGUAGES
from tools.gazetteer import Gazetteer

_WITH_STATES = frozenset({"US", "CA"})


@lru_cache(maxsize=4096)
def regions_of(city: str) -> frozenset[str]:
    """Names and codes, folded, of the regions that a city of this name or IATA code lies in.

    A name that several cities share has the regions of all of them.
    """
    gazetteer = Gazetteer.default()
    airport = gazetteer.airport(city)
    known = gazetteer.city(airport.city_code if airport else city)
    found = set(_country_names(known.country_code)) if known else set[str]()
    for country, state in _lands_by_city().get(fold(known.name if known else city), ()):
        if known is None or known.country_code == country:
            found |= _country_names(country)
            found |= _state_names().get(state, frozenset()) if country in _WITH_STATES else set()
    return frozenset(found)


@cache
def _lands_by_city() -> Mapping[str, frozenset[tuple[str, str]]]:
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for airport in airportsdata.load("IATA").values():
        found[fold(airport["city"])].add((airport["country"], fold(airport["subd"])))
    return {city: frozenset(lands) for city, lands in found.items()}


@cache
def _state_names() -> Mapping[str, frozenset[str]]:
    """The name and the postal code of each state, by its folded name."""
    source = resources.files("agent.evidence") / "words" / "states.toml"
    tables = tomllib.loads(source.read_text(encoding="utf-8"))
    return {
        fold(name): frozenset({fold(name), code.lower()})
        for country in tables.values()
        for code, name in country.items()
    }


@cache
def _country_names(code: str) -> frozenset[str]:
    names: set[str] = {code.lower(), *_USUAL.get(code, ())}
    for language in LANGUAGES:
        territories = cast("Mapping[str, str]", Locale(language).territories)
        names.add(fold(territories.get(code, code)))
    return frozenset(names)


# What people call a country beside its name in CLDR.
_USUAL: Mapping[str, tuple[str, ...]] = {
    "US": ("usa", "u.s.", "u.s.a.", "america", "united states of america", "abd"),
    "GB": ("uk", "u.k.", "great britain", "britain", "england", "ingiltere", "inglaterra"),
    "AE": ("uae",),
}
