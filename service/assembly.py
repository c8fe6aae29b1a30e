"""Puts the agent together: tools from the APIs' documents, engine, executor, store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx

from agent.agent import Agent
from agent.clock import SandboxClock
from agent.demonstrations import for_untuned
from agent.engines.base import Engine
from agent.engines.opening import (
    Embedded,
    Scripted,
    Served,
    Target,
    is_tuned,
    open_engine,
    prepare,
)
from agent.models import ModelFiles, choose_adapter
from agent.models.files import Progress, quietly
from agent.options import Options
from agent.stores import ConversationStore, open_store
from agent.stores.migrate import MigrationError
from service.metrics import CountedStore, Metrics
from service.runtime import Check, Parts
from service.settings import Settings
from tools.catalog import Catalog
from tools.errors import CallsignError, EngineUnavailable
from tools.executor import Api, Executor
from tools.gazetteer import Gazetteer
from tools.openapi import fetch_openapi
from tools.spec import ToolSpec

_PROBE_SECONDS = 2.0
_RETRY_SECONDS = 0.25

T = TypeVar("T")


async def assemble(
    settings: Settings, metrics: Metrics, stack: AsyncExitStack, waiting: Callable[[str], None]
) -> Parts:
    """Load everything that turns need; `stack` gets what must be released afterwards.

    The engine loads while the APIs and the database come up; `waiting` is told which of them is
    not there yet. Raises `CallsignError` where a document, the model or the database cannot be
    used; ValueError for a database URL that names none.
    """
    client = await stack.enter_async_context(_client())
    urls = api_urls(settings)
    try:
        async with asyncio.TaskGroup() as group:
            loading = group.create_task(_open_engine(settings, stack, waiting))
            reading = group.create_task(_read_tools(urls, client, waiting))
            opening = group.create_task(_open_store(settings, stack, waiting))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    engine, specs = loading.result(), reading.result()
    store = CountedStore(opening.result(), metrics)
    agent = Agent(
        catalog=Catalog(specs),
        engine=engine,
        executor=Executor({name: Api(url) for name, url in urls.items()}, client=client),
        store=store,
        clock=SandboxClock(urls["flights"], client),
        options=await asyncio.to_thread(options, settings),
        places=Gazetteer.default(),
    )
    stack.push_async_callback(agent.aclose)
    checks: dict[str, Check] = {name: _answers(client, url) for name, url in urls.items()}
    checks["store"] = store.ping
    if settings.engine == "openai" and settings.engine_url:
        checks["engine"] = _answers(client, settings.engine_url, "/models", settings)
    return Parts(agent, store, model=engine.name, checks=checks)


def options(settings: Settings) -> Options:
    """How turns run. An embedded model that was never trained on acts gets examples."""
    shown = settings.demonstrations
    if shown is None:
        shown = settings.engine == "embedded" and not is_tuned(_embedded(settings))
    plain = Options(mode=settings.mode)
    return for_untuned(plain) if shown else plain


async def _read_tools(
    urls: Mapping[str, str], client: httpx.AsyncClient, waiting: Callable[[str], None]
) -> list[ToolSpec]:
    specs: list[ToolSpec] = []
    for name, url in urls.items():
        read = partial(fetch_openapi, f"{url}/openapi.json", api=name, client=client)
        specs += (await _patiently(read, _is_silent, waiting)).tools
    return specs


async def _open_engine(
    settings: Settings, stack: AsyncExitStack, waiting: Callable[[str], None]
) -> Engine:
    def is_loading(error: CallsignError) -> bool:
        return isinstance(error, EngineUnavailable) and _is_silent(error)

    engine = await _patiently(partial(load_engine, settings), is_loading, waiting)
    stack.push_async_callback(engine.aclose)
    return engine


async def _open_store(
    settings: Settings, stack: AsyncExitStack, waiting: Callable[[str], None]
) -> ConversationStore:
    is_file = settings.database_url.startswith("sqlite")

    def is_away(error: CallsignError) -> bool:
        return not is_file and not isinstance(error.__cause__, MigrationError)

    store = await _patiently(partial(open_store, settings.database_url), is_away, waiting)
    stack.push_async_callback(store.aclose)
    return store


async def _patiently(
    attempt: Callable[[], Awaitable[T]],
    passes: Callable[[CallsignError], bool],
    waiting: Callable[[str], None],
) -> T:
    """The result of an attempt, made again while it fails in a way that passes by itself."""
    while True:
        try:
            return await attempt()
        except CallsignError as error:
            if not passes(error):
                raise
            waiting(str(error))
            await asyncio.sleep(_RETRY_SECONDS)


def _is_silent(error: CallsignError) -> bool:
    return isinstance(error.__cause__, httpx.HTTPError)


def api_urls(settings: Settings) -> dict[str, str]:
    """Where the APIs are: where the settings say, else on this machine."""
    urls = {
        "flights": settings.flights_url or f"http://127.0.0.1:{settings.flights_port}",
        "hotels": settings.hotels_url or f"http://127.0.0.1:{settings.hotels_port}",
    }
    return {name: url.rstrip("/") for name, url in urls.items()}


async def load_engine(settings: Settings) -> Engine:
    """Open the engine that the settings name. Raises `EngineError` or `ModelError`."""
    return await open_engine(target(settings))


def target(settings: Settings) -> Target:
    """The engine that the settings name. Raises `EngineUnavailable` or `ModelError`."""
    match settings.engine:
        case "openai":
            return _served(settings)
        case "scripted":
            return Scripted(settings.script)
        case "embedded":
            return _embedded(settings)


def _served(settings: Settings) -> Served:
    if not settings.engine_url:
        raise EngineUnavailable("the openai engine needs --engine-url, ending in /v1")
    if not settings.model:
        raise EngineUnavailable("the openai engine needs --model, a name from its /v1/models")
    key = settings.engine_key.get_secret_value() if settings.engine_key else None
    return Served(settings.engine_url, settings.model, key, grammars=settings.mode != "free")


def _embedded(settings: Settings) -> Embedded:
    base = Path(settings.model) if settings.model else None
    return Embedded(base, choose_adapter(settings.adapter, base))


def prepare_model(settings: Settings, progress: Progress = quietly) -> ModelFiles:
    """The embedded model's files, fetched and converted as far as they are not there yet.

    Raises `ModelError`.
    """
    return prepare(_embedded(settings), progress)


def _client() -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    # What runs on this machine is never asked through a proxy of the environment.
    direct = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}
    return httpx.AsyncClient(limits=limits, mounts=direct)


def _answers(
    client: httpx.AsyncClient, url: str, path: str = "/healthz", settings: Settings | None = None
) -> Callable[[], Awaitable[None]]:
    headers: dict[str, str] = {}
    if settings is not None and settings.engine_key is not None:
        headers["Authorization"] = f"Bearer {settings.engine_key.get_secret_value()}"

    async def check() -> None:
        try:
            response = await client.get(f"{url}{path}", headers=headers, timeout=_PROBE_SECONDS)
        except httpx.HTTPError as error:
            raise CallsignError(
                f"{url} does not answer: {error or type(error).__name__}"
            ) from error
        if response.is_error:
            raise CallsignError(f"{url}{path} answers {response.status_code}")

    return check
