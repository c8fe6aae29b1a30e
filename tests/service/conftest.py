from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from agent.agent import Agent
from agent.clock import SandboxClock
from agent.engines.base import Completion, Sampling
from agent.engines.scripted import Prompt, ScriptedEngine
from agent.stores import MemoryStore
from service.app import create_app
from service.metrics import CountedStore, Metrics
from service.runtime import Parts
from service.settings import Settings
from tests.service.shop import DOCUMENT, Shop
from tools.catalog import Catalog
from tools.executor import Api, Executor
from tools.openapi import read_openapi

SEARCH = ("search_offers", {})
PRESENT = ("present", {"result": "c1"})
BOOK = ("book_offer", {"offer_id": "off_1"})
DONE = ("finish", {"topic": "done"})
HELLO = ("finish", {"topic": "greeting"})


class GatedEngine(ScriptedEngine):
    """A scripted engine that can be made to wait, and that counts what it costs."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()

    async def propose(self, prompt: Prompt, grammar: str | None, sampling: Sampling) -> Completion:
        self.asked.set()
        await self.gate.wait()
        completion = await super().propose(prompt, grammar, sampling)
        return Completion(completion.text, prompt_tokens=100, completion_tokens=7)


class World:
    """A service over a shop, and what a test may look at or change behind its back."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.shop = Shop()
        self.engine = GatedEngine()
        self.store = MemoryStore()
        self.app: FastAPI = create_app(settings, assemble=self._assemble)

    async def _assemble(
        self,
        settings: Settings,
        metrics: Metrics,
        stack: AsyncExitStack,
        waiting: Callable[[str], None],
    ) -> Parts:
        transport = httpx.ASGITransport(self.shop.app)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
        store = CountedStore(self.store, metrics)
        agent = Agent(
            catalog=Catalog(read_openapi(DOCUMENT, api="shop").tools),
            engine=self.engine,
            executor=Executor({"shop": Api("http://shop")}, client=client),
            store=store,
            clock=SandboxClock("http://shop", client),
        )
        stack.push_async_callback(agent.aclose)
        return Parts(agent, store, checks={"store": store.ping})

    @asynccontextmanager
    async def client(self, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self.app)
        async with (
            self.app.router.lifespan_context(self.app),
            httpx.AsyncClient(transport=transport, base_url="http://test", **options) as client,
        ):
            await self.ready()
            yield client

    async def ready(self) -> None:
        """Wait until the parts are loaded."""
        while not self.app.state.runtime.loaded:  # noqa: ASYNC110 - as a client polls /readyz
            await asyncio.sleep(0)


MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> MakeWorld:
    # No .env and no CALLSIGN_* of the machine that runs the tests.
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CALLSIGN_{name.upper()}", raising=False)

    def make(**settings: Any) -> World:
        settings.setdefault("allowed_hosts", ("test",))
        return World(Settings(**settings))

    return make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as client:
        yield client


async def new_conversation(client: httpx.AsyncClient, **headers: str) -> str:
    response = await client.post("/v1/conversations", headers=headers)
    assert response.status_code == 201, response.text
    return response.json()["id"]


async def say(client: httpx.AsyncClient, conversation: str, content: str) -> dict[str, Any]:
    path = f"/v1/conversations/{conversation}/messages"
    response = await client.post(path, json={"content": content})
    assert response.status_code == 200, response.text
    return response.json()


async def ask_to_book(client: httpx.AsyncClient, world: World) -> tuple[str, dict[str, Any]]:
    """A conversation that has come to an approval, and that approval."""
    world.engine.expect(SEARCH, BOOK)
    conversation = await new_conversation(client)
    turn = await say(client, conversation, "Book me the cheapest ticket")
    assert turn["approval"], turn
    return conversation, turn["approval"]
