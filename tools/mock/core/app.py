"""Puts a mock service together: its API under the pipeline, the control endpoints, the errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from tools.mock.core import control, openapi, problems, sandboxes
from tools.mock.core.database import IN_MEMORY, Database
from tools.mock.core.idempotency import InFlight
from tools.mock.core.operations import Behaviour
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
    """What tells one service from another. The router's routes are `PipelineRoute`s."""

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
    _add_control(app, api)
    problems.install(app)
    _document(app, api)
    return app


def _add_control(app: FastAPI, api: Api) -> None:
    routes = [route for route in api.router.routes if isinstance(route, PipelineRoute)]
    behaviours = [Behaviour.of(route.operation_id or "", route.openapi_extra) for route in routes]
    router = control.control_router({item.operation: item.faults for item in behaviours})
    document = control.control_document(router, f"{api.title}: sandboxes", api.version)

    async def show() -> Response:
        return JSONResponse(document)

    app.include_router(router)
    app.add_api_route("/control/openapi.json", show, include_in_schema=False)


def _document(app: FastAPI, api: Api) -> None:
    routes = [route for route in api.router.routes if isinstance(route, APIRoute)]

    def generate() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = openapi.finish(
                get_openapi(
                    title=api.title,
                    version=api.version,
                    description=api.description,
                    routes=routes,
                    servers=[{"url": url} for url in api.servers] or None,
                )
            )
        return app.openapi_schema

    app.openapi = generate
