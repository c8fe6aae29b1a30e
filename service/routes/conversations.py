"""Conversations, their messages and their approvals."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from agent.events import encode
from agent.view import turn_view
from service.problems import documented, invalid
from service.runtime import CallerDep, Runtime, RuntimeDep
from service.schemas import (
    ConversationCreated,
    ConversationLog,
    ConversationPage,
    NewConversation,
    NewDecision,
    NewMessage,
    TurnResponse,
)
from service.streams import event_stream, kept_alive, replayed
from service.turns import Turn
from tools.errors import ConcurrentTurn

EVENT_STREAM = "text/event-stream"
_GENERAL = ("unauthorized", "rate_limited", "internal_error", "not_ready", "store_unavailable")
_EVENT_ID = re.compile(r"[0-9]{1,9}")
_FROM_THE_START = "-1"
_NO_STORE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

ConversationId = Annotated[str, Path(max_length=64, description="The id of a conversation.")]
ApprovalId = Annotated[str, Path(max_length=64, description="The id of an approval of its turns.")]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="Id of the last event that a broken stream gave. With it nothing new is said "
        "or decided: the stream goes on after that event.",
    ),
]

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@router.post(
    "",
    status_code=201,
    operation_id="create_conversation",
    responses=documented(
        "bad_request", "sandbox_not_found", "payload_too_large", "validation_failed",
        "unavailable", *_GENERAL,
    ),
)  # fmt: skip
async def create_conversation(
    runtime: RuntimeDep, caller: CallerDep, body: NewConversation | None = None
) -> ConversationCreated:
    """Start a conversation, in the sandbox `default` unless another is named."""
    parts = runtime.parts
    conversation_id = await parts.agent.start((body or NewConversation()).sandbox)
    if caller.owner is not None:
        await parts.store.assign(conversation_id, caller.owner)
    summary = await parts.store.summary(conversation_id)
    return ConversationCreated(id=summary.id, created_at=summary.created_at)


@router.get(
    "",
    operation_id="list_conversations",
    response_model=ConversationPage,
    responses=documented("validation_failed", *_GENERAL),
)
async def list_conversations(
    runtime: RuntimeDep,
    caller: CallerDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> dict[str, Any]:
    """The caller's conversations, newest first."""
    store = runtime.parts.store
    try:
        rows, following = await store.conversations(limit, cursor or None, caller.owner)
    except ValueError as error:
        raise invalid("/cursor", f"{error}; take it from meta.next_cursor") from error
    return {"data": [asdict(row) for row in rows], "meta": {"next_cursor": following}}


@router.get(
    "/{conversation_id}",
    operation_id="get_conversation",
    response_model=ConversationLog,
    responses=documented("not_found", "validation_failed", *_GENERAL),
)
async def get_conversation(
    runtime: RuntimeDep, caller: CallerDep, conversation_id: ConversationId
) -> Response:
    """A conversation and its whole event log."""
    await runtime.own(caller, conversation_id)
    row = orjson.dumps(asdict(await runtime.parts.store.summary(conversation_id)))
    log = await runtime.parts.agent.events(conversation_id)
    events = b",".join(map(encode, log))
    return Response(row[:-1] + b',"events":[' + events + b"]}", media_type="application/json")


@router.delete(
    "/{conversation_id}",
    status_code=204,
    operation_id="delete_conversation",
    responses=documented("not_found", "turn_in_progress", "validation_failed", *_GENERAL),
)
async def delete_conversation(
    runtime: RuntimeDep, caller: CallerDep, conversation_id: ConversationId
) -> None:
    """Forget a conversation. What it booked stays booked."""
    await runtime.own(caller, conversation_id)
    if runtime.turns.running(conversation_id):
        raise ConcurrentTurn(conversation_id)
    await runtime.parts.agent.forget(conversation_id)


