"""A browser, and the report of a small run opened in it from a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.browser import HANGS_MS, chromium
from tests.training.benchmark.report.attempts import run
from training.benchmark.report import write

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

MANIFEST = {
    "command": "callsign bench run --suite booking --seed 7",
    "suites": {"booking": "3f0c" * 16},
    "seed": 7,
    "sittings": [{"machine": "2 cores", "commit": "abc"}],
}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "deep" / "report.html"
    write(run(), MANIFEST, out)
    return out


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncGenerator[Page]:
    """An empty page. The test fails if anything was logged, thrown, refused or requested."""
    context = await browser.new_context(
        locale="en-GB", reduced_motion="reduce", viewport={"width": 1180, "height": 860}
    )
    context.set_default_timeout(HANGS_MS)
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda it: faults.append(it.text))
    page.on(
        "request",
        lambda it: None if it.url.startswith(("file:", "data:")) else faults.append(it.url),
    )
    yield page
    await context.close()
    assert faults == []
