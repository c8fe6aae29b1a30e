"""Whether a log is a conversation of its scenario, held to its end."""

from __future__ import annotations

from collections.abc import Sequence

from agent.events import ApprovalDecided, ConversationStarted, Event, TurnEnded, UserMessage
from training.scenarios.scenario import Scenario
from training.scenarios.user import Decide, Say, heard, next_step
from training.verify.faults import Fault


def follows(scenario: Scenario, events: Sequence[Event]) -> Fault | None:
    """The first thing in a log that the scripted person would not have said or decided.

    ``format/truncated_log`` where they have something left to say, or where no turn ends it.
    """
    if not events or not isinstance(events[0], ConversationStarted):
        return Fault("format/truncated_log", "it has no beginning")
    said: frozenset[int] = frozenset()
    for position, event in enumerate(events):
        match event:
            case UserMessage(content=content):
                step = next_step(scenario, said, heard(events[:position]))
                if not isinstance(step, Say) or step.text != content:
                    return Fault("format/off_script", f"event {position}: {content!r}")
                said |= set(step.lines)
            case ApprovalDecided(decision=decision):
                # A yes in words was looked at above, as what it is: something said.
                in_words = isinstance(events[position - 1], UserMessage)
                step = next_step(scenario, said, heard(events[:position]))
                if not in_words and step != Decide(decision):
                    return Fault("format/off_script", f"event {position}: {decision}")
            case _:
                pass
    return _ending(scenario, said, events)


def _ending(scenario: Scenario, said: frozenset[int], events: Sequence[Event]) -> Fault | None:
    last = events[-1]
    if not isinstance(last, TurnEnded):
        return Fault("format/truncated_log", f"it ends with {last.type}")
    for event in events:
        if isinstance(event, TurnEnded) and event.reason in ("exhausted", "failed"):
            return Fault("format/gave_up", f"a turn ended with {event.reason}")
    left = next_step(scenario, said, heard(events))
    return Fault("format/truncated_log", f"still to come: {left}") if left else None
