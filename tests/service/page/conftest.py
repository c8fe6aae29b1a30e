"""A browser, a fresh page in it, and the service it talks to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
import uvicorn

from tests.browser import HANGS_MS, chromium

from .double import Double

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
def double() -> Double:
    return Double()


@asynccontextmanager
async def serving(double: Double) -> AsyncGenerator[str]:
    """The double on an ephemeral port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(double.app(), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        server.force_exit = True
        await task


@pytest_asyncio.fixture(loop_scope="session")
async def base_url(double: Double) -> AsyncGenerator[str]:
    """Where the page is served."""
    async with serving(double) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, base_url: str) -> AsyncGenerator[BrowserContext]:
    context = await browser.new_context(
        base_url=base_url, locale="en-GB", reduced_motion="reduce", color_scheme="light",
        viewport={"width": 1180, "height": 860},
    )  # fmt: skip
    context.set_default_timeout(HANGS_MS)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncGenerator[Page]:
    """The open chat page. The test fails if anything was logged as an error or broke the policy."""
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda it: faults.append(it.text) if it.type in {"error", "warning"} else None
    )
    await page.goto("/")
    await page.locator("#wish").wait_for()
    yield page
    # A request that a test cuts off or has refused is logged by the browser itself.
    wanted = [text for text in faults if not text.startswith("Failed to load resource")]
    assert wanted == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def still_page(browser: Browser) -> AsyncGenerator[Page]:
    """One page for all tests of the modules: nothing there depends on what it shows."""
    async with serving(Double()) as address:
        page = await browser.new_page(base_url=address, locale="en-GB")
        await page.goto("/")
        await page.locator("#wish").wait_for()
        yield page
        await page.close()
