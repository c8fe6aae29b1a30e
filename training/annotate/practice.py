"""The practice APIs as a place where rows are executed: sandboxes made late and forked."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tools.catalog import Catalog
from tools.executor import Api
from training.annotate.ground import Rows
from training.records import Instruction
from training.scenarios.gold import place
from training.scenarios.scenario import Json, Scenario
from training.worlds import NOW, World, world

_FLIGHTS, _HOTELS = "flights", "hotels"
_CLEARED_AT_ONCE = 64
"""So many sandboxes that nobody needs any more are forgotten by one request."""


@dataclass(frozen=True, slots=True)
class PracticeApis:
    """Opens both practice APIs as processes (`training.annotate.stage.Opener`)."""

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[PracticePlace]:
        """Start them; stop them at the end. Raises `tools.errors.CallsignError`."""
        async with world() as running:
            yield PracticePlace(running)


class PracticePlace:
    """Both practice APIs, running (`training.annotate.ground.Place`)."""

    simulated = False

    def __init__(self, running: World, cleared_at_once: int = _CLEARED_AT_ONCE) -> None:
        self._world = running
        self._cleared_at_once = cleared_at_once
        self._narrowed: dict[frozenset[str], Catalog] = {}
        self._bins = {api: list[str]() for api in running.apis}

    def serves(self, instruction: Instruction) -> bool:
        """See `Place.serves`; an instruction that names no API means both."""
        return set(instruction.apis) <= self._world.apis.keys() and not instruction.specs

    def catalog(self, instruction: Instruction) -> Catalog:
        """See `Place.catalog`. Internal tools stay, or lost writes could not be looked up."""
        apis, names = set(instruction.apis), set(instruction.tools)
        kept = frozenset(
            tool.name
            for tool in self._world.catalog
            if (not apis or tool.api in apis) and (not names or tool.internal or tool.name in names)
        )
        if len(kept) == len(self._world.catalog):
            return self._world.catalog
        if kept not in self._narrowed:
            tools = (tool for tool in self._world.catalog if tool.name in kept)
            self._narrowed[kept] = Catalog(tools)
        return self._narrowed[kept]

    @asynccontextmanager
    async def row(self, instruction: Instruction) -> AsyncGenerator[Rows]:
        """See `Place.row`."""
        rows = PracticeRows(self._world, instruction.scenario)
        try:
            await rows.prepare()
            yield rows
        finally:
            for api, names in (await rows.made()).items():
                await self._clear_away(api, names)

    async def _clear_away(self, api: str, names: Sequence[str]) -> None:
        """Delete sandboxes, many with one request. The last of them end with their API."""
        waiting = self._bins[api]
        waiting += names
        if len(waiting) >= self._cleared_at_once:
            ids, self._bins[api] = waiting, []
            url = f"{self._world.apis[api].base_url}/sandboxes/clear"
            (await self._world.client.post(url, json={"ids": ids})).raise_for_status()


class PracticeRows:
    """The sandboxes of one row (`training.annotate.ground.Rows`)."""

    def __init__(self, running: World, scenario: Scenario) -> None:
        self._world = running
        self._scenario = scenario
        self._name = uuid.uuid4().hex
        self._set_up = frozenset(running.catalog.get(call.name).api for call in scenario.setup)
        self._made: dict[str, asyncio.Task[str]] = {}
        self._forks: list[tuple[str, str]] = []
        self._lists: dict[tuple[str, str], Sequence[Json]] = {}

    @property
    def apis(self) -> Mapping[str, Api]:
        """See `Rows.apis`."""
        return self._world.apis

    @property
    def client(self) -> httpx.AsyncClient:
        """See `Rows.client`."""
        return self._world.client

    async def prepare(self) -> None:
        """Make the writes of the setup, without faults; then let the faults begin."""
        if not self._set_up:
            return
        await asyncio.gather(*map(self.pristine, self._set_up))
        await place(self._scenario, self._world, self._name)
        if self._scenario.faults:
            for api in self._set_up:
                await self._disturb(api, self._name, self._scenario.faults)

    async def pristine(self, api: str) -> str:
        """See `Rows.pristine`."""
        if api not in self._made:
            self._made[api] = asyncio.create_task(self._create(api))
        return await self._made[api]

    async def fork(self, api: str, sandbox: str) -> str:
        """See `Rows.fork`."""
        name = f"{self._name}-{len(self._forks)}"
        self._forks.append((api, name))
        await self._send("POST", api, f"/sandboxes/{sandbox}/fork", json={"id": name})
        return name

    async def things(self, sandboxes: Mapping[str, str]) -> tuple[Sequence[Json], Sequence[Json]]:
        """See `Rows.things`. Nothing is asked of an API that nothing was written to."""
        flights = await self._listed(_FLIGHTS, sandboxes.get(_FLIGHTS))
        return flights, await self._listed(_HOTELS, sandboxes.get(_HOTELS))

    async def made(self) -> Mapping[str, Sequence[str]]:
        """Every sandbox of the row, by API: those that nobody needs when the row is done."""
        await asyncio.gather(*self._made.values(), return_exceptions=True)
        found = {api: [self._name] for api in self._made}
        for api, name in self._forks:
            found.setdefault(api, []).append(name)
        return found

    async def _listed(self, api: str, sandbox: str | None) -> Sequence[Json]:
        if sandbox is None and api not in self._set_up:
            return ()
        known = api, sandbox or self._name
        if known not in self._lists:
            self._lists[known] = await self._read(*known)
        return self._lists[known]

    async def _read(self, api: str, sandbox: str) -> Sequence[Json]:
        if self._scenario.faults:
            # Listing must neither fail nor use up a fault that a branch is still to meet.
            sandbox = await self.fork(api, sandbox)
            await self._disturb(api, sandbox, {})
        read = self._world.orders if api == _FLIGHTS else self._world.bookings
        return await read(sandbox)

    async def _create(self, api: str) -> str:
        body: dict[str, Any] = {"id": self._name, "seed": self._scenario.seed, "now": NOW}
        if self._scenario.faults and api not in self._set_up:
            body["faults"] = self._complete(self._scenario.faults)
        await self._send("POST", api, "/sandboxes", json=body)
        return self._name

    async def _disturb(self, api: str, sandbox: str, faults: Json) -> None:
        body = {"faults": self._complete(faults)}
        await self._send("PATCH", api, f"/sandboxes/{sandbox}", json=body)

    def _complete(self, faults: Json) -> dict[str, Any]:
        return {"once": [], "rates": {}, **faults}

    async def _send(self, method: str, api: str, path: str, json: Any) -> None:
        url = f"{self.apis[api].base_url}{path}"
        response = await self._world.client.request(method, url, json=json)
        response.raise_for_status()
