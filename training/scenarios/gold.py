"""An agent that makes no mistake: it plays the gold acts of a scenario.

A scenario can only be solved if the evidence holds every value that its gold acts need and the
grammar of the turn lets them be written, so playing them measures readers and grammar without a
model, and says that a scenario's goal can be reached at all.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import cache, lru_cache

from llguidance import LLMatcher, LLTokenizer

from agent.acts import act_text
from agent.engines.base import Completion, Message, Sampling
from agent.observation import observe
from tools.errors import EngineRefused
from tools.executor import Executor
from tools.outcome import Success
from training.scenarios.placeholders import resolved
from training.scenarios.scenario import Act, Scenario
from training.worlds import PATIENT, World

_SHORT_GRAMMAR = 1_000
"""Characters; longer grammars hold ids and names and are seldom met twice."""


class GoldEngine:
    """Plays gold acts in their order, each only where the grammar of the turn accepts its text.

    Raises `EngineRefused` where it does not, where an act names an id that no result shows, and
    where no act is left. One engine plays one conversation.
    """

    def __init__(self, acts: Sequence[Act]) -> None:
        self._acts = acts
        self._played = 0
        self.refused = ""
        """The text of the act that a grammar did not accept, if any."""

    @property
    def name(self) -> str:
        """Says that nothing is decided here."""
        return "gold"

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        """The next gold act, its placeholders filled in from the results in the prompt."""
        if self._played == len(self._acts):
            raise EngineRefused(f"asked for an act more than the {len(self._acts)} there are")
        act = self._acts[self._played]
        self._played += 1
        results = [message.content for message in prompt if message.role == "tool"]
        try:
            text = act_text([(call.name, resolved(call.arguments, results)) for call in act])
        except LookupError as error:
            raise EngineRefused(f"act {self._played}: {error}") from error
        if grammar is not None:
            taken = accepted(grammar, text)
            if taken < len(text.encode()):
                self.refused = text
                head = text.encode()[:taken].decode(errors="replace")
                raise EngineRefused(f"act {self._played}: the grammar ends at {head} of {text}")
        return Completion(text)

    async def aclose(self) -> None:
        """Nothing to release."""

    def unplayed(self) -> str:
        """Says how many acts were never asked for; empty when all were played."""
        left = len(self._acts) - self._played
        return f"only {self._played} of {len(self._acts)} acts were asked for" if left else ""


@cache
def _bytes() -> LLTokenizer:
    return LLTokenizer("byte")


def accepted(grammar: str, text: str) -> int:
    """How many bytes of a text the grammar accepts; all of them only where it may end there."""
    # Compiling takes most of it, and short grammars (of a goodbye) are the same again and again.
    known = len(grammar) <= _SHORT_GRAMMAR
    return _accepted_before(grammar, text) if known else _accepted(grammar, text)


@lru_cache(maxsize=8192)
def _accepted_before(grammar: str, text: str) -> int:
    return _accepted(grammar, text)


def _accepted(grammar: str, text: str) -> int:
    matcher = LLMatcher(_bytes(), LLMatcher.grammar_from_lark(grammar))
    tokens = list(text.encode())
    taken = matcher.try_consume_tokens(tokens)
    return taken if taken < len(tokens) or matcher.is_accepting() else taken - 1


async def place(scenario: Scenario, world: World, sandbox: str) -> None:
    """Make the calls of a scenario's `setup` in a sandbox, directly on the APIs.

    Raises ValueError when one does not succeed or names an id that none before it showed: then the
    scenario is wrong.
    """
    executor = Executor(world.apis, client=world.client, options=PATIENT)
    results: list[str] = []
    for number, call in enumerate(scenario.setup, 1):
        tool = world.catalog.get(call.name)
        try:
            arguments = resolved(call.arguments, results)
        except LookupError as error:
            raise ValueError(f"setup of {scenario.id}, call {number}: {error}") from error
        outcome = await executor.execute(
            tool,
            arguments,
            headers={"X-Sandbox": sandbox},
            idempotency_key=uuid.uuid4().hex if tool.effect == "write" else None,
        )
        match outcome:
            case Success():
                results.append(observe(tool, f"c{number}", outcome))
            case _:
                raise ValueError(f"setup of {scenario.id}, call {number} ({call.name}): {outcome}")
