"""What an engine is: hands that take parts until there are no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from training.pipeline.working import Job, Outcome, Part

AHEAD = 2
"""Parts that a hand holds at once, so that none waits while the last rows of a part run."""

Hand = Callable[[Part], Awaitable[Outcome]]
Done = Callable[[Outcome], None]


class Engine(Protocol):
    """Somewhere to work on parts."""

    async def run(self, job: Job, parts: Iterable[Part], done: Done) -> None:
        """Work on every part; `done` gets each outcome as it comes, in any order.

        `parts` is read as far as there are hands free. Raises `StageFailed` for the first row
        that a stage raises over, and stops the others.
        """
        ...


async def dispatch(hands: Sequence[Hand], parts: Iterable[Part], done: Done) -> None:
    """Give each hand parts, `AHEAD` at once, until there are none left."""
    waiting = iter(parts)

    async def take(hand: Hand) -> None:
        for part in waiting:
            done(await hand(part))

    try:
        async with asyncio.TaskGroup() as group:
            for hand in hands:
                for _ in range(AHEAD):
                    group.create_task(take(hand))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
