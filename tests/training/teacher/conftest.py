from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import respx

from tests.training.teacher.servers import URL, Server, Stopwatch
from training.teacher import Teacher, open_teacher
from training.teacher.settings import teacher_settings

Opened = Callable[..., AbstractAsyncContextManager[Teacher]]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's own settings get into a test."""
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "MODEL", "KEY", "PRICE_PROMPT", "PRICE_COMPLETION", "ANSWERS"):
        monkeypatch.delenv(f"CALLSIGN_TEACHER_{name}", raising=False)


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def teacher(tmp_path: Path, stopwatch: Stopwatch) -> Opened:
    """Opens a teacher over a server that answers as the test says."""

    @asynccontextmanager
    async def opened(server: Server, **more: Any) -> AsyncGenerator[Teacher]:
        settings = teacher_settings(url=URL, model="big", answers=tmp_path / "a.sqlite", **more)
        with respx.mock(assert_all_called=False) as mocked:
            mocked.post(f"{URL}/chat/completions").mock(side_effect=server)
            async with open_teacher(settings, stopwatch.time) as one:
                yield one

    return opened
