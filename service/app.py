"""The service as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles

from agent.stores import ConversationStore
from service import problems
from service.completions import endpoint as completions
from service.docs import router as docs
from service.facade import AgentFacade
from service.logs import RequestLog
from service.metrics import Metrics
from service.routes import conversations, operations
from service.runtime import Parts, Runtime
from service.security import BodyLimit, KnownHosts, SecurityHeaders
from service.settings import Settings
from tools.errors import CallsignError

_LOG = structlog.get_logger("callsign.service")
_RETRY_SECONDS = 1.0

Waiting = Callable[[str], None]
"""Told what is being waited for."""
Assemble = Callable[[Settings, Metrics, AsyncExitStack, Waiting], Awaitable[Parts]]
"""Makes the parts and gives their release to the stack; waits for what does not answer yet.

Raises `CallsignError`, ValueError or OSError where waiting cannot help.
"""
Failed = Callable[[Exception], None]
"""Told why the service will never be ready."""


def create_app(
    settings: Settings,
    *,
    agent: AgentFacade | None = None,
    store: ConversationStore | None = None,
    assemble: Assemble | None = None,
    failed: Failed | None = None,
) -> FastAPI:
    """The service over a given agent and its store, or over the parts that `assemble` makes.

    With `assemble` (by default `service.assembly.assemble`) the app answers at once and is ready
    later, as GET /readyz says: loading a model takes longer than a supervisor's patience. Where
    it cannot become ready at all, `failed` is told why, for the host to end it.
    """
    metrics = Metrics()
    runtime = Runtime(settings, metrics)
    if agent is not None and store is not None:
        runtime.serve(Parts(agent, store, checks={"store": store.ping}))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            loading = None
            if not runtime.loaded:
                loading = asyncio.create_task(_load(runtime, assemble, failed, stack))
            try:
                yield
            finally:
                await _stop(runtime, loading)

    app = FastAPI(
        title="Callsign",
        version=version("callsign"),
        summary="An API-calling agent you can trust with a booking.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.runtime = runtime
    problems.install(app)
    for router in (conversations.router, completions.router, operations.router, docs):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=operations.PAGE / "static"), name="static")
    _add_middleware(app, settings, metrics)
    _complete_schema(app, keys=bool(settings.api_keys), guarded=settings.hosts is not None)
    return app


async def _load(
    runtime: Runtime, assemble: Assemble | None, failed: Failed | None, stack: AsyncExitStack
) -> None:
    """Make the parts, once, and follow up what a stopped process left open."""
    if assemble is None:
        from service.assembly import assemble  # noqa: PLC0415 - loads a model's runtime

    def waiting(reason: str) -> None:
        if reason != runtime.loading:
            _LOG.info("not ready yet", reason=reason)
        runtime.loading = reason

    try:
        parts = await assemble(runtime.settings, runtime.metrics, stack, waiting)
        recovered = await _recover(parts, waiting)
    except Exception as error:
        runtime.loading = f"cannot start: {str(error) or type(error).__name__}"
        if failed is not None:
            failed(error)
        if isinstance(error, (CallsignError, ValueError, OSError)):
            _LOG.error(runtime.loading)
            return
        _LOG.exception("loading failed")
        raise
    runtime.serve(parts)
    _LOG.info("ready", model=parts.model, recovered_writes=recovered)


async def _recover(parts: Parts, waiting: Waiting) -> int:
    while True:
        try:
            return await parts.agent.recover()
        except CallsignError as error:
            waiting(f"writes of the last run are not followed up yet: {error}")
            await asyncio.sleep(_RETRY_SECONDS)


async def _stop(runtime: Runtime, loading: asyncio.Task[None] | None) -> None:
    if loading is not None and not loading.done():
        loading.cancel()
        await asyncio.wait((loading,))
    cut_off = await runtime.turns.settle(runtime.settings.shutdown_seconds)
    if cut_off:
        runtime.parts.agent.cut_off()
        _LOG.warning("turns cut off; their writes are read back at the next start", turns=cut_off)


def _add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    # The last one added is the outermost: every answer is logged and secured, refusals too.
    app.add_middleware(problems.Unforeseen)
    app.add_middleware(BodyLimit, most=settings.max_body_bytes)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "X-Sandbox"],
            expose_headers=["X-Request-Id", "X-Conversation-Id", "Retry-After"],
        )
    if settings.hosts is not None:
        app.add_middleware(KnownHosts, names=settings.hosts)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog, metrics=metrics)


def _complete_schema(app: FastAPI, *, keys: bool, guarded: bool) -> None:
    """Make the document say what this service does.

    The problem schema that `documented` points at comes in, FastAPI's own error shape goes; and
    where no keys are set no operation claims to need one. Where it answers under its own names
    only (`guarded`), any operation may say so.
    """
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        schema = generate()
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = dict(problems.PROBLEM_SCHEMA)
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        operations = [one for path in schema["paths"].values() for one in path.values()]
        if not keys:
            schema["components"].pop("securitySchemes", None)
            for operation in operations:
                operation.pop("security", None)
                operation["responses"].pop("401", None)
        refused = problems.documented("forbidden_host") if guarded else {}
        for operation in operations:
            operation["responses"] |= {str(status): told for status, told in refused.items()}
        return schema

    app.openapi = openapi
