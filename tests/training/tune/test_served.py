"""With the real tokenizer and real turns: what is learnt is what grounded decoding writes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pytest
from llguidance import LLMatcher

from agent import models
from agent.engines.base import Completion, Message, Sampling
from agent.engines.embedded.codec import Codec
from agent.options import Options
from training.scenarios.converse import hold
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import Scenario, read_scenarios
from training.tune.bases import open_base
from training.tune.rows import Row
from training.tune.tokens import Encoder
from training.tune.trees import ROOT, Tree, grow
from training.tune.weights import Weights
from training.worlds import world

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]

EVERY = int(os.environ.get("CALLSIGN_TEST_EVERY", "15"))
VOCABULARY = 49152


@dataclass
class Turn:
    prompt: tuple[Message, ...]
    act: str
    grammar: str


@dataclass
class Watcher:
    """Gold acts, with the prompt and the grammar of each."""

    gold: GoldEngine
    turns: list[Turn] = field(default_factory=list)
    name: str = "watcher"

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        done = await self.gold.propose(prompt, grammar, sampling)
        assert grammar is not None
        self.turns.append(Turn(tuple(prompt), done.text, grammar))
        return done

    async def aclose(self) -> None:
        pass


def row(turn: Turn) -> Row:
    messages = (*turn.prompt, Message("assistant", turn.act))
    return Row("r", "mends", "c", "t", "en", messages, every_act=False)


def path(tree: Tree, at: int) -> list[int]:
    if at == ROOT:
        return list(tree.opening)
    return [*path(tree, tree.nodes[at].parent), *tree.nodes[at].tokens]


def decoded(codec: Codec, grammar: str, ids: Sequence[int]) -> list[int]:
    """What decoding writes when it chooses the learnt token wherever it has a choice."""
    matcher = LLMatcher(codec.grammar_tokenizer, LLMatcher.grammar_from_lark(grammar))
    written: list[int] = []
    while not matcher.is_stopped():
        forced = matcher.compute_ff_tokens()
        if not forced:
            forced = [[*ids, codec.end_id][len(written)]]
        assert matcher.consume_tokens(forced), (written, forced)
        written += forced
    return [token for token in written if token != codec.end_id]


async def test_prompts_and_acts_are_the_tokens_that_serving_has() -> None:
    codec = Codec(models.ensure().tokenizer, VOCABULARY)
    base = open_base(None)
    encoder = Encoder(base.checkpoint.tokenizer(), base.name)
    scenarios: Sequence[Scenario] = read_scenarios(
        Path(str(resources.files("training.scenarios") / "development.jsonl"))
    )[::EVERY]
    seen = differing = 0
    async with world() as place:
        for scenario in scenarios:
            watcher = Watcher(GoldEngine(scenario.gold))
            await hold(scenario, place, watcher, Options(mode="grounded"))
            for turn in watcher.turns:
                (tree,) = grow([row(turn)], encoder, Weights())
                prompt, act = codec.encode(turn.prompt), list(encoder.text(turn.act))
                whole = path(tree, len(tree.nodes) - 1)
                assert whole[: len(prompt)] == prompt
                assert whole[len(prompt) : -1] == [*act, codec.end_id]
                seen += 1
                differing += decoded(codec, turn.grammar, act) != act
    assert seen > 2 * len(scenarios)
    assert differing == 0
