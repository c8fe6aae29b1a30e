"""The seam between the agent and whatever decodes acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, runtime_checkable

Role = Literal["system", "user", "assistant", "tool"]
Mode = Literal["grounded", "schema", "free"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt. `content` is final text; `tool` messages are observations."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to decode. Temperature 0 is greedy; `seed` makes sampling repeatable.

    `calibration` corrects a model's preference for some acts over others, whatever was said: what
    to add to the log-odds of acts whose names begin so, where an act's name is first decided
    (contextual calibration, Zhao et al. 2021). An engine that has no access to logits ignores it.
    """

    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 320
    calibration: tuple[tuple[str, float], ...] = ()

    def of_act(self, number: int) -> Sampling:
        """The same for one act of several: each draws noise of its own."""
        return replace(self, seed=self.seed + number)


@dataclass(frozen=True, slots=True)
class Completion:
    """What an engine decoded.

    `text` is one act as JSON. `cached_tokens` counts prompt tokens that were not prefilled again,
    `forced_tokens` those that the grammar left no choice about; both are 0 where an engine cannot
    tell. `seconds` is wall time inside the engine.
    """

    text: str
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    forced_tokens: int = 0
    seconds: float = 0.0


class Engine(Protocol):
    """Decodes one act from a prompt, under a grammar where one is given.

    `grammar` is Lark text in llguidance's dialect; None decodes freely. The prompt of a later turn
    begins with the prompt and the completion of the earlier one, so prefixes can be reused.
    Raises `tools.errors.EngineError`.
    """

    @property
    def name(self) -> str:
        """What `/v1/models` and benchmark tables call this engine and its model."""
        ...

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        """Decode one act."""
        ...

    async def aclose(self) -> None:
        """Release the model or the connection. Idempotent."""
        ...


@runtime_checkable
class MeasuresPrompts(Protocol):
    """An engine that can tell what fits before it decodes."""

    async def room(self, prompt: Sequence[Message]) -> int:
        """How many tokens it could still take after a prompt; below 0 where that is too long."""
        ...
