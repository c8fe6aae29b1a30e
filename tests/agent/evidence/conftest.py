from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agent.evidence.facts import Evidence, Fact
from agent.evidence.reader import Reader
from tools.spec import ToolSpec, ValueRule

USER = frozenset({"user"})

CABINS = {
    "economy": ("economy class", "ekonomi", "Economyklasse", "turista"),
    "business": ("business class", "iş sınıfı", "Businessklasse", "ejecutiva"),
    "first": ("first", "first class", "birinci sınıf", "erste Klasse", "primera clase"),
}
AMENITIES = {
    "pool": ("swimming pool", "havuz", "Schwimmbad", "piscina"),
    "pet_friendly": ("pet friendly", "pets", "evcil hayvan", "Haustiere", "mascotas"),
    "breakfast": ("breakfast", "kahvaltı", "Frühstück", "desayuno"),
}
BOARDS = {"breakfast_included": ("breakfast", "kahvaltı dahil")}


def a_tool(**changes: object) -> ToolSpec:
    fields: dict[str, object] = {
        "name": "search",
        "description": "Search",
        "api": "test",
        "method": "POST",
        "path": "/offers/search",
        "effect": "read",
        "parameters": {},
        "locations": {},
        "wire_names": {},
        "rules": {},
    }
    return ToolSpec(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def now() -> datetime:
    """A Wednesday."""
    return datetime(2027, 2, 10, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.fixture(scope="session")
def reader() -> Reader:
    vocabularies = {"cabin_class": CABINS, "amenities": AMENITIES, "board": BOARDS}
    rules = {
        f"/{name}": ValueRule("term", USER, vocabulary=name, terms=terms)
        for name, terms in vocabularies.items()
    }
    return Reader([a_tool(rules=rules)])


Read = Callable[..., list[Fact]]


@pytest.fixture(scope="session")
def read(reader: Reader, now: datetime) -> Read:
    """Facts of one kind in a message."""

    def of_kind(text: str, kind: str, earlier: Evidence | None = None) -> list[Fact]:
        reading = reader.read_message(text, "m1", now, earlier or Evidence())
        return [fact for fact in reading.facts if fact.kind == kind]

    return of_kind
