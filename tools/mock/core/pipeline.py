"""The way of one request: sandbox, fault, idempotency, transaction, answer.

Every operation of a mock API runs through `PipelineRoute`; its endpoint is only the domain part
and finds its `World` with `world_of`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from tools.mock.core import idempotency, sandboxes
from tools.mock.core.database import Database
from tools.mock.core.faults import DOMAIN_FAULTS, Fault
from tools.mock.core.idempotency import InFlight
from tools.mock.core.operations import Behaviour
from tools.mock.core.problems import Problem, invalid
from tools.mock.core.sandboxes import SandboxRow, World

SANDBOX_HEADER = "X-Sandbox"
DROP_EXTENSION = "callsign.drop_connection"
MAX_BODY_BYTES = 64 * 1024
_RETRY_AFTER_S = 1

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Services:
    """What all requests of one application share. `slow` is awaited by the fault of that name."""

    database: Database
    in_flight: InFlight
    slow: Callable[[], Awaitable[object]]


class PipelineRoute(APIRoute):
    """A route whose endpoint runs inside a sandbox, under its faults, in one transaction."""

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's own handler (validation, endpoint, serialisation) in the pipeline."""
        handle = super().get_route_handler()
        behaviour = Behaviour.of(self.operation_id or self.name, self.openapi_extra)

        async def handler(request: Request) -> Response:
            return await _run(request, behaviour, handle)

        return handler


class GuardedRoute(APIRoute):
    """A route outside sandboxes, that takes readable bodies of a bearable size only."""

    def get_route_handler(self) -> Handler:
        """Look at the body before FastAPI does."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            await read_body(request)
            return await handle(request)

        return handler


async def _world_of(request: Request) -> World:
    # Async, or each request would wait for a thread to look it up.
    return request.state.world


CurrentWorld = Annotated[World, Depends(_world_of)]


async def _run(request: Request, behaviour: Behaviour, handle: Handler) -> Response:
    services: Services = request.app.state.services
    body = await read_body(request)
    sandbox_id = request.headers.get(SANDBOX_HEADER, sandboxes.DEFAULT)
    async with services.database.transaction() as session:
        row = await sandboxes.find(session, sandbox_id)
        if row.undisturbed:
            # Nothing to commit before the operation begins: one transaction does.
            key = _key(request, behaviour)
            with services.in_flight.hold(sandbox_id, key):
                return await _answer(request, _world(session, row, key), body, handle)
        fault = sandboxes.take_fault(row, behaviour.operation, behaviour.faults)
    if fault is Fault.RATE_LIMITED:
        detail = f"Wait {_RETRY_AFTER_S} second before the next request."
        raise Problem("rate_limited", detail, headers={"Retry-After": str(_RETRY_AFTER_S)})
    if fault is Fault.UNAVAILABLE:
        raise Problem("unavailable", "The service cannot answer now; nothing was changed.")
    key = _key(request, behaviour)
    with services.in_flight.hold(sandbox_id, key):
        if fault is Fault.SLOW:
            await services.slow()
        async with services.database.transaction() as session:
            row = await sandboxes.find(session, sandbox_id)
            response = await _answer(request, _world(session, row, key, fault), body, handle)
    if fault is Fault.LOST_RESPONSE:
        _drop_connection(request)
    return response


def _key(request: Request, behaviour: Behaviour) -> str | None:
    if behaviour.idempotency == "none":
        return None
    return idempotency.key_of(request, required=behaviour.idempotency == "required")


def _world(
    session: AsyncSession, row: SandboxRow, key: str | None, fault: Fault | None = None
) -> World:
    domain = fault if fault in DOMAIN_FAULTS else None
    return World(session, row.id, row.seed, row.now, domain, idempotency_key=key)


async def _answer(request: Request, world: World, body: bytes, handle: Handler) -> Response:
    print_ = idempotency.fingerprint(request, body)
    replayed = await idempotency.replay(world, print_)
    if replayed is not None:
        return replayed
    request.state.world = world
    response = await handle(request)
    idempotency.store(world, print_, response)
    return response


async def read_body(request: Request) -> bytes:
    """The whole body, refused when it is too large or no JSON. FastAPI finds it cached."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
        raise Problem("payload_too_large", f"Send at most {MAX_BODY_BYTES} bytes.")
    try:
        body = await request.body()
    except ClientDisconnect as error:
        # Nobody reads this answer; an error would only end up in the log.
        raise invalid("", "the connection ended before the body did") from error
    if len(body) > MAX_BODY_BYTES:
        raise Problem("payload_too_large", f"Send at most {MAX_BODY_BYTES} bytes.")
    if body and "json" in request.headers.get("content-type", ""):
        try:
            orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise invalid("", f"the body is no valid JSON: {error}") from error
    return body


def _drop_connection(request: Request) -> None:
    drop = request.scope.get("extensions", {}).get(DROP_EXTENSION)
    if drop is None:
        raise RuntimeError("lost_response needs the server of tools.mock.core.server")
    drop()
