"""Whatever schemathesis sends: no 5xx, no undocumented status or header, no schema violation."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.tools.mock.conftest import running_in_thread
from tests.tools.mock.flights.traveller import ADA, SEARCH
from tools.mock.core.app import Settings
from tools.mock.flights.api import create_flights_app

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


MORNING = datetime(2026, 6, 1, 7, tzinfo=UTC)
"""Late in the day the last flights of the default world's today have left."""


@pytest.fixture(scope="module")
def flights_url() -> Iterator[str]:
    with running_in_thread(create_flights_app(Settings(now=MORNING))) as url:
        yield url


@pytest.fixture(scope="module")
def known_ids(flights_url: str) -> dict[str, str]:
    """Ids of real things, which no generator would guess."""
    with httpx.Client(base_url=flights_url) as http:
        start = http.get("/sandboxes/default").json()["now"][:10]
        search = SEARCH | {"departure_date": start, "destination": "NYC"}
        offer = http.post("/offers/search", json=search).json()["data"][0]["offer_id"]
        body = {"offer_id": offer, "passengers": [ADA], "contact_email": "ada@example.com"}
        order = http.post("/orders", json=body, headers={"Idempotency-Key": "k"}).json()["order_id"]
        quote = http.post(f"/orders/{order}/cancellations").json()["cancellation_id"]
    return {"offer_id": offer, "order_id": order, "cancellation_id": quote, "sandbox_id": "default"}


APP = create_flights_app(Settings())
flights_document = schemathesis.openapi.from_dict(APP.openapi())
control_document = schemathesis.openapi.from_dict(APP.state.control_document)
bounded = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def validate(case: schemathesis.Case, url: str, known_ids: dict[str, str]) -> None:
    """Call the case as it is, and once more with ids of things that exist."""
    case.call_and_validate(base_url=url, checks=CHECKS)
    if known_ids.keys() & (case.path_parameters or {}).keys() and "X-Sandbox" not in case.headers:
        case.path_parameters = {name: known_ids[name] for name in case.path_parameters}
        case.call_and_validate(
            base_url=url, checks=CHECKS, excluded_checks=[negative_data_rejection]
        )


@flights_document.parametrize()
@bounded
def test_the_flights_document(
    case: schemathesis.Case, flights_url: str, known_ids: dict[str, str]
) -> None:
    validate(case, flights_url, known_ids)


@control_document.parametrize()
@bounded
def test_the_control_document(
    case: schemathesis.Case, flights_url: str, known_ids: dict[str, str]
) -> None:
    validate(case, flights_url, known_ids)
