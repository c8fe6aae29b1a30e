"""The OpenAPI document: what it promises, and that the service keeps it."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.tools.mock.hotels.client import GUESTS, STAY
from tools.mock.core.app import Settings
from tools.mock.core.server import bind, server_of, url_of
from tools.mock.hotels.api import create_hotels_app

APP = create_hotels_app(Settings(now=datetime(2026, 6, 1, 9, 0, tzinfo=UTC)))
DOCUMENT: dict[str, Any] = APP.openapi()
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
}
SCHEMAS = DOCUMENT["components"]["schemas"]
API = schemathesis.openapi.from_dict(DOCUMENT)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """A client of the service, which runs in a thread: schemathesis is not asynchronous."""
    listening, server = bind("127.0.0.1", 0), server_of(APP)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    with httpx.Client(base_url=url_of(listening), timeout=20) as client:
        yield client
    server.should_exit = True
    thread.join()


def check(answer: httpx.Response, schema: str) -> dict[str, Any]:
    """The body, which must be what the document says in full."""
    reference = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    jsonschema_rs.validator_for(reference, validate_formats=True).validate(answer.json())
    assert answer.is_success == (schema != "Problem")
    return answer.json()


@pytest.mark.timeout(120)
@API.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_keep_to_the_document(case: schemathesis.Case, http: httpx.Client):
    case.call_and_validate(base_url=str(http.base_url), checks=CHECKS)


def test_a_whole_journey_keeps_to_the_document(http: httpx.Client):
    found = check(http.post("/stays/search", json=STAY), "StayResults")
    hotel = found["data"][0]
    rate = hotel["rates"][-1]
    check(http.get(f"/hotels/{hotel['hotel_id']}"), "HotelDetails")
    check(http.get(f"/rates/{rate['rate_id']}"), "RateDetails")
    wish = {"rate_id": rate["rate_id"], "guests": GUESTS, "contact_email": "ada@example.com"}
    check(http.post("/bookings", json=wish), "Problem")
    booking = check(http.post("/bookings", json=wish, headers={"Idempotency-Key": "k"}), "Booking")
    check(http.get("/bookings"), "Bookings")
    path = f"/bookings/{booking['booking_id']}"
    check(http.get(path), "Booking")
    quote = check(http.post(f"{path}/cancellations"), "Cancellation")
    path = f"/cancellations/{quote['cancellation_id']}"
    check(http.get(path), "CancellationState")
    check(http.post(f"{path}/confirm"), "CancellationConfirmation")
    check(http.get(path), "CancellationState")
    check(http.get("/bookings/nothing"), "Problem")


def test_the_operations_are_the_contracts():
    effects = {name: operation["x-effect"] for name, operation in OPERATIONS.items()}
    assert effects == {
        "search_hotels": "read",
        "get_hotel": "read",
        "get_hotel_rate": "read",
        "book_hotel": "write",
        "list_hotel_bookings": "read",
        "get_hotel_booking": "read",
        "quote_hotel_cancellation": "read",
        "get_hotel_cancellation": "read",
        "confirm_hotel_cancellation": "write",
    }


def test_writes_say_how_they_are_approved_and_read_back():
    booking, confirmation = OPERATIONS["book_hotel"], OPERATIONS["confirm_hotel_cancellation"]
    assert booking["x-approval"]["refresh"] == "get_hotel_rate"
    assert booking["x-approval"]["terms"] == {"refundable_until": "/refundable_until"}
    assert booking["x-read-back"]["arguments"] == {"idempotency_key": "$idempotency_key"}
    assert confirmation["x-approval"]["total"] == "/refund"
    assert confirmation["x-read-back"]["found"] == "/confirmation"
    for operation in (booking, confirmation):
        assert operation["x-read-back"]["operation"] in OPERATIONS
        keys = {item["name"]: item for item in operation["parameters"]}
        assert keys["Idempotency-Key"]["x-internal"] is True


def test_headers_and_the_key_filter_are_internal():
    parameters = {item["name"]: item for item in OPERATIONS["list_hotel_bookings"]["parameters"]}
    internal = {name for name, item in parameters.items() if item.get("x-internal")}
    assert internal == {"idempotency_key", "X-Sandbox"}
    assert parameters["city_code"]["schema"]["x-kind"] == "place"


def test_requests_are_closed_and_every_argument_says_where_its_value_comes_from():
    for name in ("StaySearch", "NewBooking", "Guest"):
        assert SCHEMAS[name]["additionalProperties"] is False
        for field, schema in SCHEMAS[name]["properties"].items():
            leaf = schema.get("items", schema)
            assert "x-source" in leaf or "$ref" in leaf, field
            assert "null" not in str(schema.get("anyOf", "")), field


@pytest.mark.parametrize(
    ("schema", "field", "entity"),
    [
        ("HotelWithRates", "hotel_id", "hotel"),
        ("Rate", "rate_id", "hotel_rate"),
        ("Booking", "booking_id", "hotel_booking"),
        ("Cancellation", "cancellation_id", "hotel_cancellation"),
        ("HotelMeta", "next_cursor", "hotel_cursor"),
    ],
)
def test_ids_in_results_say_what_they_name(schema: str, field: str, entity: str):
    assert SCHEMAS[schema]["properties"][field]["x-entity"] == entity


def test_enums_come_with_the_words_of_four_languages():
    amenities = SCHEMAS["StaySearch"]["properties"]["amenities"]["items"]
    assert set(amenities["x-terms"]) == set(amenities["enum"])
    assert {"pool", "havuz", "Schwimmbad", "piscina"} <= set(amenities["x-terms"]["pool"])
    sort = SCHEMAS["StaySearch"]["properties"]["sort"]
    assert {"cheapest", "en ucuz", "günstigste", "más barato"} <= set(sort["x-terms"]["price"])
