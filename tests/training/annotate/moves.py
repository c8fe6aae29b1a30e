"""A proposer that plays what a test wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent.acts import act_text
from agent.engines.base import Completion
from training.annotate.proposing import GaveUp, Situation
from training.scenarios.placeholders import resolved

Move = str | GaveUp | Callable[[Situation], str]


def gold(number: int) -> Callable[[Situation], str]:
    """The gold act of that number, as it reads in the situation."""

    def act(situation: Situation) -> str:
        results = [m.content for m in situation.state.prompt if m.role == "tool"]
        calls = situation.scenario.gold[number]
        return act_text([(call.name, resolved(call.arguments, results)) for call in calls])

    return act


@dataclass(slots=True)
class Scripted:
    """A proposer that plays moves in their order; one more than there are is an error."""

    moves: Sequence[Move]
    situations: list[Situation] = field(default_factory=list[Situation])

    async def propose(self, situation: Situation) -> Completion | GaveUp:
        move = self.moves[len(self.situations)]
        self.situations.append(situation)
        if isinstance(move, GaveUp):
            return move
        return Completion(move if isinstance(move, str) else move(situation))

    def content(self, situation: Situation) -> bool:
        return True
