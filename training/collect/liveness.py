"""Which operations answer on a running API: each read is called with what is known to fit it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import httpx
import jsonschema_rs

from agent.observation import objects
from tools.errors import DataError
from tools.outcome import Outcome, Success
from tools.spec import ToolSpec
from training.collect.examples import kept_answer, shown
from training.collect.secrets import scrubbed
from training.instruct.chains import links
from training.live import LiveApis, LiveExecutor
from training.records import Collected, Dropped, Example

_TRIES = 3
"""Calls of one operation with examples, and as many with ids that others showed."""

_ROUNDS = 3
_MOST_NAMES = 10


@dataclass(frozen=True, slots=True)
class CheckAlive:
    """Calls every read once that runs somewhere (`training.pipeline.stage.Reduction`).

    Operations without a running API, and writes, are handed on as they are (`Collected.alive` is
    None). The others get what they were answered as an example with its status; an operation is
    alive when one call of it succeeded with an answer that keeps its schema. Ids that one answer
    shows are tried with the operations that need such ids.
    """

    apis: LiveApis
    name: str = "collect-alive"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Reduction.settings`. What the API answers is no setting: it is asked once."""
        return {"version": 2, "apis": repr(self.apis)}

    def reduce(self, records: Iterable[Collected], seed: int) -> Iterator[Collected | Dropped]:
        """See `Reduction.reduce`. Records of one document must follow each other.

        Raises `DataError` where nothing answers at all, and for a base URL of no record's API.
        """
        known: set[str] = set()
        for _, group in groupby(records, key=lambda one: (one.provider, one.api, one.document)):
            document = list(group)
            first = document[0]
            known.add(first.api)
            if self.apis.url_of(first.api, first.package) is None:
                yield from document
            else:
                yield from asyncio.run(self._checked(document))
        wrong = sorted(self.apis.urls.keys() - known - {""})
        if wrong:
            raise DataError(_unknown(wrong[0], sorted(known)))

    async def _checked(self, records: Sequence[Collected]) -> list[Collected]:
        async with self.apis.client() as client:
            check = _Check(self.apis, client, records)
            await check.run()
            return [check.result(one) for one in records]


@dataclass(slots=True)
class _Check:
    """The operations of one document, being called."""

    apis: LiveApis
    client: httpx.AsyncClient
    records: Sequence[Collected]
    answered: dict[str, Any] = field(default_factory=dict[str, Any])
    tried: dict[str, list[Example]] = field(default_factory=dict[str, list[Example]])

    async def run(self) -> None:
        executor = LiveExecutor(self.apis, self.client)
        reads = [one for one in self.records if one.tool.effect == "read" and not one.tool.internal]
        for record in reads:
            for example in record.examples[:_TRIES]:
                if await self._call(executor, record.tool, example.arguments, example.origin):
                    break
        for _ in range(_ROUNDS):
            if not await self._follow(executor, reads):
                return

    def result(self, record: Collected) -> Collected:
        """The record with what was found."""
        tried = self.tried.get(record.tool.name)
        if tried is None:
            return record
        called = [one.arguments for one in tried]
        rest = [one for one in record.examples if one.arguments not in called]
        examples = (*tried, *rest)
        alive = record.tool.name in self.answered
        return replace(record, alive=alive, examples=examples, tool=shown(record.tool, examples))

    async def _follow(self, executor: LiveExecutor, reads: Sequence[Collected]) -> bool:
        """Call what did not answer yet with ids that others showed; whether one more answers."""
        before = len(self.answered)
        by_name = {one.tool.name: one for one in reads}
        for link in links([one.tool for one in reads]):
            if link.giver not in self.answered or link.taker in self.answered:
                continue
            taker = by_name[link.taker]
            base: Mapping[str, Any] = taker.examples[0].arguments if taker.examples else {}
            rows = [one for one in objects(self.answered[link.giver]) if link.shown in one]
            for row in rows[:_TRIES]:
                said = {**base, link.argument: row[link.shown]}
                if await self._call(executor, taker.tool, said, "sampled"):
                    break
        return len(self.answered) > before

    async def _call(
        self, executor: LiveExecutor, tool: ToolSpec, arguments: Mapping[str, Any], origin: Any
    ) -> bool:
        """One call, noted; whether it succeeded."""
        if not jsonschema_rs.is_valid(dict(tool.parameters), arguments, validate_formats=True):
            return False
        outcome = await executor.execute(tool, arguments)
        self._reached(outcome)
        worked = isinstance(outcome, Success)
        body = kept_answer(scrubbed(outcome.body)) if worked else None
        status = getattr(outcome, "status", 0)
        self.tried.setdefault(tool.name, []).append(Example(arguments, origin, status, body))
        if worked:
            self.answered[tool.name] = outcome.body
        return worked

    def _reached(self, outcome: Outcome) -> None:
        if self.answered or getattr(outcome, "code", "") != "unreachable":
            return
        url = self.apis.url_of(self.records[0].api)
        raise DataError(
            f"--base-url {url}: nothing answers there. Start the API, name another URL, or leave "
            "--base-url out: then answers are simulated"
        )


def _unknown(name: str, known: Sequence[str]) -> str:
    told = ", ".join(known[:_MOST_NAMES]) + (", …" if len(known) > _MOST_NAMES else "")
    return f"--base-url {name}=…: no API has this name; there are: {told or 'none'}"
