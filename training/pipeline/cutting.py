"""Streams of records and lines, cut into parts of fixed size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import aclosing
from itertools import islice
from typing import Any

from training.pipeline.codec import Codec
from training.pipeline.engines.base import Done
from training.pipeline.stage import Source
from training.pipeline.step import Step
from training.pipeline.working import Part, Sheet


class Press:
    """Cuts a stream of records into parts, and hands on those that are not done yet."""

    def __init__(self, step: Step, before: frozenset[int], done: Done) -> None:
        self._size = step.rows_per_part
        self._sheet = Sheet(Codec(step.makes))
        self._before = before
        self._done = done
        self._number = self._rows = 0

    def add(self, made: Any) -> None:
        """Take the next record or `Dropped`."""
        if self._number not in self._before:
            self._sheet.add(made)
        self._rows += 1
        if self._rows == self._size:
            self.close()

    def close(self) -> None:
        """End the part that is under way."""
        if self._rows and self._number not in self._before:
            self._done(self._sheet.outcome(self._number, self._rows))
        self._sheet.clear()
        self._number, self._rows = self._number + 1, 0


def cut(lines: Iterable[bytes], size: int, done: frozenset[int]) -> Iterator[Part]:
    """Parts of `size` lines, without those that are done."""
    waiting, number = iter(lines), 0
    while batch := tuple(islice(waiting, size)):
        if number not in done:
            yield Part(number, batch)
        number += 1


async def fill(press: Press, source: Source[Any], seed: int) -> None:
    """Put every record of a source into a press."""
    records: Any = source.records(seed)
    async with aclosing(records):
        async for made in records:
            press.add(made)
