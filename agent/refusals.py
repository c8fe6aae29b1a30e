"""Refused acts: when another try is pointless, and what the model sees of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.calls import Rejected, Rejection
from agent.engines.base import Message


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused act as it was written, and its faults, each with the call that it is of.

    Faults of form are left out: broken acts have them in common, and may get better.
    """

    act: str
    faults: frozenset[tuple[str, Rejection]]

    def is_again(self, before: Refused | None) -> bool:
        """Whether it makes up once more what was just refused, and would do so for ever.

        An act that has lost a fault and has no new one is on the way to being mended.
        """
        if before is None:
            return False
        mended = self.faults < before.faults
        return self.act == before.act or (bool(self.faults & before.faults) and not mended)


def refused_act(act: str, rejected: Sequence[Rejected]) -> Refused:
    """An act with its verdicts that were no clearance."""
    faults = [(call.name, fault) for call in rejected for fault in call.rejections]
    return Refused(act, frozenset(one for one in faults if one[1].code != "malformed"))


def without_refused_act(prompt: Sequence[Message]) -> tuple[Message, ...]:
    """A prompt without the act at its end, which was refused.

    A small model copies what it sees: a refused act is told of (`prompt.rejection_message`), and
    not shown to it.
    """
    shown = bool(prompt) and prompt[-1].role == "assistant"
    return tuple(prompt[:-1] if shown else prompt)
