"""The scripted person: what they say or decide next, read from the log alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.acts import ASKS
from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    Event,
    Replied,
    UserMessage,
)
from agent.json_values import is_array, is_object
from training.scenarios.scenario import Decision, Scenario

MOST_DECISIONS = 3
"""So often in a row the person decides; then they talk of something else, or leave."""
_ENDS = frozenset(".,;:!?…)")
"""What ends a line; where nothing does, a full stop parts it from the next in one message."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the person has in front of them.

    `awaiting`: an approval waits for a decision. `asked`: the arguments that the newest reply asks
    for. `decisions`: how many approvals were decided since they last said something.
    """

    awaiting: bool = False
    asked: frozenset[str] = frozenset()
    decisions: int = 0


@dataclass(frozen=True, slots=True)
class Say:
    """The person writes `text`, which is made of these lines of the scenario."""

    text: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Decide:
    """The person answers the approval that waits."""

    decision: Decision


def heard(events: Sequence[Event]) -> Heard:
    """What a person has in front of them at the end of a log."""
    now = Heard()
    for event in events:
        match event:
            case UserMessage():
                now = Heard(awaiting=now.awaiting)
            case ApprovalRequested():
                now = Heard(awaiting=True, decisions=now.decisions)
            case ApprovalVoided():
                now = Heard(asked=now.asked, decisions=now.decisions)
            case ApprovalDecided():
                now = Heard(decisions=now.decisions + 1)
            case Replied():
                now = Heard(now.awaiting, _asked(event), now.decisions)
            case _:
                pass
    return now


def next_step(scenario: Scenario, said: frozenset[int], now: Heard) -> Say | Decide | None:
    """What the person does next; None when nothing is left for them.

    `said` are the lines that were said. Who is asked for something answers it with every line that
    supplies any of it, in their order. Else an approval that waits is decided, unless the next
    line interrupts; else the next line is said. Every line is said at most once, and there are at
    most `MOST_DECISIONS` decisions after each, so every conversation ends.
    """
    left = [place for place in range(len(scenario.lines)) if place not in said]
    answers = [place for place in left if now.asked.intersection(scenario.lines[place].supplies)]
    if answers:
        return _say(scenario, answers)
    interrupts = bool(left) and scenario.lines[left[0]].interrupts
    if now.awaiting and not interrupts and now.decisions < MOST_DECISIONS:
        return Decide(scenario.decision)
    return _say(scenario, left[:1]) if left else None


def _say(scenario: Scenario, places: Sequence[int]) -> Say:
    lines = [scenario.lines[place].text for place in places]
    ended = [line if line[-1:] in _ENDS else f"{line}." for line in lines[:-1]]
    return Say(" ".join((*ended, lines[-1])), tuple(places))


def _asked(reply: Replied) -> frozenset[str]:
    about = reply.arguments.get("about") if is_object(reply.arguments) else None
    if reply.act != ASKS or not is_array(about):
        return frozenset()
    return frozenset(map(str, about))
