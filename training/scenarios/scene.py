"""A world to look into while a scenario is written: what its searches will show.

Worlds are deterministic, so what the scene shows now is what every later sandbox of the same seed
will show, ids included.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agent.observation import observe
from tools.errors import CallsignError
from tools.executor import Executor
from tools.outcome import Success
from training.scenarios.placeholders import resolved
from training.scenarios.scenario import Call
from training.worlds import PATIENT, World

_MOST_SHOWN = 60


class Scene:
    """One sandbox, and the results of the calls that were made in it, as a model reads them."""

    def __init__(self, world: World, sandbox: str) -> None:
        self._world = world
        self._sandbox = sandbox
        self._executor = Executor(world.apis, client=world.client, options=PATIENT)
        self._results: list[str] = []

    async def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The body that a call answers. Raises `CallsignError` when it does not succeed."""
        tool = self._world.catalog.get(name)
        outcome = await self._executor.execute(
            tool,
            resolved(arguments, self._results),
            headers={"X-Sandbox": self._sandbox},
            idempotency_key=uuid.uuid4().hex if tool.effect == "write" else None,
        )
        if not isinstance(outcome, Success):
            raise CallsignError(f"{name} {dict(arguments)}: {outcome}")
        self._results.append(observe(tool, f"c{len(self._results) + 1}", outcome))
        return outcome.body

    async def rows(self, name: str, arguments: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """The things that a search or a list answers."""
        return (await self.call(name, arguments))["data"]

    def placeholder(self, kind: str, wanted: str) -> str:
        """What a call of the scenario writes for an id of the newest result that shows any.

        Raises LookupError when no result shows it.
        """
        for number in range(1, _MOST_SHOWN):
            placeholder = f"${kind}{number}"
            if resolved(placeholder, self._results) == wanted:
                return placeholder
        raise LookupError(f"no result shows {wanted}")

    async def make(self, calls: Sequence[Call]) -> None:
        """Make the calls of a scenario's `setup`."""
        for call in calls:
            await self.call(call.name, call.arguments)


@asynccontextmanager
async def scene(world: World, seed: int) -> AsyncGenerator[Scene]:
    """A scene in a fresh sandbox of this seed."""
    async with world.sandbox(seed) as sandbox:
        yield Scene(world, sandbox)
