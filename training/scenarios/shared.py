"""Worlds to look into for many scenarios: sandboxes that are only read serve all of one seed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from training.scenarios.scene import Scene
from training.worlds import World


class SharedScene(Scene):
    """A scene in a sandbox that others look into too; its first write moves it to one of its own.

    Worlds of one seed are the same, so nothing that was seen before changes by that.
    """

    def __init__(self, world: World, sandbox: str, seed: int, stack: AsyncExitStack) -> None:
        super().__init__(world, sandbox)
        self._seed, self._stack, self._own = seed, stack, False
        self._made: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """See `Scene.call`."""
        if not self._own and self._world.catalog.get(name).effect == "write":
            await self._move()
        body = await super().call(name, arguments)
        if not self._own:
            self._made.append((name, arguments))
        return body

    async def _move(self) -> None:
        """Go on in a sandbox of one's own, which has seen the same calls."""
        own = self._world.sandbox(self._seed)
        self._sandbox, self._own = await self._stack.enter_async_context(own), True
        self._results.clear()
        for name, arguments in self._made:
            await super().call(name, arguments)


class Worlds:
    """Sandboxes by seed, each made when it is first looked into."""

    def __init__(self, world: World, stack: AsyncExitStack) -> None:
        self._world, self._stack = world, stack
        self._sandboxes: dict[int, str] = {}
        self._making = asyncio.Lock()

    @asynccontextmanager
    async def scene(self, seed: int) -> AsyncGenerator[SharedScene]:
        """A scene in the world of a seed."""
        async with self._making:
            if seed not in self._sandboxes:
                made = self._world.sandbox(seed)
                self._sandboxes[seed] = await self._stack.enter_async_context(made)
        async with AsyncExitStack() as own:
            yield SharedScene(self._world, self._sandboxes[seed], seed, own)
