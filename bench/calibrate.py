"""Fits the calibration of an untuned model: its preference for some acts, whatever was said.

An untuned model prefers some act names over others before it has read anything. Contextual
calibration (Zhao et al. 2021, "Calibrate Before Use") corrects that with one number for each name.
They are fitted by maximum likelihood with a small ridge on the first decision of every gold act
of the development scenarios, so the development figure is in-sample; the figure on a
held-out half is printed beside it.

    python -m bench.calibrate
"""

from __future__ import annotations

import argparse
import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from agent.demonstrations import demonstrations
from agent.engines.base import Completion, Message, Sampling
from agent.engines.embedded import EmbeddedEngine
from agent.models import ensure
from agent.options import Options
from training.benchmark.machine import machine
from training.scenarios.converse import hold
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import DEVELOPMENT, Act, read_scenarios
from training.worlds import world

BEGINNINGS = (
    "search", "present", "book", "finish", "ask", "decline", "list", "find", "get", "quote",
    "confirm", "answer",
)  # fmt: skip
_RIDGE = 0.01
_STEPS = 800
_RATE = 0.2


@dataclass(frozen=True, slots=True)
class Decision:
    """The log-probability of each beginning at one gold act, and the right one."""

    scenario: str
    likely: Mapping[str, float]
    right: str


class _Watching(GoldEngine):
    """Plays the gold acts, and asks the model at each what it would have begun."""

    def __init__(self, acts: Sequence[Act], model: EmbeddedEngine, name: str) -> None:
        super().__init__(acts)
        self._model = model
        self._scenario = name
        self.decisions: list[Decision] = []

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        completion = await super().propose(prompt, grammar, sampling)
        shown = (prompt[0], *demonstrations(), *prompt[1:])
        tokens = await self._model.beginnings(shown, grammar or "")
        likely = _by_beginning(tokens)
        right = next(b for b in BEGINNINGS if completion.text.startswith(f'{{"name":"{b}'))
        if right in likely:
            self.decisions.append(Decision(self._scenario, likely, right))
        return completion


def _by_beginning(tokens: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for token, value in tokens.items():
        fitting = [b for b in BEGINNINGS if token and (b.startswith(token) or token.startswith(b))]
        if len(fitting) == 1:
            found[fitting[0]] = float(np.logaddexp(found.get(fitting[0], -math.inf), value))
    return found


def fit(decisions: Sequence[Decision]) -> dict[str, float]:
    """One number for each beginning, by gradient ascent on the mean log-likelihood."""
    likely = np.full((len(decisions), len(BEGINNINGS)), -np.inf)
    right = np.array([BEGINNINGS.index(d.right) for d in decisions])
    for row, decision in enumerate(decisions):
        for beginning, value in decision.likely.items():
            likely[row, BEGINNINGS.index(beginning)] = value
    bias = np.zeros(len(BEGINNINGS))
    for _ in range(_STEPS):
        scores = likely + bias
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(len(right)), right] -= 1
        bias -= _RATE * (shares.mean(axis=0) + _RIDGE * bias)
    return {b: round(float(value), 2) for b, value in zip(BEGINNINGS, bias, strict=True)}


def accuracy(decisions: Sequence[Decision], bias: Mapping[str, float]) -> float:
    """The share of decisions whose likeliest beginning is the right one."""
    hits = 0
    for decision in decisions:
        scores = {b: value + bias.get(b, 0.0) for b, value in decision.likely.items()}
        hits += max(scores, key=scores.__getitem__) == decision.right
    return hits / len(decisions)


async def decisions() -> list[Decision]:
    """The model's first decision at every gold act of the development scenarios."""
    found: list[Decision] = []
    model = await EmbeddedEngine.load(await asyncio.to_thread(ensure))
    try:
        async with world() as place:
            for scenario in read_scenarios(DEVELOPMENT):
                engine = _Watching(scenario.gold, model, scenario.id)
                await hold(scenario, place, engine, Options(mode="grounded"))
                found += engine.decisions
    finally:
        await model.aclose()
    return found


def main() -> None:
    """Collect, fit, report."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    console = Console(width=100)
    console.print(machine())
    found = asyncio.run(decisions())
    names = sorted({d.scenario for d in found})
    half = set(names[::2])
    first = [d for d in found if d.scenario in half]
    second = [d for d in found if d.scenario not in half]
    console.print(f"{len(found)} decisions, uncalibrated: {accuracy(found, {}):.0%} right")
    held_out = (accuracy(second, fit(first)), accuracy(first, fit(second)))
    console.print(f"fitted on one half, right on the other: {held_out[0]:.0%}, {held_out[1]:.0%}")
    bias = fit(found)
    console.print(f"fitted on all: {accuracy(found, bias):.0%} right")
    for beginning, value in bias.items():
        console.print(f"  {beginning}: {value}")


if __name__ == "__main__":
    main()
