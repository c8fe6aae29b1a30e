"""Simulated APIs as a place where rows of the dataset are executed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx

from tools.catalog import Catalog
from tools.executor import Api
from training.records import Instruction
from training.scenarios.scenario import Json
from training.simulate.transport import SimulatorTransport, base_url

_PRISTINE = "pristine"


class SimulatedApis:
    """Opens a simulator for instructions that bring their tools (`annotate.stage.Opener`)."""

    def __repr__(self) -> str:
        return "SimulatedApis()"

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[SimulatedPlace]:
        """There is nothing to start."""
        yield SimulatedPlace()


class SimulatedPlace:
    """A simulator for each row, seeded as its scenario says (`annotate.ground.Place`)."""

    simulated = True

    def serves(self, instruction: Instruction) -> bool:
        """Whether the instruction brings its tools, and no running API answers."""
        return bool(instruction.specs) and not instruction.live

    def catalog(self, instruction: Instruction) -> Catalog:
        """The tools that the instruction brings."""
        return Catalog(instruction.specs)

    @asynccontextmanager
    async def row(self, instruction: Instruction) -> AsyncGenerator[SimulatedRows]:
        """The simulator of one row.

        Raises ValueError for a scenario with setup or faults: a simulated world begins empty and
        never fails.
        """
        scenario = instruction.scenario
        if scenario.setup or scenario.faults:
            raise ValueError(f"{scenario.id} has setup or faults, and is simulated")
        transport = SimulatorTransport(instruction.specs, scenario.seed)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            yield SimulatedRows({tool.api for tool in instruction.specs}, transport, client)


class SimulatedRows:
    """The sandboxes of one row (`annotate.ground.Rows`)."""

    def __init__(
        self, apis: Iterable[str], transport: SimulatorTransport, client: httpx.AsyncClient
    ) -> None:
        self._transport = transport
        self._client = client
        self._apis = {api: Api(base_url(api)) for api in apis}
        self._forks = 0

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
        return _PRISTINE

    async def fork(self, api: str, sandbox: str) -> str:
        """See `Rows.fork`."""
        self._forks += 1
        name = f"{_PRISTINE}-{self._forks}"
        self._transport.fork(api, sandbox, name)
        return name

    async def things(self, sandboxes: Mapping[str, str]) -> tuple[Sequence[Json], Sequence[Json]]:
        """No orders and no bookings: the goals of simulated APIs are calls."""
        return (), ()
