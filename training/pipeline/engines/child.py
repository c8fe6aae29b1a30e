"""A worker process of `LocalEngine`: reads parts from standard input, answers on standard output.

It ends when it is told to, or when the process that started it is gone, kill -9 included: then
standard input ends.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from tools.errors import CallsignError
from training.pipeline.engines.frames import Failure, frame, read_frame
from training.pipeline.loop import run
from training.pipeline.working import Desk, Part, opened


class _ParentGone(Exception):
    """Ends every row under way."""


@dataclass(frozen=True, slots=True)
class _Parent:
    """Both ways to the process that started this one."""

    questions: asyncio.StreamReader
    answers: BinaryIO
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self) -> Any:
        try:
            return await read_frame(self.questions)
        except asyncio.IncompleteReadError:
            raise _ParentGone from None

    async def tell(self, answer: object) -> None:
        async with self.turn:
            await asyncio.to_thread(self._write, frame(answer))

    def _write(self, data: bytes) -> None:
        try:
            self.answers.write(data)
            self.answers.flush()
        except BrokenPipeError:
            raise _ParentGone from None


async def _main() -> None:
    parent = await _parent()
    try:
        sys.path[:] = await parent.ask()
        async with opened(await parent.ask()) as desk:
            await _serve(desk, parent)
    except CallsignError as error:
        await parent.tell(Failure(None, str(error)))
    except _ParentGone:
        return


async def _serve(desk: Desk, parent: _Parent) -> None:
    """Answer every part until told to end (None)."""
    try:
        async with asyncio.TaskGroup() as group:
            while (part := await parent.ask()) is not None:
                group.create_task(_answer(desk, part, parent))
    except* _ParentGone:
        pass


async def _answer(desk: Desk, part: Part, parent: _Parent) -> None:
    try:
        answer: object = await desk.work(part)
    except CallsignError as error:
        answer = Failure(part.number, str(error))
    await parent.tell(answer)


async def _parent() -> _Parent:
    """Standard input and output for frames; what anybody prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    questions = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(questions)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin.buffer)
    return _Parent(questions, answers)


if __name__ == "__main__":
    run(_main())
