"""What a teacher run loses and costs when its server misbehaves; and requests per second.

    python -m bench.teacher [--rows 200] [--workers 2] [--requests 400] [--rounds 5]

A build of the dataset's pipeline asks a real server on loopback to word `--rows` instructions. The
server answers with 429, 500, broken JSON and refusals at seeded rates, and leaves some requests
without an answer. Every row must come out once, as an instruction or as a drop with its reason; the
tokens counted must be those that the server counted; and a second build must ask nothing and give
the same bytes. Then a calm server: questions per second through the teacher, answers checked and
kept on disk, against a bare httpx loop that sends the same bodies, as many at once, in alternation.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
from rich.console import Console
from rich.table import Table

from agent.engines.base import Message
from bench.overhead import document
from bench.unruly import Rates, unruly
from tools.openapi import read_openapi
from training.benchmark.machine import machine
from training.instruct.teacher import TeacherInstruct
from training.pipeline import Build, StageFolder, Step
from training.pipeline.engines.local import LocalEngine
from training.pipeline.progress import shown
from training.pipeline.timing import Clock
from training.records import Instruction
from training.scenarios.scenario import Call, Goal, Line, Scenario
from training.simulate import SimulatedApis
from training.teacher import Question, Unanswered, open_teacher, paid_so_far
from training.teacher.settings import teacher_settings
from training.teacher.teacher import Json

AT_ONCE = 16
_FIRST_DAY = date(2027, 1, 1)
_TOOLS = {tool.name: tool for tool in read_openapi(document(), api="things").tools}


@dataclass(frozen=True, slots=True)
class Wishes:
    """The first step: one call of one of 30 operations each (`training.pipeline.stage.Source`)."""

    total: int
    name: str = "instruct-wishes"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Source.settings`."""
        return {"total": self.total}

    async def records(self, seed: int) -> AsyncIterator[Instruction]:
        """See `Source.records`."""
        for number in range(self.total):
            yield _instruction(number)


def _instruction(number: int) -> Instruction:
    day = (_FIRST_DAY + timedelta(number)).isoformat()
    call = Call(f"list_things{number % len(_TOOLS)}", {"on": day})
    scenario = Scenario(
        id=f"wish-{number:05}",
        template="wish",
        categories=("single",),
        language="en",
        lines=(Line(f"What is there on {day}?"),),
        goal=Goal(reads=(call,), writes=(), closes=("present",)),
        gold=((call,), (Call("present", {"result": "$result"}),)),
        split="train",
        seed=number,
    )
    return Instruction(scenario.id, scenario, ("things",), specs=(_TOOLS[call.name],))


@dataclass(frozen=True, slots=True)
class Made:
    """What a build left: ids of instructions, reasons by the ids of drops, and all of its bytes."""

    kept: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]
    lines: bytes
    seconds: float

    def lost(self, rows: int) -> int:
        """Rows of which nothing came."""
        wanted = {f"{_instruction(number).id}-ask" for number in range(rows)}
        return len(wanted.difference(self._ids))

    @property
    def doubled(self) -> int:
        """Rows that came out more than once."""
        return sum(count > 1 for count in Counter(self._ids).values())

    @property
    def _ids(self) -> list[str]:
        return [*self.kept, *(row_id for row_id, _ in self.dropped)]


def build(out: Path, rows: int, workers: int, console: Console) -> Made:
    """Run the two steps and read what they left."""
    stage = TeacherInstruct(openers=(SimulatedApis(),))
    steps = (
        Step(Wishes(rows), Instruction),
        Step(stage, Instruction, ("instruct-wishes",), rows_per_part=20, at_once=AT_ONCE),
    )
    start = time.perf_counter()
    with shown(console) as watch:
        clock = Clock("bench.teacher", "local", workers)
        Build(steps, out, 0, LocalEngine(workers), watch, clock).run()
    seconds = time.perf_counter() - start
    folder = StageFolder(out, stage.name)
    kept, dropped = list(folder.lines()), list(folder.dropped_lines())
    return Made(
        tuple(orjson.loads(line)["id"] for line in kept),
        tuple((one["id"], one["reason"]) for one in map(orjson.loads, dropped)),
        b"".join(kept + dropped),
        seconds,
    )


