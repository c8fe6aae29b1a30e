"""Ways to spoil a good chain, one fault at a time. Positions are those of the chain `booked`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent.acts import act_text
from agent.calls import Rejection
from agent.events import (
    ActProposed,
    CallCleared,
    CallObserved,
    CallRejected,
    Event,
    PlanMade,
    PlanStep,
    Replied,
    UserMessage,
)
from training.records import Chain

SEARCH, SEARCHED, SHOWN, SAID, BOOK = 2, 5, 7, 9, 10
"""Events of the search's act and answer, of the list shown, the second line, the booking's act."""
ASKED, DECIDED, WRITTEN = 15, 17, 19
"""Events from the question for approval to its answer, and of the booking's answer."""


def with_events(chain: Chain, events: Sequence[Event]) -> Chain:
    return replace(chain, events=tuple(events))


def spliced(chain: Chain, at: int, until: int, *events: Event) -> Chain:
    return with_events(chain, [*chain.events[:at], *events, *chain.events[until:]])


def act(name: str, **arguments: Any) -> ActProposed:
    return ActProposed(act_text([(name, arguments)]))


def recalled(chain: Chain, at: int, **changed: Any) -> Chain:
    """The call proposed at an event with other arguments, in the act and where it was cleared."""
    proposed, cleared = chain.events[at], chain.events[at + 2]
    assert isinstance(proposed, ActProposed)
    assert isinstance(cleared, CallCleared)
    arguments = {k: v for k, v in {**cleared.arguments, **changed}.items() if v is not None}
    again = replace(cleared, arguments=arguments)
    plan = chain.events[at + 1]
    return spliced(chain, at, at + 3, act(cleared.name, **arguments), plan, again)


def resaid(chain: Chain, text: str) -> Chain:
    """The second line with something after it, in the scenario and in the log."""
    lines = chain.instruction.scenario.lines
    longer = replace(lines[1], text=f"{lines[1].text} {text}")
    said = chain.events[SAID]
    assert isinstance(said, UserMessage)
    spoken = spliced(chain, SAID, SAID + 1, replace(said, content=longer.text))
    return with_scenario(spoken, lines=(lines[0], longer, *lines[2:]))


def with_scenario(chain: Chain, **changed: Any) -> Chain:
    scenario = replace(chain.instruction.scenario, **changed)
    return replace(chain, instruction=replace(chain.instruction, scenario=scenario))


def reanswered(chain: Chain, at: int, **changed: Any) -> Chain:
    """Another body where an API answered."""
    observed = chain.events[at]
    assert isinstance(observed, CallObserved)
    again = replace(observed, result={**observed.result, **changed})
    return spliced(chain, at, at + 1, again)


def retold(chain: Chain, text: str) -> Chain:
    replied = chain.events[SHOWN]
    assert isinstance(replied, Replied)
    return spliced(chain, SHOWN, SHOWN + 1, replace(replied, text=text))


def searched_before(chain: Chain, at: int, observed: CallObserved | None = None) -> Chain:
    """The search made once more, under another id: with its answer, or with another one."""
    proposed, plan, cleared, answer = chain.events[SEARCH : SEARCHED + 1]
    assert isinstance(plan, PlanMade)
    assert isinstance(cleared, CallCleared)
    assert isinstance(answer, CallObserved)
    return spliced(
        chain, at, at,
        proposed,
        replace(plan, steps=(PlanStep("c90", cleared.name, "read"),)),
        replace(cleared, call_id="c90"),
        observed or replace(answer, call_id="c90"),
    )  # fmt: skip


def refused(chain: Chain, name: str) -> Chain:
    """A proposal that clearance refused, left in the log."""
    fault = Rejection("unknown_tool", "", f"there is no tool {name}")
    rejected = CallRejected("c91", name, {}, (fault,))
    return spliced(chain, SEARCH, SEARCH, act(name), rejected)


def leaking(chain: Chain) -> Chain:
    """A hidden tool whose description tells its own name."""
    own, hidden = next((k, v) for k, v in chain.instruction.masked.items() if "/" not in k)
    specs = tuple(
        replace(one, description=f"As {own} does. {one.description}") if one.name == hidden else one
        for one in chain.instruction.specs
    )
    return replace(chain, instruction=replace(chain.instruction, specs=specs))


def unhidden(chain: Chain) -> Chain:
    """A tool that is said to be hidden and stands under its own name."""
    specs = chain.instruction.specs
    masked = {**chain.instruction.masked, specs[0].name: "fn_99"}
    return replace(chain, instruction=replace(chain.instruction, masked=masked))
