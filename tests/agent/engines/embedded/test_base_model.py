"""The real base model, as it is shipped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from agent import models
from agent.engines.base import Message, Sampling
from agent.engines.embedded import EmbeddedEngine, EmbeddedOptions

# The first of them fetches and converts the model, which takes long on a machine that is busy.
pytestmark = [
    pytest.mark.model, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module"),
]  # fmt: skip

ACT = r"""
start: "{\"name\":\"search_flights\",\"arguments\":{" places date "}}"
places: "\"origin\":\"" CODE "\",\"destination\":\"" CODE
date: "\",\"departure_date\":\"2027-03-03\",\"adults\":" /[1-9]/
CODE: "BER" | "IST" | "LON"
"""
PROMPT = [
    Message("system", "You book flights. " + "Answer with one call and nothing else. " * 20),
    Message("user", "Berlin to Istanbul on 3 March 2027 for two"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine() -> AsyncIterator[EmbeddedEngine]:
    loaded = await EmbeddedEngine.load(models.ensure(), EmbeddedOptions(cache_tokens=4096))
    yield loaded
    await loaded.aclose()


async def test_it_knows_what_it_learned(engine: EmbeddedEngine) -> None:
    prompt = [Message("user", "What is the capital of France?")]
    done = await engine.propose(prompt, None, Sampling(max_tokens=40))
    assert "Paris" in done.text


async def test_most_of_a_call_is_forced(engine: EmbeddedEngine) -> None:
    done = await engine.propose(PROMPT, ACT, Sampling())
    assert json.loads(done.text)["name"] == "search_flights"
    assert done.forced_tokens > 0.6 * done.completion_tokens


async def test_eight_at_once_all_fit_the_grammar(engine: EmbeddedEngine) -> None:
    prompts = [[*PROMPT, Message("user", f"number {n}")] for n in range(8)]
    done = await asyncio.gather(*(engine.propose(p, ACT, Sampling()) for p in prompts))
    assert {json.loads(d.text)["name"] for d in done} == {"search_flights"}
    assert all(d.cached_tokens > 0 for d in done[1:])
