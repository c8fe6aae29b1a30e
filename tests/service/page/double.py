"""A double of the agent service: the contract's conversation endpoints over scripted turns."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from agent.events import ApprovalDecided, ConversationStarted, Event, UserMessage, encode
from service.page import INDEX, STATIC
from service.security import SecurityHeaders
from service.streams import frame, named_events

from . import world
from .script import Script


def problem(status: int, code: str, detail: str) -> JSONResponse:
    body = {
        "type": f"/problems/{code}",
        "title": code,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return JSONResponse(body, status, media_type="application/problem+json")


@dataclass
class Double:
    """The service's state. Clear `gate` to hold every turn before its next event."""

    logs: dict[str, list[Event]] = field(default_factory=dict[str, list[Event]])
    received: list[str] = field(default_factory=list[str])
    keys: frozenset[str] = frozenset()
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def app(self) -> Starlette:
        one = "/v1/conversations/{id}"
        routes = [
            Route("/", lambda _request: FileResponse(INDEX)),
            Mount("/static", StaticFiles(directory=STATIC)),
            Route("/v1/conversations", self.create, methods=["POST"]),
            Route("/v1/conversations", self.list, methods=["GET"]),
            Route(one, self.read, methods=["GET"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/messages", self.message, methods=["POST"]),
            Route(f"{one}/approvals/{{approval}}", self.decide, methods=["POST"]),
        ]
        return Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)])

    async def create(self, request: Request) -> Response:
        if self.keys and request.headers.get("authorization", "")[7:] not in self.keys:
            return problem(401, "unauthorized", "Send Authorization: Bearer <key>.")
        body = await request.json()
        conversation_id = f"cnv_{len(self.logs) + 1}"
        self.logs[conversation_id] = [
            ConversationStarted(body.get("sandbox", "default"), world.NOW)
        ]
        return JSONResponse({"id": conversation_id, "created_at": world.NOW}, 201)

    async def list(self, request: Request) -> Response:
        if self.keys and request.headers.get("authorization", "")[7:] not in self.keys:
            return problem(401, "unauthorized", "Send Authorization: Bearer <key>.")
        rows = [self._row(conversation_id) for conversation_id in reversed(self.logs)]
        start = int(request.query_params.get("cursor", 0))
        following = str(start + 20) if len(rows) > start + 20 else None
        return JSONResponse({"data": rows[start : start + 20], "meta": {"next_cursor": following}})

    async def read(self, request: Request) -> Response:
        conversation_id = request.path_params["id"]
        if conversation_id not in self.logs:
            return problem(404, "not_found", "No conversation has this id.")
        events = [orjson.loads(encode(event)) for event in self.logs[conversation_id]]
        return JSONResponse({**self._row(conversation_id), "events": events})

    async def delete(self, request: Request) -> Response:
        del self.logs[request.path_params["id"]]
        return Response(status_code=204)

    async def message(self, request: Request) -> Response:
        log = self.logs[request.path_params["id"]]
        content = unicodedata.normalize("NFC", (await request.json())["content"])
        self.received.append(content)
        return self._turn(log, Script(log).message(content))

    async def decide(self, request: Request) -> Response:
        log = self.logs[request.path_params["id"]]
        decision = (await request.json())["decision"]
        self.received.append(decision)
        approval_id = request.path_params["approval"]
        given = [e for e in log if isinstance(e, ApprovalDecided) and e.approval_id == approval_id]
        if not given:
            return self._turn(log, Script(log).decide(decision))
        if given[0].decision != decision:
            return problem(409, "approval_conflict", "This approval was decided the other way.")
        start = log.index(given[0])
        return self._stream(self._told(log[:start], log[start:], start))

    def _turn(self, log: list[Event], events: Iterator[Event]) -> Response:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        since = len(log)
        earlier = list(log)
        task = asyncio.create_task(self._run(log, events, queue))
        task.add_done_callback(lambda done: done.result())
        return self._stream(self._live(earlier, queue, since))

    async def _run(
        self, log: list[Event], events: Iterator[Event], queue: asyncio.Queue[Event | None]
    ) -> None:
        """The turn itself, which runs on when nobody listens."""
        for event in list(events):
            if not isinstance(event, UserMessage):
                await self.gate.wait()
            log.append(event)
            queue.put_nowait(event)
        queue.put_nowait(None)

    async def _live(
        self, earlier: list[Event], queue: asyncio.Queue[Event | None], since: int
    ) -> AsyncIterator[bytes]:
        while (event := await queue.get()) is not None:
            earlier.append(event)
            for name, data in named_events(earlier, since):
                yield frame(name, data, position=len(earlier) - 1)

    async def _told(
        self, earlier: Sequence[Event], events: Sequence[Event], since: int
    ) -> AsyncIterator[bytes]:
        log = list(earlier)
        for event in events:
            log.append(event)
            for name, data in named_events(log, since):
                yield frame(name, data, position=len(log) - 1)

    def _stream(self, frames: AsyncIterator[bytes]) -> Response:
        return StreamingResponse(frames, media_type="text/event-stream")

    def _row(self, conversation_id: str) -> dict[str, Any]:
        log = self.logs[conversation_id]
        title = next((event.content for event in log if isinstance(event, UserMessage)), "")
        times = {"created_at": world.NOW, "updated_at": f"2027-01-15T09:00:00.{len(log):06}+00:00"}
        return {"id": conversation_id, "title": title, **times}
