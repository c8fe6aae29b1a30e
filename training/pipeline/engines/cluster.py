"""Parts worked on by a Ray cluster: one actor for each worker, the same code inside.

Ray is the extra `ray`. Callsign must be installed on every machine of the cluster, and whatever
a stage reads (documents, files, servers) must be reachable from there. The build itself runs on
one machine, which alone writes files.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tools.errors import CallsignError, DataError, StageFailed
from training.pipeline.engines.base import AHEAD, Done, Hand, dispatch
from training.pipeline.engines.frames import Failure
from training.pipeline.working import Desk, Job, Outcome, Part, opened


@dataclass(frozen=True, slots=True)
class RayEngine:
    """So many actors on the cluster that ``RAY_ADDRESS`` names, or on a local one started here."""

    workers: int

    async def run(self, job: Job, parts: Iterable[Part], done: Done) -> None:
        """See `training.pipeline.engines.base.Engine`.

        Raises `DataError` when Ray is not installed or the cluster cannot be reached.
        """
        # In this thread: Ray's processes end with the thread that started them.
        ray = _cluster(self.workers)
        actor = ray.remote(num_cpus=1, max_concurrency=AHEAD + 1)(_Bench)
        async with AsyncExitStack() as stack:
            hands = [await stack.enter_async_context(_hand(ray, actor, job))
                     for _ in range(self.workers)]  # fmt: skip
            await dispatch(hands, parts, done)


class _Bench:
    """What runs on the cluster: a stage opened once, and parts worked on side by side."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._desk: Desk | None = None

    async def work(self, part: Part) -> Outcome | Failure:
        try:
            return await (await self._opened()).work(part)
        except CallsignError as error:
            return Failure(part.number, str(error))

    async def _opened(self) -> Desk:
        async with self._opening:
            if self._desk is None:
                self._desk = await self._stack.enter_async_context(opened(self._job))
            return self._desk

    async def aclose(self) -> None:
        await self._stack.aclose()


@asynccontextmanager
async def _hand(ray: Any, actor: Any, job: Job) -> AsyncGenerator[Hand]:
    bench = actor.remote(job)

    async def hand(part: Part) -> Outcome:
        try:
            answer = await bench.work.remote(part)
        except ray.exceptions.RayError as error:
            raise StageFailed(
                f"a Ray worker of stage {job.stage.name} is gone; finished parts are kept: {error}"
            ) from error
        if isinstance(answer, Failure):
            raise StageFailed(answer.message)
        return answer

    try:
        yield hand
        await bench.aclose.remote()
    finally:
        ray.kill(bench)


def _cluster(workers: int) -> Any:
    """Ray, connected. A local cluster lives as long as this process."""
    # Nothing here phones home unless its owner asks for it.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        raise DataError("--engine ray needs Ray: pip install 'callsign[ray]'") from error
    if not ray.is_initialized():
        own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers}
        try:
            ray.init(**own, include_dashboard=False, log_to_driver=False, logging_level="error")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise DataError(f"the Ray cluster cannot be reached: {error}") from error
    return ray