_TURN_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The turn; with `Accept: text/event-stream` its events as they happen: "
        "`plan`, `call`, `observation`, `approval`, `message`, `error` and last `done`.",
        "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
    },
    **documented(
        "bad_request", "not_found", "turn_in_progress", "approval_conflict", "payload_too_large",
        "validation_failed", "engine_failed", "engine_unavailable", "unavailable", *_GENERAL,
    ),
}  # fmt: skip


@router.post(
    "/{conversation_id}/messages",
    operation_id="send_message",
    response_model=TurnResponse,
    responses=_TURN_RESPONSES,
)
async def send_message(
    *,
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    conversation_id: ConversationId,
    body: NewMessage,
    last_event_id: LastEventId = None,
) -> Response:
    """Say something and get the turn that follows. It runs on when the client goes away."""
    await runtime.own(caller, conversation_id)
    if last_event_id is not None:
        return await _resume(runtime, conversation_id, last_event_id)
    return await _answer(
        request, runtime, conversation_id, runtime.send(conversation_id, body.content)
    )


@router.post(
    "/{conversation_id}/approvals/{approval_id}",
    operation_id="decide_approval",
    response_model=TurnResponse,
    responses=_TURN_RESPONSES,
)
async def decide_approval(
    *,
    request: Request,
    runtime: RuntimeDep,
    caller: CallerDep,
    conversation_id: ConversationId,
    approval_id: ApprovalId,
    body: NewDecision,
    last_event_id: LastEventId = None,
) -> Response:
    """Approve or decline what a turn asked for. The same decision again gives the same turn."""
    await runtime.own(caller, conversation_id)
    if last_event_id is not None:
        return await _resume(runtime, conversation_id, last_event_id)
    turn = runtime.decide(conversation_id, approval_id, body.decision)
    return await _answer(request, runtime, conversation_id, turn)


@router.get(
    "/{conversation_id}/events",
    operation_id="follow_conversation",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The events of the turns after `Last-Event-ID`, and of the one that "
            "runs, as they happen; the stream ends with that turn.",
            "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
        },
        **documented("not_found", "validation_failed", *_GENERAL),
    },
)
async def follow_conversation(
    runtime: RuntimeDep,
    caller: CallerDep,
    conversation_id: ConversationId,
    last_event_id: LastEventId = None,
) -> Response:
    """Follow a conversation as server-sent events, from the start or after `Last-Event-ID`."""
    await runtime.own(caller, conversation_id)
    return await _resume(runtime, conversation_id, last_event_id or _FROM_THE_START)


async def _answer(request: Request, runtime: Runtime, conversation_id: str, turn: Turn) -> Response:
    """The turn as JSON when it is over, or as a stream while it runs, as the client accepts."""
    if EVENT_STREAM not in request.headers.get("accept", ""):
        items = await turn.finished()
        log = await runtime.parts.agent.events(conversation_id)
        first, last = items[0][0], items[-1][0]
        return JSONResponse(turn_view(log[: last + 1], first))
    first = await turn.begun()
    log = await runtime.parts.agent.events(conversation_id)
    return _stream(runtime, event_stream(log[:first], turn.follow()))


async def _resume(runtime: Runtime, conversation_id: str, last_event_id: str) -> Response:
    """The events after one that a client saw: those that are durable, then those of the turn."""
    if last_event_id != _FROM_THE_START and not _EVENT_ID.fullmatch(last_event_id):
        raise invalid("/Last-Event-ID", "expected the id of an event of this conversation")
    seen = int(last_event_id)
    turn = runtime.turns.running(conversation_id)
    log = await runtime.parts.agent.events(conversation_id)
    return _stream(runtime, event_stream(log[: seen + 1], replayed(log, turn, seen)))


def _stream(runtime: Runtime, frames: AsyncGenerator[bytes]) -> StreamingResponse:
    kept = kept_alive(frames, runtime.settings.keep_alive_seconds)
    return StreamingResponse(kept, media_type=EVENT_STREAM, headers=_NO_STORE)
