"""Who proposes acts to a search: one protocol for planners, local models and teachers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from agent.engines.base import Completion, Engine, Message, Mode, Sampling
from agent.limits import limits_of
from agent.offer import Offer
from agent.state import State
from training.scenarios.scenario import Scenario

GIVE_UP = "give_up"
"""What a model writes instead of an act when the conversation cannot be saved."""

_DIFFER = (
    "(these acts were tried here and led nowhere:\n{tried}\n"
    f"write another act, or {GIVE_UP} when nothing can help)"
)


@dataclass(frozen=True, slots=True)
class Tried:
    """An act that was tried at a node. `reason` as in `training.records.Branch`, `detail` what
    the model would have read of its failure."""

    act: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """An act on the way to a node, and whether it was carried out.

    `left` says that calls of it were executed, with or without success.
    """

    act: str
    carried_out: bool
    left: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """What a proposer decides from.

    `path` are the acts that led here, `tried` those that the search shows of the acts tried here
    before; `asked` is how often this node asked before, and `seed` that of the row.
    """

    scenario: Scenario
    offer: Offer
    state: State
    path: tuple[Deed, ...]
    tried: Sequence[Tried]
    asked: int
    seed: int

    @property
    def draw(self) -> int:
        """A number for this decision alone, the same wherever and whenever it is made."""
        path = "\x1e".join(f"{deed.act}\x1f{deed.carried_out}" for deed in self.path)
        text = f"{self.seed}\x1d{path}\x1d{self.asked}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The proposer sees no way on from here."""


class Proposer(Protocol):
    """Proposes the next act. Must depend on nothing but the situation."""

    async def propose(self, situation: Situation) -> Completion | GaveUp:
        """An act as text, or that there is no point. Raises `tools.errors.EngineError`."""
        ...

    def content(self, situation: Situation) -> bool:
        """Whether a conversation that ended here, its goal reached, is one to learn from."""
        ...


class EngineProposer:
    """Any agent engine under sampling: the local model, or a teacher behind an OpenAI engine.

    What was tried is shown at the end of the prompt; the kept log never holds it. In mode
    ``grounded`` and ``schema`` the engine decodes under the grammar of the turn, which has no
    giving up.
    """

    def __init__(self, engine: Engine, mode: Mode = "grounded", temperature: float = 0.8) -> None:
        self._engine = engine
        self._mode: Mode = mode
        self._sampling = Sampling(temperature=temperature)

    async def propose(self, situation: Situation) -> Completion | GaveUp:
        """See `Proposer.propose`. Times are left out: they differ from run to run."""
        state, offer = situation.state, situation.offer
        grammar = offer.grammar.lark(state.evidence, state.clock, self._mode, limits_of(state))
        prompt = (offer.opening, *state.prompt, *_shown(situation.tried))
        sampling = replace(self._sampling, seed=situation.draw & 0x7FFFFFFF)
        completion = await self._engine.propose(prompt, grammar, sampling)
        if completion.text.strip() == GIVE_UP:
            return GaveUp()
        return replace(completion, seconds=0.0)

    def content(self, situation: Situation) -> bool:
        """Always: an engine has nothing but the goal to go by."""
        return True


def _shown(tried: Sequence[Tried]) -> tuple[Message, ...]:
    if not tried:
        return ()
    lines = "\n".join(f"{one.act} -> {one.detail or one.reason}" for one in tried)
    return (Message("user", _DIFFER.format(tried=lines)),)
