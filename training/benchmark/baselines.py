"""What any figure must be read against: to do nothing, always to ask, to make no mistake."""

from __future__ import annotations

from collections.abc import Sequence

from agent.acts import ASKS, act_text
from agent.engines.base import Completion, Engine, Message, Mode, Sampling
from training.benchmark.suite import Baseline
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import Scenario


class Always:
    """Decodes the same act whatever was said. A baseline only; it decides nothing."""

    def __init__(self, name: str, act: str) -> None:
        self.name = name
        self._act = act

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        """The act."""
        return Completion(self._act)

    async def aclose(self) -> None:
        """Nothing to release."""


def baseline_for(baseline: Baseline, scenario: Scenario) -> tuple[Engine, Mode]:
    """Who plays a baseline in a conversation with the travel APIs, and the mode to play it in.

    "do nothing" declines whatever is said, and "always ask" asks for a date whatever is said, both
    without a grammar in their way. "gold replay" plays the scenario's gold acts under the grounded
    grammar, so it fails where the evidence does not hold what they need: the most that any model
    can reach in that mode.
    """
    match baseline:
        case "do nothing":
            return Always(baseline, act_text([("decline", {"reason": "out_of_scope"})])), "free"
        case "always ask":
            return Always(baseline, act_text([(ASKS, {"about": ["departure_date"]})])), "free"
        case "gold replay":
            return GoldEngine(scenario.gold), "grounded"
