"""A small booking API as tool specs, and evidence over it, for the pure parts' tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agent.evidence.facts import Evidence, Fact, UserText
from tools.spec import Relation, ToolSpec, ValueRule

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def rule(kind: Any, *sources: Any, **more: Any) -> ValueRule:
    return ValueRule(kind=kind, sources=frozenset(sources or {"user"}), **more)


def tool(name: str, properties: dict[str, Any], required: list[str], **more: Any) -> ToolSpec:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    defaults: dict[str, Any] = {
        "description": name.replace("_", " "),
        "api": "test",
        "method": "POST",
        "path": f"/{name}",
        "effect": "read",
        "locations": dict.fromkeys(properties, "body"),
        "wire_names": {key: key for key in properties},
        "rules": {},
    }
    return ToolSpec(name=name, parameters=parameters, **{**defaults, **more})


SEARCH = tool(
    "search_flights",
    {
        "origin": {"type": "string"},
        "destination": {"type": "string"},
        "departure_date": {"type": "string", "format": "date"},
        "return_date": {"type": "string", "format": "date"},
        "adults": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
        "cabin_class": {"type": "string", "enum": ["economy", "business"]},
    },
    ["origin", "destination", "departure_date"],
    rules={
        "/origin": rule("place", "user", "result"),
        "/destination": rule("place", "user", "result"),
        "/departure_date": rule("date", when="future"),
        "/return_date": rule("date", when="future"),
        "/adults": rule("integer", "user", "default", unit="adult"),
        "/cabin_class": rule("term", vocabulary="cabin_class"),
    },
    relations=(
        Relation("differs", "destination", "origin"),
        Relation("after", "return_date", "departure_date"),
    ),
)
BOOK = tool(
    "book_flight",
    {
        "offer_id": {"type": "string"},
        "passengers": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "given_name": {"type": "string"},
                    "born_on": {"type": "string", "format": "date"},
                },
                "required": ["given_name", "born_on"],
                "additionalProperties": False,
            },
        },
        "contact_email": {"type": "string", "format": "email"},
    },
    ["offer_id", "passengers", "contact_email"],
    effect="write",
    rules={
        "/offer_id": rule("entity", "result", entity="flight_offer"),
        "/passengers/*/given_name": rule("name"),
        "/passengers/*/born_on": rule("date", when="past"),
        "/contact_email": rule("email"),
    },
)
PING = tool("ping", {"note": {"type": "string", "maxLength": 20}}, [])
TOOLS = (SEARCH, BOOK, PING)
BY_NAME = {one.name: one for one in TOOLS}


def said(*facts: Fact, text: str = "") -> Evidence:
    return Evidence().plus(facts, UserText("m1", text))


def user(kind: Any, value: Any, **more: Any) -> Fact:
    return Fact(kind, value, "user", "m1:0-1", str(value), **more)


def offer(offer_id: str, minutes: int = 30) -> Fact:
    expires = NOW + timedelta(minutes=minutes)
    return Fact(
        "entity", offer_id, "result", f"c1/data/0/{offer_id}", offer_id,
        entity="flight_offer", expires_at=expires,
    )  # fmt: skip


TRIP = (
    user("place", "BER"),
    user("place", "PAR"),
    user("date", "2027-03-03"),
    user("date", "2027-03-07"),
)
PERSON = (
    user("name", "Ada"),
    user("date", "1990-05-12"),
    user("email", "ada@example.com"),
)
