"""How turns run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agent.engines.base import Message, Mode, Sampling


@dataclass(frozen=True, slots=True)
class Options:
    """How turns run.

    `demonstrations` stand in the prompt between the tools and the conversation, for models that
    were never trained on acts. `max_acts` bounds the acts of a turn and `max_rejections` how often
    a proposal may be sent back before the user is asked instead; the same fault is sent back only
    once, unless another was mended. `sleep` waits between informed re-sends of a write.
    """

    mode: Mode = "grounded"
    demonstrations: tuple[Message, ...] = ()
    max_acts: int = 10
    max_rejections: int = 3
    sampling: Sampling = field(default_factory=Sampling)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
