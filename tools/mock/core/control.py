"""The sandbox endpoints and the health check: for test benches, so outside the API's document."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from sqlalchemy import delete

from tools.mock.core import openapi, sandboxes
from tools.mock.core.faults import Fault, Faults, impossible
from tools.mock.core.operations import problem_responses
from tools.mock.core.pipeline import GuardedRoute, Services
from tools.mock.core.problems import Problem, invalid
from tools.mock.core.sandboxes import SandboxRow
from tools.mock.core.schemas import InstantIn, InstantOut, StrictInt, optional
from tools.mock.core.schemas import Request as Body

MAX_SANDBOXES = 10_000
SandboxId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
_BODY_PROBLEMS = ("bad_request", "payload_too_large", "validation_failed")


class NewSandbox(Body):
    """A world to create."""

    id: SandboxId
    seed: Annotated[StrictInt, Field(ge=0, lt=2**63, description="Same seed, same world.")] = 0
    now: InstantIn | None = optional(
        "Where its clock stands; the service's start time when left out."
    )
    faults: Faults = Field(default_factory=lambda: Faults(once=[], rates={}))


class ForkSandbox(Body):
    """The copy to make."""

    id: SandboxId


class ChangeSandbox(Body):
    """What to change; the rest stays."""

    now: InstantIn | None = optional("Where its clock stands from now on.")
    faults: Faults | None = optional("What goes wrong from now on.")


class ClearSandboxes(Body):
    """The worlds to forget."""

    ids: Annotated[list[SandboxId], Field(max_length=1_000)]


class Sandbox(BaseModel):
    """A world. `faults` holds the one-shots that have not hit yet."""

    id: str
    seed: int
    now: InstantOut
    faults: Faults

    @classmethod
    def of(cls, row: SandboxRow) -> Sandbox:
        """The row on the wire."""
        faults = Faults.model_validate(row.faults)
        return cls(id=row.id, seed=row.seed, now=row.now, faults=faults)


class Health(BaseModel):
    """The service answers."""

    status: str


async def _services(request: Request) -> Services:
    # Async, or each request would wait for a thread to look it up.
    return request.app.state.services


CurrentServices = Annotated[Services, Depends(_services)]


def control_router(operations: Mapping[str, Set[Fault]]) -> APIRouter:
    """The endpoints; `operations` tells which faults can hit which operation of this service."""
    router = APIRouter(route_class=GuardedRoute, tags=["sandboxes"], include_in_schema=False)
    _add_making(router, operations)
    _add_clearing(router)
    _add_keeping(router, operations)
    _add_health(router)
    return router


def control_document(router: APIRouter, title: str, version: str) -> dict[str, Any]:
    """The OpenAPI document of the control endpoints."""
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    for route in routes:
        route.include_in_schema = True
    document = get_openapi(title=title, version=version, routes=routes)
    for route in routes:
        route.include_in_schema = False
    return openapi.finish(document)


def _possible(faults: Faults, operations: Mapping[str, Set[Fault]]) -> Faults:
    """The faults, unless one could never happen. Raises `Problem` (`validation_failed`)."""
    reason = impossible(faults, operations)
    if reason is not None:
        raise invalid("/faults/once", reason)
    return faults


def _add_making(router: APIRouter, operations: Mapping[str, Set[Fault]]) -> None:
    @router.post(
        "/sandboxes",
        status_code=201,
        operation_id="create_sandbox",
        responses=problem_responses([*_BODY_PROBLEMS, "sandbox_exists", "quota_exceeded"]),
    )
    async def create(body: NewSandbox, services: CurrentServices, request: Request) -> Sandbox:
        """Create a world from a seed and a point in time."""
        now = body.now or request.app.state.started_at
        faults = _possible(body.faults, operations)
        async with services.database.transaction() as session:
            row = await sandboxes.create(
                session, body.id, seed=body.seed, now=now, faults=faults, limit=MAX_SANDBOXES
            )
        return Sandbox.of(row)

    @router.post(
        "/sandboxes/{sandbox_id}/fork",
        status_code=201,
        operation_id="fork_sandbox",
        responses=problem_responses(
            [*_BODY_PROBLEMS, "not_found", "sandbox_exists", "quota_exceeded"]
        ),
    )
    async def fork(sandbox_id: str, body: ForkSandbox, services: CurrentServices) -> Sandbox:
        """Copy a world as it stands."""
        async with services.database.transaction() as session:
            row = await sandboxes.fork(session, sandbox_id, body.id, MAX_SANDBOXES)
        return Sandbox.of(row)


def _add_clearing(router: APIRouter) -> None:
    @router.post(
        "/sandboxes/clear",
        status_code=204,
        operation_id="clear_sandboxes",
        responses=problem_responses([*_BODY_PROBLEMS, "sandbox_protected"]),
    )
    async def clear(body: ClearSandboxes, services: CurrentServices) -> Response:
        """Forget many worlds at once; those that are not there are none to forget."""
        if sandboxes.DEFAULT in body.ids:
            raise _protected()
        async with services.database.transaction() as session:
            await session.execute(delete(SandboxRow).where(SandboxRow.id.in_(body.ids)))
        return Response(status_code=204)


def _protected() -> Problem:
    return Problem("sandbox_protected", "The default sandbox stays.")


def _add_keeping(router: APIRouter, operations: Mapping[str, Set[Fault]]) -> None:
    @router.get(
        "/sandboxes/{sandbox_id}",
        operation_id="get_sandbox",
        responses=problem_responses(["not_found", "validation_failed"]),
    )
    async def get(sandbox_id: str, services: CurrentServices) -> Sandbox:
        """Show a world's seed, clock and faults."""
        async with services.database.transaction() as session:
            return Sandbox.of(await sandboxes.find(session, sandbox_id))

    @router.patch(
        "/sandboxes/{sandbox_id}",
        operation_id="change_sandbox",
        responses=problem_responses([*_BODY_PROBLEMS, "not_found"]),
    )
    async def change(sandbox_id: str, body: ChangeSandbox, services: CurrentServices) -> Sandbox:
        """Move a world's clock, or change what goes wrong in it."""
        async with services.database.transaction() as session:
            row = await sandboxes.find(session, sandbox_id)
            row.now = body.now or row.now
            if body.faults is not None:
                row.faults = _possible(body.faults, operations).model_dump(mode="json")
        return Sandbox.of(row)

    @router.delete(
        "/sandboxes/{sandbox_id}",
        status_code=204,
        operation_id="delete_sandbox",
        responses=problem_responses(["not_found", "sandbox_protected", "validation_failed"]),
    )
    async def forget(sandbox_id: str, services: CurrentServices) -> Response:
        """Forget a world and everything in it."""
        if sandbox_id == sandboxes.DEFAULT:
            raise _protected()
        async with services.database.transaction() as session:
            await session.delete(await sandboxes.find(session, sandbox_id))
        return Response(status_code=204)


def _add_health(router: APIRouter) -> None:
    @router.get("/healthz", operation_id="healthz")
    async def healthz() -> Health:
        """Say that the service answers."""
        return Health(status="ok")
