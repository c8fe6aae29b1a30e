from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from agent.clock import SandboxClock, SystemClock
from tools.errors import CallsignError, SandboxNotFound

BASE = "http://flights.test"


@pytest.fixture
async def clock() -> AsyncIterator[SandboxClock]:
    async with httpx.AsyncClient() as client:
        yield SandboxClock(f"{BASE}/", client)


async def test_real_time_is_aware_and_the_same_in_every_world() -> None:
    clock = SystemClock()
    first, second = await clock.now("a"), await clock.now("b")
    assert first.tzinfo is UTC
    assert timedelta(0) <= second - first < timedelta(minutes=1)


@respx.mock
async def test_a_sandbox_tells_its_own_time(clock: SandboxClock) -> None:
    respx.get(f"{BASE}/sandboxes/w1").respond(json={"now": "2026-11-22T09:00:00+00:00"})
    assert await clock.now("w1") == datetime(2026, 11, 22, 9, tzinfo=UTC)


@respx.mock
async def test_a_world_that_does_not_exist_is_named(clock: SandboxClock) -> None:
    respx.get(f"{BASE}/sandboxes/w2").respond(404)
    with pytest.raises(SandboxNotFound, match="w2"):
        await clock.now("w2")


@respx.mock
@pytest.mark.parametrize("sandbox", ["../offers", "a?b=c", "a#b", "a\nb", "ä b", "%2e"])
async def test_a_name_stays_one_segment_of_the_path(clock: SandboxClock, sandbox: str) -> None:
    route = respx.get(url__startswith=BASE).respond(404)
    with pytest.raises(SandboxNotFound):
        await clock.now(sandbox)
    path = route.calls.last.request.url.raw_path
    assert path.startswith(b"/sandboxes/")
    assert path.count(b"/") == 2
    assert b"?" not in path


@respx.mock
@pytest.mark.parametrize(
    "answer",
    [
        {"status_code": 503}, {"content": b"<html>"}, {"json": {}}, {"json": []},
        {"json": {"now": None}}, {"json": {"now": "noon"}}, {"json": {"now": "2026-11-22T09:00"}},
    ],
)  # fmt: skip
async def test_an_answer_without_a_time_is_an_error(
    clock: SandboxClock, answer: dict[str, Any]
) -> None:
    respx.get(f"{BASE}/sandboxes/w1").respond(**answer)
    with pytest.raises(CallsignError):
        await clock.now("w1")


@respx.mock
async def test_a_clock_that_cannot_be_reached_is_an_error(clock: SandboxClock) -> None:
    respx.get(f"{BASE}/sandboxes/w1").mock(side_effect=httpx.ConnectError("down"))
    with pytest.raises(CallsignError, match="does not tell its clock"):
        await clock.now("w1")
