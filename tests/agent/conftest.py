from collections.abc import AsyncIterator

import pytest

from tests.agent.bench import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.agent.aclose()
    await bench.client.aclose()
