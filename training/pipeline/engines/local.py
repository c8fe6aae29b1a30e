"""Parts worked on by processes of this machine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from tools.errors import StageFailed
from training.pipeline.engines.base import Done, dispatch
from training.pipeline.engines.frames import Failure, frame, read_frame
from training.pipeline.working import Job, Outcome, Part

_CHILD = "training.pipeline.engines.child"
_ENDS_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """So many fresh processes, each with the stage opened once."""

    workers: int

    async def run(self, job: Job, parts: Iterable[Part], done: Done) -> None:
        """See `training.pipeline.engines.base.Engine`."""
        async with AsyncExitStack() as stack:
            hands = [await stack.enter_async_context(_child(job)) for _ in range(self.workers)]
            await dispatch([hand.work for hand in hands], parts, done)


@dataclass(slots=True)
class _Child:
    process: asyncio.subprocess.Process
    job: Job
    answers: dict[int, asyncio.Future[Outcome]] = field(
        default_factory=dict[int, "asyncio.Future[Outcome]"]
    )
    lost: StageFailed | None = None

    async def work(self, part: Part) -> Outcome:
        if self.lost is not None:
            raise self.lost
        answer = self.answers[part.number] = asyncio.get_running_loop().create_future()
        await self.send(part)
        return await answer

    async def send(self, *messages: object) -> None:
        """Send messages. A process that is gone is noticed by `listen`, which says why."""
        assert self.process.stdin is not None
        for message in messages:
            self.process.stdin.write(frame(message))
        try:
            await self.process.stdin.drain()
        except ConnectionError:
            return

    async def listen(self) -> None:
        """Hand every answer to the one who waits for it."""
        assert self.process.stdout is not None
        try:
            while True:
                self._take(await read_frame(self.process.stdout))
        except asyncio.IncompleteReadError:
            self._give_up(await self.process.wait())

    def _take(self, answer: Outcome | Failure) -> None:
        if answer.number is None:
            self.lost = StageFailed(f"stage {self.job.stage.name} cannot open: {answer.message}")
            return
        waiting = self.answers.pop(answer.number)
        if waiting.done():
            return
        if isinstance(answer, Outcome):
            waiting.set_result(answer)
        else:
            waiting.set_exception(StageFailed(answer.message))

    def _give_up(self, status: int) -> None:
        if self.lost is None:
            how = f"killed by signal {-status}" if status < 0 else f"with exit status {status}"
            self.lost = StageFailed(
                f"a worker of stage {self.job.stage.name} ended {how}; finished parts are kept, "
                "and the same command goes on from there"
            )
        for answer in self.answers.values():
            if not answer.done():
                answer.set_exception(self.lost)


@asynccontextmanager
async def _child(job: Job) -> AsyncGenerator[_Child]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", _CHILD,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Ctrl-C is for the build alone: it then ends its workers in order.
        start_new_session=True,
    )  # fmt: skip
    child = _Child(process, job)
    listening = asyncio.create_task(child.listen())
    try:
        await child.send(sys.path, job)
        yield child
        await child.send(None)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _ENDS_WITHIN_S)
        except TimeoutError:
            process.kill()
        await listening
