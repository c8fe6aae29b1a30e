"""A chain as a story: who said and did what, and at each act the ones that were tried and left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    CallObserved,
    CallRejected,
    Event,
    Replied,
    TurnEnded,
    UserMessage,
)
from agent.json_values import is_object
from agent.observation import objects, row_text
from training.benchmark.report.traces import read_calls
from training.records import Branch, Chain

Kind = Literal["user", "act", "result", "refused", "approval", "decided", "reply", "ended"]
_ROWS = 3


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an act: its name and its arguments as JSON."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Left:
    """An act that was tried here and left."""

    calls: Sequence[Call]
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `calls` and `left` are of acts, `lines` the details below `text`."""

    kind: Kind
    text: str
    lines: tuple[str, ...] = ()
    calls: Sequence[Call] = ()
    left: Sequence[Left] = ()
    ok: bool = True


def story(chain: Chain) -> tuple[Step, ...]:
    """What happened, in order."""
    steps = list(_steps(chain))
    # Acts that were tried after the last one stand at the end of a chain that came to nothing.
    late = [one for one in chain.branches if one.position >= len(chain.events)]
    if late:
        steps.append(Step("ended", "nothing led on from here", left=_left(late), ok=False))
    return tuple(steps)


def read_act(text: str) -> Sequence[Call]:
    """The calls of an act; the text itself as a nameless one where it is no act."""
    calls = read_calls(text)
    if calls is None:
        return (Call("", text),)
    return tuple(Call(name, _json(arguments)) for name, arguments in calls)


def _steps(chain: Chain) -> Iterator[Step]:
    for position, event in enumerate(chain.events):
        if isinstance(event, ActProposed):
            here = [one for one in chain.branches if one.position == position]
            yield Step("act", "", calls=read_act(event.text), left=_left(here))
        else:
            yield from _rest(event)


def _rest(event: Event) -> Iterator[Step]:
    match event:
        case UserMessage():
            yield Step("user", event.content)
        case CallRejected():
            faults = tuple(f"{one.code} {one.pointer}: {one.message}" for one in event.rejections)
            yield Step("refused", f"{event.name or 'act'} not cleared", faults, ok=False)
        case CallObserved():
            yield _result(event)
        case ApprovalRequested(summary=summary):
            yield Step("approval", summary)
        case ApprovalDecided(decision=decision):
            yield Step("decided", f"the person says: {decision}")
        case ApprovalVoided(reason=reason):
            yield Step("decided", f"the approval is void: {reason}", ok=False)
        case Replied(text=text):
            yield Step("reply", text)
        case TurnEnded(reason="exhausted" | "failed" as reason):
            yield Step("ended", f"the turn ended: {reason}", ok=False)
        case _:
            pass


def _result(event: CallObserved) -> Step:
    if not event.ok:
        return Step("result", f"{event.status} {event.code}".strip(), (_problem(event),), ok=False)
    things = list(objects(event.result))
    rows = tuple(row_text(thing, {}) for thing in things[:_ROWS])
    more = (f"… {len(things) - _ROWS} more",) if len(things) > _ROWS else ()
    count = f"{len(things)} result{'' if len(things) == 1 else 's'}"
    return Step("result", f"{event.status}, {count}", (*rows, *more))


def _problem(event: CallObserved) -> str:
    return str(event.result.get("detail", "")) if is_object(event.result) else ""


def _left(branches: Sequence[Branch]) -> tuple[Left, ...]:
    return tuple(Left(read_act(one.act), one.reason, one.detail) for one in branches)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
