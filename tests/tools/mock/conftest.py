"""Real servers for the mock APIs' tests, on ephemeral ports."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from tools.mock.core.server import bind, server_of, url_of

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
Serve = Callable[[FastAPI], Awaitable[httpx.AsyncClient]]


@asynccontextmanager
async def running(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of `app`, served by uvicorn over TCP."""
    listening = bind("127.0.0.1", 0)
    server = server_of(app)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        async with httpx.AsyncClient(base_url=url_of(listening), timeout=20) as client:
            yield client
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts an application and gives a client of it; both end with the test."""
    async with AsyncExitStack() as stack:

        async def start(app: FastAPI) -> httpx.AsyncClient:
            return await stack.enter_async_context(running(app))

        yield start
