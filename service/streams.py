"""A turn as server-sent events: `plan`, `call`, `observation`, `approval`, `message`, `done`.

What a stream says of a call or an approval is cut out of the very turn JSON that a client without
streaming gets, so the two cannot drift apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import orjson
from fastapi.sse import format_sse_event

from agent.events import (
    ApprovalRequested,
    CallCleared,
    CallObserved,
    CallRejected,
    Event,
    PlanMade,
    Replied,
    TurnEnded,
    UserMessage,
)
from agent.view import turn_view
from service.facade import Numbered
from service.problems import problem_body, problem_of
from service.turns import Turn
from tools.errors import CallsignError

Named = tuple[str, dict[str, Any]]
KEEP_ALIVE = b": keep-alive\n\n"


def frame(name: str, data: Any, *, position: int | None = None) -> bytes:
    """One server-sent event. `position` becomes its id."""
    text = orjson.dumps(data).decode()
    return format_sse_event(
        data_str=text, event=name, id=None if position is None else str(position)
    )


def named_events(log: Sequence[Event], since: int) -> Iterator[Named]:
    """What the newest event of a log tells a client, given where its turn began."""
    newest = log[-1]
    match newest:
        case PlanMade():
            yield "plan", {"steps": plan(turn_view(log, since))}
        case CallCleared() | CallRejected():
            call = _call(turn_view(log, since), newest.call_id)
            yield "call", {**call, "status": live_status(call)}
        case CallObserved():
            view = turn_view(log, since)
            status = _call(view, newest.call_id)["status"]
            yield "observation", {"id": newest.call_id, "status": status, "result": newest.result}
            if view["plan"]:
                yield "plan", {"steps": plan(view)}
        case ApprovalRequested():
            yield "approval", turn_view(log, since)["approval"]
        case Replied():
            yield "message", {"text": newest.text, "cards": list(newest.cards)}
        case TurnEnded():
            yield "done", turn_view(log, since)
        case _:
            return


def plan(view: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps that a turn set out to do, each with how far it got."""
    calls = {call["id"]: call for call in view["calls"]}
    return [{**step, "status": live_status(calls.get(step["id"], step))} for step in view["plan"]]


def live_status(call: Mapping[str, Any]) -> str:
    """A call's status while its turn runs, when a read may be under way.

    The turn JSON knows no such status: there every read has been answered.
    """
    status = call.get("status", "awaiting_approval")
    return "running" if status == "awaiting_approval" and call["effect"] == "read" else status


def _call(view: Mapping[str, Any], call_id: str) -> dict[str, Any]:
    return next(call for call in view["calls"] if call["id"] == call_id)


async def event_stream(
    earlier: Sequence[Event], turns: AsyncGenerator[Numbered]
) -> AsyncGenerator[bytes]:
    """The frames of one turn or several, given the events before those that `turns` yields.

    The id stands on the last frame that an event of the log gives rise to: what was cut off in
    the middle is told again. Events that tell a client nothing give no frame and no id.
    """
    log = list(earlier)
    since = turn_start(log)
    last: list[bytes] = []
    async with aclosing(turns):
        try:
            async for position, event in turns:
                for held in last:
                    yield held
                last = []
                since = len(log) if opens_turn(log, event) else since
                log.append(event)
                told = list(named_events(log, since))
                for name, data in told[:-1]:
                    yield frame(name, data)
                told_last = [frame(name, data, position=position) for name, data in told[-1:]]
                if event == TurnEnded("failed"):
                    # Where it has just failed its error follows, and is told in its place.
                    last = told_last
                else:
                    for chunk in told_last:
                        yield chunk
        except CallsignError as error:
            yield frame("error", problem_body(problem_of(error)))
            return
        for held in last:
            yield held


async def replayed(log: Sequence[Event], turn: Turn | None, seen: int) -> AsyncGenerator[Numbered]:
    """The events after position `seen`: those of a log, then those of the turn that runs."""
    for position in range(seen + 1, len(log)):
        yield position, log[position]
    if turn is not None:
        async with aclosing(turn.follow(after=max(seen, len(log) - 1))) as news:
            async for item in news:
                yield item


def opens_turn(log: Sequence[Event], event: Event) -> bool:
    """Whether an event begins a turn after this log: a message does, and a decision."""
    return isinstance(event, UserMessage) or (bool(log) and isinstance(log[-1], TurnEnded))


def turn_start(log: Sequence[Event]) -> int:
    """Position of the event that opened the last turn of a log; 0 where none has."""
    starts = (at for at in range(len(log) - 1, 0, -1) if opens_turn((log[at - 1],), log[at]))
    return next(starts, 0)


async def kept_alive(frames: AsyncGenerator[bytes], seconds: float) -> AsyncGenerator[bytes]:
    """The frames, with a comment after each silence of `seconds`, so that no proxy hangs up."""
    async with aclosing(frames):
        pending = asyncio.ensure_future(anext(frames, None))
        try:
            while True:
                done, _ = await asyncio.wait((pending,), timeout=seconds)
                if not done:
                    yield KEEP_ALIVE
                    continue
                chunk = pending.result()
                if chunk is None:
                    return
                yield chunk
                pending = asyncio.ensure_future(anext(frames, None))
        finally:
            if pending.cancel():
                await asyncio.wait((pending,))
