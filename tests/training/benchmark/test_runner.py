"""Every attempt of a plan is made once, and gives the same whatever ran before or beside it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.benchmark.toy import ToySuite, manifest, tasks
from tools.errors import BenchmarkError
from training.benchmark.contestants import parse_contestants
from training.benchmark.records import Result
from training.benchmark.runner import Setup, attempt_seed, chosen, jobs, run
from training.benchmark.store import open_store, read_run
from training.benchmark.suite import BASELINES


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "acts.json"
    path.write_text("[]")
    return f"scripted:{path}"


@pytest.fixture
def setup(script: str) -> Setup:
    return Setup(
        suites=[ToySuite(tasks(a=4, b=2))],
        contestants=parse_contestants([f"one={script}", f"two={script}"]),
        modes=("free", "grounded"),
        trials=2,
        temperature=0.7,
    )


async def made(setup: Setup, folder: Path, stop_after: int | None = None) -> Sequence[Result]:
    """Make what is left in a folder, or so many attempts more, then cancel."""
    with open_store(folder, manifest(), resume=True) as store:
        left = [job for job in jobs(setup) if job.key not in store.done]
        seen: list[Result] = []
        task: asyncio.Task[None]

        def watch(result: Result) -> None:
            seen.append(result)
            if len(seen) == stop_after:
                task.cancel()

        task = asyncio.create_task(run(setup, left, store, watch))
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
    return list(read_run(folder))


async def test_every_attempt_is_made_once(setup: Setup, tmp_path: Path) -> None:
    results = await made(setup, tmp_path / "run")
    assert len(results) == len(jobs(setup)) == 6 * 2 * (2 * 2 + len(BASELINES))
    assert Counter(one.contestant for one in results) == {
        "one": 24, "two": 24, **dict.fromkeys(BASELINES, 12),
    }  # fmt: skip
    assert {one.key for one in results} == {job.key for job in jobs(setup)}


async def test_a_baseline_plays_in_the_mode_that_its_suite_says(setup: Setup) -> None:
    modes = {(job.contestant, job.mode) for job in jobs(setup) if job.contestant in BASELINES}
    assert modes == {("do nothing", "free"), ("always ask", "free"), ("gold replay", "grounded")}


async def test_stopped_and_resumed_gives_what_one_sitting_gives(
    setup: Setup, tmp_path: Path
) -> None:
    whole = await made(setup, tmp_path / "whole")
    sittings = 0
    while len(await made(setup, tmp_path / "parts", stop_after=13)) < len(whole):
        sittings += 1
    assert sittings > 3
    assert list(read_run(tmp_path / "parts")) == whole


async def test_concurrency_changes_no_result(setup: Setup, tmp_path: Path) -> None:
    alone = await made(setup, tmp_path / "alone")
    together = await made(replace(setup, concurrency=7), tmp_path / "together")
    assert together == alone


async def test_a_resumed_run_makes_no_attempt_again(setup: Setup, tmp_path: Path) -> None:
    await made(setup, tmp_path)
    suite = setup.suites[0]
    assert isinstance(suite, ToySuite)
    before = len(suite.played)
    await made(setup, tmp_path)
    assert len(suite.played) == before


async def test_an_engine_that_is_away_stops_the_run_and_is_asked_again(
    setup: Setup, tmp_path: Path
) -> None:
    suite = ToySuite(tasks(a=4), errors={"a-2": "EngineUnavailable: no answer"})
    away = replace(setup, suites=[suite])
    with pytest.raises(BenchmarkError, match="cannot go on: EngineUnavailable: no answer"):
        await made(away, tmp_path)
    assert "a-2" not in {one.task for one in read_run(tmp_path)}
    assert suite.open_now == 0
    suite.errors.clear()
    assert len(await made(away, tmp_path)) == len(jobs(away))


async def test_an_engine_that_refuses_is_a_result(setup: Setup, tmp_path: Path) -> None:
    suite = ToySuite(tasks(a=1), errors={"a-0": "EngineRefused: too long"})
    results = await made(replace(setup, suites=[suite]), tmp_path)
    assert {one.error for one in results} == {"EngineRefused: too long"}


async def test_sampling_is_drawn_for_the_attempt_and_alike_for_all_who_play(
    setup: Setup, tmp_path: Path
) -> None:
    await made(setup, tmp_path)
    suite = setup.suites[0]
    assert isinstance(suite, ToySuite)
    seeds: dict[tuple[str, int], set[int]] = {}
    for one in suite.played:
        assert one.options.sampling.temperature == 0.7
        seeds.setdefault((one.task.id, one.trial), set()).add(one.options.sampling.seed)
    assert all(len(drawn) == 1 for drawn in seeds.values())
    assert len(set.union(*seeds.values())) == len(seeds) == 12


def test_a_seed_fits_into_what_servers_take() -> None:
    seeds = [attempt_seed(0, "toy", f"t{n}", 0) for n in range(100)]
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert seeds != [attempt_seed(1, "toy", f"t{n}", 0) for n in range(100)]


@given(
    sizes=st.dictionaries(st.sampled_from("abcd"), st.integers(1, 30), min_size=1),
    seed=st.integers(),
    data=st.data(),
)
def test_a_limit_takes_categories_in_their_proportions(
    sizes: dict[str, int], seed: int, data: st.DataObject
) -> None:
    suite = ToySuite(tasks(**sizes))
    total = sum(sizes.values())
    limit = data.draw(st.integers(1, total))
    drawn = chosen(suite, limit, seed)
    assert len({task.id for task in drawn}) == len(drawn) == limit
    counts = Counter(task.categories[0] for task in drawn)
    for category, size in sizes.items():
        assert abs(counts[category] - limit * size / total) <= len(sizes) / 2 + 0.5
    assert chosen(suite, limit, seed) == drawn
    if limit < total - 1:
        assert list(chosen(suite, limit + 1, seed))[:limit] == list(drawn)


def test_another_seed_draws_other_tasks() -> None:
    suite = ToySuite(tasks(a=50))
    drawn = [tuple(task.id for task in chosen(suite, 5, seed)) for seed in range(4)]
    assert len(set(drawn)) == 4
    assert chosen(suite, None, 0) == suite.tasks
