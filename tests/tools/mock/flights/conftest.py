"""A running flights API, and a world of its own in it for each test."""

import itertools
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.tools.mock.conftest import running_in_thread
from tests.tools.mock.flights.traveller import Flights
from tools.mock.core.app import Settings
from tools.mock.flights.api import create_flights_app

NUMBERS = itertools.count(1)


async def _at_once() -> None:
    pass


@pytest.fixture(scope="package")
def flights_url() -> Iterator[str]:
    """The flights API, shared by the tests; the fault `slow` waits for nothing."""
    with running_in_thread(create_flights_app(Settings(slow=_at_once))) as url:
        yield url


@pytest.fixture
async def flights(flights_url: str) -> AsyncIterator[Flights]:
    """A traveller in a fresh world whose clock stands at 2026-06-01 09:00 UTC."""
    sandbox = {"id": f"test-{next(NUMBERS)}", "seed": 0, "now": "2026-06-01T09:00:00Z"}
    async with httpx.AsyncClient(base_url=flights_url, timeout=20) as http:
        assert (await http.post("/sandboxes", json=sandbox)).status_code == 201
        yield Flights(http, sandbox["id"])
