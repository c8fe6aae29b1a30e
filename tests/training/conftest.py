"""One world for all tests of training: both practice APIs, started once.

A test that uses it runs in the session's loop: ``pytest.mark.asyncio(loop_scope="session")``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from training.worlds import World, world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def earth() -> AsyncIterator[World]:
    async with world() as running:
        yield running
