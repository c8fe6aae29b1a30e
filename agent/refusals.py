"""Refused acts: when another try is pointless, and what the model sees of them."""

from __future__ import annotations

from collections.abc import Sequence

from agent.calls import Rejected, Rejection
from agent.engines.base import Message

Mark = str | tuple[str, Rejection]


def marks(act: str, rejected: Sequence[Rejected]) -> frozenset[Mark]:
    """What a model that proposes it once more makes up for ever: the act, and each of its faults.

    Broken acts have their fault in common, and may get better.
    """
    faults = {(call.name, fault) for call in rejected for fault in call.rejections}
    return frozenset({act, *(fault for fault in faults if fault[1].code != "malformed")})


def without_refused_act(prompt: Sequence[Message]) -> tuple[Message, ...]:
    """A prompt without the act at its end, which was refused.

    A small model copies what it sees: a refused act is told of (`prompt.rejection_message`), and
    not shown to it.
    """
    *before, last = prompt
    return tuple(before) if last.role == "assistant" else tuple(prompt)
