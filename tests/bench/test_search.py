"""The searches are compared fairly: same tasks, same mistakes, same weather, at any speed."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from io import StringIO

import httpx
import pytest
from rich.console import Console

from bench.search import Conditions, Outcome, Weather, chosen_tasks, report, run


async def statuses(seed: int, requests: int) -> list[int]:
    inner = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    weather = Weather(inner, Conditions(0, 0, 0.37), seed)
    async with inner, httpx.AsyncClient(transport=weather) as client:
        urls = [f"http://api.test/things/{number % 20}" for number in range(requests)]
        return [(await client.get(url)).status_code for url in urls]


async def test_the_share_of_failing_requests_is_what_was_asked_for_and_the_same_each_time():
    drawn = await statuses(1, 1000)
    assert drawn.count(503) / 1000 == pytest.approx(0.37, abs=0.05)
    assert drawn == await statuses(1, 1000)
    assert drawn != await statuses(2, 1000)


def test_tasks_are_spread_over_those_that_fit():
    tasks = chosen_tasks(20, (5, 8))
    assert len({task.id for task in tasks}) == 20
    assert len({task.template for task in tasks}) > 10
    assert all(5 <= len(task.gold) <= 8 and task.faults is None for task in tasks)
    assert len(chosen_tasks(10_000, (5, 8))) < 100


@pytest.fixture(scope="module")
def outcomes() -> Sequence[Outcome]:
    chosen = Namespace(
        tasks=2, acts=(3, 4), at_once=[1, 2], model_ms=0, api_ms=0, failures=0.37, seed=1
    )
    return asyncio.run(run(chosen, Console(quiet=True)))


def test_every_strategy_is_measured_and_ours_keeps_and_repeats_nothing(
    outcomes: Sequence[Outcome],
):
    assert [one.strategy for one in outcomes] == ["react", "react@n", "dfsdt", "callsign"]
    ours = outcomes[-1]
    assert (ours.repeated, ours.failing_kept, ours.rejected_kept) == (0, 0, 0)
    assert ours.solved == ours.tasks == 2
    assert all(one.model_calls > one.solved for one in outcomes)


def test_the_report_puts_ours_beside_dfsdt(outcomes: Sequence[Outcome]):
    text = StringIO()
    report(outcomes, Console(file=text, width=140))
    assert "2/2" in text.getvalue()
    assert "callsign against dfsdt" in text.getvalue()
