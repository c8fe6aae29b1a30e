"""Puts a mock service together: its API under the pipeline, the control endpoints, the errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response

from tools.mock.core import control, openapi, problems, sandboxes
from tools.mock.core.database import IN_MEMORY, Database
from tools.mock.core.idempotency import InFlight
from tools.mock.core.pipeline import PipelineRoute, Services


async def _three_seconds() -> None:
    await asyncio.sleep(3.0)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a mock service is started.

    `now` is the default sandbox's clock and `seed` its seed. `slow` is awaited by that fault.
    """

    database_url: str = IN_MEMORY
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    seed: int = 0
    slow: Callable[[], Awaitable[object]] = _three_seconds


@dataclass(frozen=True, slots=True)
class Api:
    """What tells one service from another. The router comes from `api_router`."""

    title: str
    description: str
    version: str
    router: APIRouter
    servers: tuple[str, ...] = ()


def api_router(tag: str) -> APIRouter:
    """A router whose endpoints run through the pipeline."""
    return APIRouter(route_class=PipelineRoute, tags=[tag])


def create_app(api: Api, settings: Settings) -> FastAPI:
    """The service as an ASGI application; its database opens and closes with its lifespan."""
    database = Database(settings.database_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        await database.start()
        async with database.transaction() as session:
            await sandboxes.ensure_default(session, settings.seed, settings.now)
        try:
            yield
        finally:
            await database.close()

    app = FastAPI(
        title=api.title,
        description=api.description,
        version=api.version,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.services = Services(database, InFlight(), settings.slow)
    app.state.started_at = settings.now
    app.include_router(api.router)
    _write_document(app, api)
    _add_control(app, api)
    problems.install(app)
    return app


def _write_document(app: FastAPI, api: Api) -> None:
    """Generate the document once, now: all that is added later stays out of it."""
    app.servers = [{"url": url} for url in api.servers]
    document = openapi.finish(app.openapi())
    app.openapi = lambda: document


def _add_control(app: FastAPI, api: Api) -> None:
    router = control.control_router(openapi.faults_by_operation(app.openapi()))
    document = control.control_document(router, f"{api.title}: sandboxes", api.version)
    app.state.control_document = document

    async def show() -> Response:
        return JSONResponse(document)

    app.include_router(router)
    app.add_api_route("/control/openapi.json", show, include_in_schema=False)
