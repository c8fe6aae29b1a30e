"""An engine that decodes what a test wrote. For tests and load tests only; it decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agent.acts import act_text
from agent.engines.base import Completion, Message, Sampling
from tools.errors import EngineRefused

Call = tuple[str, Mapping[str, Any]]
Prompt = Sequence[Message]
Step = str | Call | Sequence[Call] | Callable[[Prompt], "str | Call | Sequence[Call]"]
"""An act: its text, one call, several calls, or a function of the prompt that gives one."""


class ScriptedEngine:
    """Plays steps in order. An unexpected or an unplayed step is an error, never a default."""

    def __init__(self, steps: Sequence[Step] = ()) -> None:
        self._steps = list(steps)
        self.prompts: list[Prompt] = []
        self.grammars: list[str | None] = []
        self.samplings: list[Sampling] = []

    @property
    def name(self) -> str:
        """Says that nothing is decided here."""
        return "scripted"

    def expect(self, *steps: Step) -> None:
        """Add steps to play."""
        self._steps += steps

    async def propose(self, prompt: Prompt, grammar: str | None, sampling: Sampling) -> Completion:
        """Play the next step. Raises `EngineRefused` when none is left."""
        self.prompts.append(prompt)
        self.grammars.append(grammar)
        self.samplings.append(sampling)
        if not self._steps:
            raise EngineRefused(f"unexpected step after {prompt[-1].content!r}: the script is over")
        step = self._steps.pop(0)
        act = step(prompt) if callable(step) else step
        return Completion(_text(act))

    async def aclose(self) -> None:
        """Nothing to release. Unplayed steps are reported by `finish`."""

    def finish(self) -> None:
        """Raise `EngineRefused` when steps were left unplayed."""
        if self._steps:
            raise EngineRefused(f"{len(self._steps)} scripted steps were never asked for")


def _text(act: str | Call | Sequence[Call]) -> str:
    match act:
        case str():
            return act
        case (str(name), Mapping() as arguments):
            return act_text([(name, arguments)])
        case _:
            return act_text(act)  # type: ignore[arg-type]
