"""Headless Chromium for tests: the one of the system, skipped where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser

CHROMIUM = os.environ.get("CALLSIGN_CHROMIUM") or shutil.which("chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


HANGS_MS = 30_000
"""What takes longer hangs. On a busy machine seconds pass."""


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: install one or set CALLSIGN_CHROMIUM")
    from playwright.async_api import (  # noqa: PLC0415 - optional, slow to import
        async_playwright,
        expect,
    )

    expect.set_options(timeout=HANGS_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()
