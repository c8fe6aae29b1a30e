"""Running APIs as a place where rows of the dataset are executed: reads only, one world."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from tools.catalog import Catalog
from tools.executor import Api
from training.annotate.ground import Rows
from training.live.api import LiveApis
from training.records import Instruction
from training.scenarios.scenario import Json


@dataclass(frozen=True, slots=True)
class LivePlaces:
    """Opens running APIs (`training.annotate.stage.Opener`)."""

    apis: LiveApis

    def __repr__(self) -> str:
        return f"LivePlaces({self.apis!r})"

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[LivePlace]:
        """Nothing is asked yet."""
        async with self.apis.client() as client:
            yield LivePlace(self.apis, client)


class LivePlace:
    """APIs that run (`training.annotate.ground.Place`)."""

    simulated = False

    def __init__(self, apis: LiveApis, client: httpx.AsyncClient) -> None:
        self._apis = apis
        self._client = client

    def serves(self, instruction: Instruction) -> bool:
        """Whether the instruction was made on running APIs. Never where a tool of it writes."""
        return instruction.live and all(tool.effect == "read" for tool in instruction.specs)

    def catalog(self, instruction: Instruction) -> Catalog:
        """The tools that the instruction brings."""
        return Catalog(instruction.specs)

    @asynccontextmanager
    async def row(self, instruction: Instruction) -> AsyncGenerator[Rows]:
        """See `Place.row`. Raises ValueError for a scenario with setup or faults."""
        scenario = instruction.scenario
        if scenario.setup or scenario.faults:
            raise ValueError(f"{scenario.id} has setup or faults, and its API is not ours")
        names = {tool.api for tool in instruction.specs}
        yield LiveRows({name: self._apis.api(name) for name in names}, self._client)


class LiveRows:
    """One world for all rows, which none of them changes (`training.annotate.ground.Rows`)."""

    def __init__(self, apis: Mapping[str, Api], client: httpx.AsyncClient) -> None:
        self._apis = apis
        self._client = client

    @property
    def apis(self) -> Mapping[str, Api]:
        """See `Rows.apis`."""
        return self._apis

    @property
    def client(self) -> httpx.AsyncClient:
        """See `Rows.client`."""
        return self._client

    async def pristine(self, api: str) -> str:
        """See `Rows.pristine`."""
        return "live"

    async def fork(self, api: str, sandbox: str) -> str:
        """See `Rows.fork`. What is only read needs no copy."""
        return sandbox

    async def things(self, sandboxes: Mapping[str, str]) -> tuple[Sequence[Json], Sequence[Json]]:
        """No orders and no bookings: the goals are calls."""
        return (), ()
