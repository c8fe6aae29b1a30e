"""The scheduler, over a model that counts: batching, sharing, giving up, failing, closing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.engines.embedded.blocks import BLOCK, BlockPool
from agent.engines.embedded.decoding import Decoding
from agent.engines.embedded.runtime import MAX_TOKENS, Row
from agent.engines.embedded.scheduler import Scheduler
from tools.errors import EngineError, EngineUnavailable

VOCABULARY = 1000


class CountingModel:
    """Says the number after the last one it sees. Steps only as far as the test lets it."""

    def __init__(self) -> None:
        self.steps: list[list[Row]] = []
        self.allowed = threading.Semaphore(0)
        self.entered = threading.Semaphore(0)
        self.failing = False
        self._logits = np.zeros((1, VOCABULARY), np.float32)

    def start(self, rows: list[Row], sampled: list[int]) -> None:
        self.steps.append(rows)
        self._logits = np.zeros((len(sampled), VOCABULARY), np.float32)
        for line, index in enumerate(sampled):
            self._logits[line, (rows[index].tokens[-1] + 1) % VOCABULARY] = 1.0

    def wait(self) -> NDArray[np.float32]:
        self.entered.release()
        self.allowed.acquire()
        if self.failing:
            raise RuntimeError("out of memory")
        return self._logits

    def run_free(self) -> None:
        for _ in range(10_000):
            self.allowed.release()


class GreedyChooser:
    """Takes the likeliest token; ends at `end`."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.done = False

    def forced(self) -> list[int]:
        return []

    def prepare(self) -> None:
        pass

    def choose(self, logits: NDArray[np.float32]) -> list[int]:
        token = int(np.argmax(logits))
        self.done = token == self.end
        return [token]


def counting(tokens: Sequence[int], max_tokens: int = 5, end: int = -1) -> Decoding:
    return Decoding(list(tokens), len(tokens), GreedyChooser(end), max_tokens)  # type: ignore[arg-type]


@pytest.fixture
def model() -> CountingModel:
    return CountingModel()


@pytest.fixture
def pool() -> BlockPool:
    return BlockPool(1, 32)


@pytest.fixture
def scheduler(model: CountingModel, pool: BlockPool) -> Iterator[Scheduler]:
    made = Scheduler(model, pool, max_running=4)
    yield made
    model.run_free()
    made.close()


def result(future: Future[Decoding]) -> list[int]:
    return list(future.result(timeout=20).act)


def test_it_decodes_until_the_limit_or_the_end(model: CountingModel, scheduler: Scheduler) -> None:
    model.run_free()
    assert result(scheduler.submit(counting([1, 2, 3]))) == [4, 5, 6, 7, 8]
    assert result(scheduler.submit(counting([1, 2, 3], end=6))) == [4, 5, 6]


def test_those_that_come_later_join_the_batch(model: CountingModel, scheduler: Scheduler) -> None:
    first = scheduler.submit(counting([1], max_tokens=6))
    model.entered.acquire()
    later = [scheduler.submit(counting([n * 10], max_tokens=2)) for n in (2, 3)]
    model.run_free()
    assert result(first) == [2, 3, 4, 5, 6, 7]
    assert [result(future) for future in later] == [[21, 22], [31, 32]]
    assert [len(rows) for rows in model.steps] == [1, 3, 3, 1, 1, 1]


def test_a_long_prompt_is_computed_in_pieces_and_holds_nobody_up(
    model: CountingModel, scheduler: Scheduler
) -> None:
    short = scheduler.submit(counting([1], max_tokens=4))
    model.entered.acquire()
    long = scheduler.submit(counting(range(MAX_TOKENS + 100), max_tokens=1))
    model.run_free()
    assert result(short) == [2, 3, 4, 5]
    assert result(long) == [MAX_TOKENS + 100]
    assert [sum(len(row.tokens) for row in rows) for rows in model.steps][1:3] == [MAX_TOKENS, 102]


def test_a_prefix_is_computed_once_even_by_those_that_come_together(
    model: CountingModel, scheduler: Scheduler, pool: BlockPool
) -> None:
    prefix = list(range(100, 100 + 3 * BLOCK))
    gate = scheduler.submit(counting([1], max_tokens=2))
    model.entered.acquire()
    together = [scheduler.submit(counting([*prefix, n], max_tokens=1)) for n in (7, 8, 9)]
    model.run_free()
    assert [result(future) for future in [gate, *together]] == [[2, 3], [8], [9], [10]]
    computed = sum(len(row.tokens) for rows in model.steps for row in rows)
    assert computed == 2 + len(prefix) + 3
    assert sorted(f.result().cached_tokens for f in together) == [0, len(prefix), len(prefix)]
    assert pool.available == pool.capacity


def test_more_than_the_cache_holds_take_turns(model: CountingModel) -> None:
    pool = BlockPool(1, 4)
    scheduler = Scheduler(model, pool, max_running=4)
    model.run_free()
    starts = [100, 300, 500]
    prompts = [range(start, start + 40) for start in starts]
    futures = [scheduler.submit(counting(prompt, max_tokens=50)) for prompt in prompts]
    for start, future in zip(starts, futures, strict=True):
        assert result(future) == list(range(start + 40, start + 90))
    assert pool.available == pool.capacity
    scheduler.close()


def test_no_more_than_so_many_run_at_once(model: CountingModel, scheduler: Scheduler) -> None:
    model.run_free()
    futures = [scheduler.submit(counting([n], max_tokens=3)) for n in range(9)]
    assert [result(future)[-1] for future in futures] == [n + 3 for n in range(9)]
    assert max(len(rows) for rows in model.steps) <= 4


def test_what_is_given_up_frees_its_blocks(
    model: CountingModel, scheduler: Scheduler, pool: BlockPool
) -> None:
    decoding = counting(range(3 * BLOCK), max_tokens=10_000)
    future = scheduler.submit(decoding)
    model.entered.acquire()
    assert pool.available < pool.capacity
    decoding.cancelled = True
    model.run_free()
    with pytest.raises(EngineError, match="given up"):
        future.result(timeout=20)
    assert pool.available == pool.capacity


def test_a_model_that_fails_fails_the_acts_and_not_the_engine(
    model: CountingModel, scheduler: Scheduler, pool: BlockPool
) -> None:
    model.failing = True
    future = scheduler.submit(counting([1]))
    model.allowed.release()
    with pytest.raises(EngineError, match="out of memory"):
        future.result(timeout=20)
    model.failing = False
    model.run_free()
    assert result(scheduler.submit(counting([1], max_tokens=1))) == [2]
    assert pool.available == pool.capacity


def test_closing_fails_what_is_under_way(model: CountingModel, scheduler: Scheduler) -> None:
    future = scheduler.submit(counting([1], max_tokens=10_000))
    model.entered.acquire()
    closing = threading.Thread(target=scheduler.close)
    closing.start()
    while not scheduler._closed:
        time.sleep(0)
    with scheduler._gate:
        model.allowed.release()
    with pytest.raises(EngineUnavailable):
        future.result(timeout=20)
    closing.join(timeout=20)
    with pytest.raises(EngineUnavailable):
        scheduler.submit(counting([1]))
