"""Where a branch of a search stands: the sandbox of each API, shared until a write parts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from tools.catalog import Catalog
from tools.executor import Api
from training.records import Instruction
from training.scenarios.scenario import Json


class Rows(Protocol):
    """The sandboxes of one row. All of them are gone when the row is done."""

    @property
    def apis(self) -> Mapping[str, Api]:
        """Where the APIs are."""
        ...

    @property
    def client(self) -> httpx.AsyncClient:
        """What reaches them."""
        ...

    async def pristine(self, api: str) -> str:
        """The sandbox of an API as the conversation finds it; made when it is first needed."""
        ...

    async def fork(self, api: str, sandbox: str) -> str:
        """A copy of a sandbox as it stands now."""
        ...

    async def things(self, sandboxes: Mapping[str, str]) -> tuple[Sequence[Json], Sequence[Json]]:
        """All flight orders and hotel bookings of the world that these sandboxes make.

        `sandboxes` names those that were written to, by API; any other is as it was found. None of
        them is written to again.
        """
        ...


class Place(Protocol):
    """Something that rows can be executed on: running APIs, or a simulator of them."""

    @property
    def simulated(self) -> bool:
        """Whether no server answers."""
        ...

    def serves(self, instruction: Instruction) -> bool:
        """Whether the instruction's APIs are all here."""
        ...

    def catalog(self, instruction: Instruction) -> Catalog:
        """The tools that are on offer in the instruction's conversation; equal ones are shared."""
        ...

    def row(self, instruction: Instruction) -> AbstractAsyncContextManager[Rows]:
        """Sandboxes for one row: seed, setup and faults are its scenario's.

        Raises ValueError when the setup cannot be made.
        """
        ...


@dataclass(slots=True)
class Ground:
    """The world of one branch.

    Reading leaves a world as it is, so branches share their sandboxes; `fork` parts those that are
    to be written to. `version` names what was written to an API so far: two branches with the same
    version of it see the same answers.
    """

    rows: Rows
    own: dict[str, str] = field(default_factory=dict[str, str])
    versions: dict[str, str] = field(default_factory=dict[str, str])

    async def sandbox(self, api: str) -> str:
        """The sandbox that calls of an API go to."""
        return self.own.get(api) or await self.rows.pristine(api)

    def version(self, api: str) -> str:
        """What was written to an API in this branch, in order; "" for nothing."""
        return self.versions.get(api, "")

    def written(self, api: str, call: str) -> None:
        """A write was tried: what the API answers may differ from now on."""
        self.versions[api] = f"{self.version(api)}{call}\n"

    async def fork(self, apis: Iterable[str]) -> Ground:
        """The same world, where these APIs can be written to without anyone seeing it."""
        forked = {api: await self.rows.fork(api, await self.sandbox(api)) for api in sorted(apis)}
        return Ground(self.rows, {**self.own, **forked}, dict(self.versions))

    async def things(self) -> tuple[Sequence[Json], Sequence[Json]]:
        """All flight orders and hotel bookings, the newest first."""
        written = {api: name for api, name in self.own.items() if self.version(api)}
        return await self.rows.things(written)
