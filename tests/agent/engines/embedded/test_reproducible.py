"""What is decoded depends on the prompt alone, over a model whose sums depend on every shape."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.engines.base import Message, Sampling
from agent.engines.embedded import EmbeddedEngine, EmbeddedOptions
from agent.engines.embedded.blocks import BLOCK, BlockPool
from agent.engines.embedded.decoding import Decoding
from agent.engines.embedded.runtime import Row
from agent.engines.embedded.scheduler import Scheduler
from agent.models import ModelFiles

VOCABULARY = 50
PIECE = 2 * BLOCK


class TouchyModel:
    """Each cached token remembers the passes that made it; the logits come from all of that."""

    def __init__(self, blocks: int) -> None:
        self._cache: dict[int, int] = dict.fromkeys(range(blocks * BLOCK), 0)
        self._logits = np.zeros((0, VOCABULARY), np.float32)

    def start(self, rows: list[Row], sampled: list[int]) -> None:
        size = sum(len(row.tokens) for row in rows)
        ends = [self._compute(row, size) for row in rows]
        drawn = [np.random.default_rng(ends[index]).random(VOCABULARY) for index in sampled]
        self._logits = np.array(drawn, np.float32)

    def wait(self) -> NDArray[np.float32]:
        return self._logits

    def _compute(self, row: Row, size: int) -> int:
        slots = [row.blocks[n // BLOCK] * BLOCK + n % BLOCK for n in range(row.past)]
        seen = hash(tuple(self._cache[slot] for slot in slots))
        for n, token in enumerate(row.tokens, row.past):
            seen = hash((seen, token, size))
            self._cache[row.blocks[n // BLOCK] * BLOCK + n % BLOCK] = seen
        return abs(seen)


class Greedy:
    """Takes the likeliest token, and now and then what a grammar would force after it."""

    done = False

    def prepare(self) -> None:
        pass

    def forced(self) -> list[int]:
        return []

    def choose(self, logits: NDArray[np.float32]) -> list[int]:
        token = int(np.argmax(logits))
        return [token] * (1 if token % 3 else 40)


def decoding(tokens: Sequence[int]) -> Decoding:
    return Decoding(list(tokens), len(tokens), Greedy(), max_tokens=90)  # type: ignore[arg-type]


def decoded(prompts: Sequence[Sequence[int]], piece: int | None) -> list[list[int]]:
    """What each prompt gives, all submitted at once to a cache too small to keep everything."""
    pool = BlockPool(1, 24)
    running = 4 if piece is None else 1
    scheduler = Scheduler(TouchyModel(25), pool, running, piece=piece)
    futures = [scheduler.submit(decoding(prompt)) for prompt in prompts]
    acts = [list(future.result(timeout=20).act) for future in futures]
    scheduler.close()
    assert pool.available == pool.capacity
    return acts


def conversations(seed: int) -> list[list[int]]:
    """Prompts that share their beginnings, each at a length of its own."""
    random = Random(seed)
    shared = [random.randrange(VOCABULARY) for _ in range(200)]
    return [
        shared[: random.randrange(20, 200)] + [random.randrange(VOCABULARY) for _ in range(length)]
        for length in (3, 31, 32, 64, 100, 129)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_alone_together_cold_and_warm_give_the_same(seed: int) -> None:
    prompts = conversations(seed)
    alone = [decoded([prompt], PIECE)[0] for prompt in prompts]
    # A later turn's prompt begins with what an earlier one decoded.
    turns = [prompt + act for prompt, act in zip(prompts, alone, strict=True)]
    then = [decoded([turn], PIECE)[0] for turn in turns]
    assert decoded([*prompts, *turns], PIECE) == alone + then
    assert decoded([*turns, *reversed(prompts)], PIECE) == then + alone[::-1]


def test_without_pieces_such_a_model_gives_something_else() -> None:
    prompts = conversations(0)
    alone = [decoded([prompt], None)[0] for prompt in prompts]
    assert decoded(prompts, None) != alone


def test_whole_pieces_are_shared() -> None:
    pool = BlockPool(1, 24)
    scheduler = Scheduler(TouchyModel(25), pool, 1, piece=PIECE)
    prompt = list(range(3 * PIECE))
    scheduler.submit(decoding(prompt)).result(timeout=20)
    again = scheduler.submit(decoding([*prompt, 7])).result(timeout=20)
    # Its last block but one is cached too, without the one after it.
    part = scheduler.submit(decoding([*prompt[: 2 * PIECE + BLOCK], 7])).result(timeout=20)
    scheduler.close()
    assert again.cached_tokens == 3 * PIECE
    assert part.cached_tokens == 2 * PIECE


async def test_the_engine_says_the_same_at_once_and_alone(tiny_files: ModelFiles) -> None:
    options = EmbeddedOptions(cache_tokens=2048, reproducible=True)
    prompts = [[Message("user", "the tools " * 12 + str(n))] for n in range(6)]
    sampling = Sampling(temperature=1.5, seed=3, max_tokens=40)
    said: list[list[str]] = []
    for order in (prompts, prompts[::-1]):
        engine = await EmbeddedEngine.load(tiny_files, options)
        done = await asyncio.gather(*(engine.propose(p, None, sampling) for p in order))
        said.append([one.text for one in done])
        await engine.aclose()
    assert said[0] == said[1][::-1]
