"""Real servers for the mock APIs' tests, on ephemeral ports."""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import httpx
import pytest
from fastapi import FastAPI

from tools.mock.core.server import bind, server_of, url_of

Serve = Callable[[FastAPI], Awaitable[httpx.AsyncClient]]


@contextmanager
def running_in_thread(app: FastAPI) -> Generator[str]:
    """The URL of `app`, served from a thread of its own, for tests that share it."""
    listening = bind("127.0.0.1", 0)
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield url_of(listening)
    finally:
        server.should_exit = True
        thread.join()


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
