"""An agent over the shop, its engine played by a script: what the tests of whole turns stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from agent.agent import Agent
from agent.engines.scripted import ScriptedEngine
from agent.options import Options
from agent.stores import MemoryStore
from agent.view import turn_view
from tests.agent.shop import DOCUMENT, NOW, Shop
from tools.catalog import Catalog
from tools.executor import Api, Executor, ExecutorOptions
from tools.openapi import read_openapi

FIND = ("find_items", {"on": "2026-11-23"})
BUY = ("buy_item", {"item_id": "it_aa", "contact_email": "ada@example.com"})
BUY_OTHER = ("buy_item", {"item_id": "it_bb", "contact_email": "ada@example.com"})
SHOW = ("present", {"result": "c1"})
DONE = ("finish", {"topic": "done"})
WISH = "A lamp for tomorrow please, I am ada@example.com"


class FixedClock:
    def __init__(self) -> None:
        self.time = datetime.fromisoformat(NOW)

    async def now(self, sandbox: str) -> datetime:
        return self.time


class Bench:
    """An agent over the shop, played by a script."""

    def __init__(
        self,
        store: MemoryStore | None = None,
        shop: Shop | None = None,
        options: Options | None = None,
        document: Mapping[str, Any] = DOCUMENT,
    ) -> None:
        self.shop = shop or Shop()
        self.engine = ScriptedEngine()
        self.clock = FixedClock()
        self.slept: list[float] = []
        self.client = self.shop.client()
        self.store = store or MemoryStore()
        self.catalog = Catalog(read_openapi(document, api="shop").tools)
        self.agent = Agent(
            catalog=self.catalog,
            engine=self.engine,
            executor=Executor(
                {"shop": Api("http://shop.test")},
                client=self.client,
                options=ExecutorOptions(),
                sleep=self._sleep,
            ),
            store=self.store,
            clock=self.clock,
            options=replace(options or Options(), sleep=self._sleep),
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def say(self, conversation: str, text: str, *steps: Any) -> dict[str, Any]:
        self.engine.expect(*steps)
        since = len(await self.agent.events(conversation))
        async for _ in self.agent.send(conversation, text):
            pass
        self.engine.finish()
        return turn_view(await self.agent.events(conversation), since)

    async def answer(
        self, conversation: str, approval: str, decision: Any, *steps: Any
    ) -> dict[str, Any]:
        self.engine.expect(*steps)
        since = len(await self.agent.events(conversation))
        async for _ in self.agent.decide(conversation, approval, decision):
            pass
        self.engine.finish()
        return turn_view(await self.agent.events(conversation), since)

    async def asked(self) -> tuple[str, dict[str, Any]]:
        """A conversation in which buying the lamp waits for approval."""
        conversation = await self.agent.start()
        await self.say(conversation, WISH, FIND, ("present", {"result": "c1"}))
        turn = await self.say(conversation, "The first one, buy it", BUY)
        assert turn["approval"]
        return conversation, turn["approval"]
