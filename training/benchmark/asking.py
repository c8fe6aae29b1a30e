"""Asked or guessed: what a model does where a value is missing.

A *decision* is the turn that follows a user's message. Asking is *due* in it when

- the gold chain asks before its next tool call. The next one is the first of the chain that the
  log has not executed by then: gold calls are ticked off by name, in their order;
- and some value that this call gives to an argument which the chain asks about is held by nothing
  in the conversation (`agent.evidence.grounding.ground`). That argument is *missing*.

So it does not matter by which way a model came to the decision, and nothing is due any more once
the person has said the value. The decision is *guessed* when any call proposed in it, executed or
not, gives a missing argument a value, and *asked* when it is not guessed and an `ask_user` about
a missing argument was proposed. Everything else (a read that needs nothing, a refusal, prose, a
question about something else) is neither. Where the person could mean two values and the gold asks
which, the conversation holds both, so nothing is missing and nothing counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agent.acts import ASKS, parse_act
from agent.calls import ProposedCall, Rejected
from agent.clearance import leaves
from agent.events import ActProposed, ApprovalDecided, CallObserved, Event, UserMessage
from agent.evidence.grounding import Ungrounded, ground
from agent.state import State
from tools.spec import ToolSpec
from training.benchmark.judge import Judge
from training.benchmark.records import Asking
from training.scenarios.scenario import Act, Call


def asking(events: Sequence[Event], gold: Sequence[Act], judge: Judge) -> Asking:
    """How often asking was due in a log, asked and guessed. `gold` are the acts of its scenario."""
    total = Asking()
    missing = frozenset[str]()
    proposed: list[ProposedCall] = []
    executed: Counter[str] = Counter()
    for event, state in judge.states(events):
        match event:
            case UserMessage():
                total, proposed = _counted(total, missing, proposed), []
                missing = _missing(gold, executed, judge, state)
            case ApprovalDecided():
                total, proposed = _counted(total, missing, proposed), []
                missing = frozenset[str]()
            case ActProposed(text=text):
                act = parse_act(text, first_id=1)
                proposed += [] if isinstance(act, Rejected) else act
            case CallObserved(call_id=call_id, ok=True):
                executed[state.calls[call_id].name] += 1
            case _:
                pass
    return _counted(total, missing, proposed)


def _counted(total: Asking, missing: frozenset[str], proposed: Sequence[ProposedCall]) -> Asking:
    if not missing:
        return total
    guessed = any(_given(call) & missing for call in proposed if call.name != ASKS)
    asked = not guessed and any(_about(call) & missing for call in proposed if call.name == ASKS)
    return replace(
        total,
        due=total.due + 1,
        asked=total.asked + asked,
        guessed=total.guessed + guessed,
    )


def _missing(
    gold: Sequence[Act], executed: Counter[str], judge: Judge, state: State
) -> frozenset[str]:
    """The arguments that the gold asks about before its next tool call, and nothing holds."""
    asked: set[str] = set()
    done = Counter(executed)
    for act in gold:
        for call in act:
            tool = judge.tool(call.name)
            if tool is None:
                asked |= _asked(call)
            elif done[call.name]:
                done[call.name] -= 1
                asked = set()
            else:
                return frozenset(asked & _unheld(call, tool, state))
    return frozenset()


def _asked(call: Call) -> set[str]:
    return set(call.arguments["about"]) if call.name == ASKS else set()


def _unheld(call: Call, tool: ToolSpec, state: State) -> set[str]:
    found: set[str] = set()
    for pointer, value in leaves(call.arguments):
        rule = tool.rule_at(pointer)
        if rule is None or "user" not in rule.sources:
            continue
        if isinstance(ground(value, rule, state.evidence, state.clock), Ungrounded):
            found.add(_name(pointer))
    return found


def _given(call: ProposedCall) -> set[str]:
    return {_name(pointer) for pointer, _ in leaves(call.arguments)}


def _about(call: ProposedCall) -> set[str]:
    """What a question is about, however it is written; its form is for the judge to fault."""
    return {str(value) for _, value in leaves(call.arguments)}


def _name(pointer: str) -> str:
    """The argument's own name, as `ask_user` has it: list positions are left out."""
    parts: list[Any] = [part for part in pointer.split("/") if not part.isdigit()]
    return parts[-1] if parts else ""
