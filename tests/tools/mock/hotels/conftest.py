"""The hotels API on an ephemeral port: one server for a module, a world of its own for a test."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count

import httpx
import pytest
import pytest_asyncio

from tests.tools.mock.conftest import running
from tests.tools.mock.hotels.client import Hotels
from tools.mock.core.app import Settings
from tools.mock.hotels.api import create_hotels_app

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


async def _at_once() -> None:
    pass


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[httpx.AsyncClient]:
    async with running(create_hotels_app(Settings(now=NOW, slow=_at_once))) as client:
        yield client


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return count()


@pytest_asyncio.fixture(loop_scope="module")
async def hotels(server: httpx.AsyncClient, numbers: Iterator[int]) -> Hotels:
    client = Hotels(server, f"test{next(numbers)}")
    await client.sandbox()
    return client