def unruly_run(folder: Path, rows: int, workers: int, console: Console) -> None:
    """Build twice against a server that misbehaves, and say what came of it."""
    with unruly(Rates()) as url:
        os.environ |= {
            "CALLSIGN_TEACHER_URL": f"{url}/v1",
            "CALLSIGN_TEACHER_MODEL": "unruly",
            "CALLSIGN_TEACHER_TIMEOUT_S": "3",
            "CALLSIGN_TEACHER_PRICE_PROMPT": "0.15",
            "CALLSIGN_TEACHER_PRICE_COMPLETION": "0.60",
            "CALLSIGN_TEACHER_ANSWERS": str(folder / "answers.sqlite"),
        }
        first = build(folder / "first", rows, workers, console)
        counts = httpx.get(f"{url}/counts").json()
        again = build(folder / "again", rows, workers, console)
        after = httpx.get(f"{url}/counts").json()
    billed = sum(counts.get(fate, 0) for fate in ("answered", "broken", "refused"))
    cost = asyncio.run(paid_so_far(teacher_settings()))
    reasons = ", ".join(f"{n} {why}" for why, n in Counter(w for _, w in first.dropped).items())
    console.print(f"the server: {', '.join(f'{n} {fate}' for fate, n in sorted(counts.items()))}")
    console.print(
        f"{rows} rows in {first.seconds:.1f} s: {len(first.kept)} instructions, "
        f"{len(first.dropped)} dropped ({reasons}); lost {first.lost(rows)}, "
        f"doubled {first.doubled}"
    )
    console.print(f"counted: {cost}; the server wrote {billed} answers")
    console.print(
        f"again in {again.seconds:.1f} s: {sum(after.values()) - sum(counts.values())} requests, "
        f"{'the same' if again.lines == first.lines else 'other'} bytes"
    )


async def rates(folder: Path, requests: int, rounds: int) -> dict[str, list[float]]:
    """Requests per second, in alternation: a bare loop, the teacher, and its answers from disk."""
    found: dict[str, list[float]] = {"bare httpx loop": [], "teacher": [], "teacher, rerun": []}
    with unruly() as url:
        settings = teacher_settings(
            url=f"{url}/v1", model="calm", answers=folder / "calm.sqlite", concurrency=AT_ONCE
        )
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with open_teacher(settings) as one, httpx.AsyncClient(limits=limits) as client:

            async def bare(question: Question) -> None:
                response = await client.post(
                    f"{url}/v1/chat/completions", json=one.wire.body(question)
                )
                orjson.loads(response.json()["choices"][0]["message"]["content"])

            async def ours(question: Question) -> None:
                if isinstance(await one.ask(question, _fine), Unanswered):
                    raise TypeError("the calm server did not answer")

            for number in range(rounds + 1):
                asked = [_question(number * requests + n) for n in range(requests)]
                for name, way in zip(found, (bare, ours, ours), strict=True):
                    rate = await _rate([way(question) for question in asked])
                    if number:  # the first round warms pools
                        found[name].append(rate)
    return found


async def _rate(asked: Sequence[Awaitable[None]]) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def let(one: Awaitable[None]) -> None:
        async with gate:
            await one

    start = time.perf_counter()
    await asyncio.gather(*map(let, asked))
    return len(asked) / (time.perf_counter() - start)


def _question(number: int) -> Question:
    told = orjson.dumps([{"wants": ["List the things"], "values": [{"said": str(number)}]}])
    messages = (Message("system", "Word this."), Message("user", f"Task.\n{told.decode()}"))
    listed = {"type": "array", "items": {"type": "string"}}
    schema = {"type": "object", "properties": {"lines": listed}, "required": ["lines"]}
    return Question(messages, schema)


async def _fine(_: Json) -> str:
    return ""


def main() -> None:
    """Run both parts and print what they found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    console = Console(width=100)
    console.print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        unruly_run(folder, asked.rows, asked.workers, console)
        found = asyncio.run(rates(folder, asked.requests, asked.rounds))
    table = Table("", "requests/s (median)", "min to max", "share of bare")
    bare = statistics.median(found["bare httpx loop"])
    for title, values in found.items():
        middle = statistics.median(values)
        spread = f"{min(values):,.0f} to {max(values):,.0f}"
        table.add_row(title, f"{middle:,.0f}", spread, f"{middle / bare:.2f}")
    console.print(table)


if __name__ == "__main__":
    main()
