"""How often the development conversations end in exactly the right bookings.

Each conversation runs in a sandbox of its own, against both mock APIs over HTTP. The goal is a
predicate on the final world: the orders and bookings that must exist, and no other. Beside the
success rate stand the do-nothing baseline and an audit of every log: no executed call that
clearance would reject, no write without an approval of exactly its arguments.

    python -m bench.booking [--mode grounded schema free] [--limit N] [--only ID…] [--out DIR]
"""

from __future__ import annotations

import argparse
import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import orjson
import yaml
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from agent.agent import Agent
from agent.clock import SandboxClock
from agent.demonstrations import for_untuned
from agent.engines.base import Engine, Mode
from agent.events import Event, encode
from agent.options import Options
from agent.stores import MemoryStore
from agent.view import pending_approval
from bench.audit import Audit, audit
from bench.machine import machine
from bench.world import World, world
from service.assembly import load_engine
from service.settings import Settings
from tools.errors import CallsignError
from tools.executor import Executor
from tools.gazetteer import Gazetteer

CONVERSATIONS = Path(__file__).parent / "conversations" / "development.yaml"
Json = dict[str, Any]


@dataclass(slots=True)
class Run:
    """What became of one conversation."""

    id: str
    language: str
    mode: Mode
    solved: bool = False
    error: str = ""
    flights: list[Json] = field(default_factory=list[Json])
    hotels: list[Json] = field(default_factory=list[Json])
    turns: int = 0
    acts: int = 0
    model_seconds: float = 0.0
    audit: Audit = field(default_factory=Audit)
    events: list[Event] = field(default_factory=list[Event], repr=False)


def read_conversations(only: Sequence[str], limit: int | None) -> list[Json]:
    """The development conversations, all or those asked for."""
    every: list[Json] = yaml.safe_load(CONVERSATIONS.read_text(encoding="utf-8"))
    return [c for c in every if not only or c["id"] in only][:limit]


async def converse(
    conversation: Json,
    mode: Mode,
    engine: Engine,
    place: World,
    options: Options | None = None,
) -> Run:
    """Hold one conversation in a fresh sandbox and look at the world that it leaves."""
    run = Run(conversation["id"], conversation["language"], mode)
    sandbox = f"{mode}-{run.id}"
    await place.sandbox(sandbox, seed=0, faults=conversation.get("faults"))
    executor = Executor(place.apis, client=place.client)
    agent = Agent(
        catalog=place.catalog,
        engine=engine,
        executor=executor,
        store=MemoryStore(),
        clock=SandboxClock(place.apis["flights"].base_url, place.client),
        options=replace(options or Options(), mode=mode),
        places=Gazetteer.default(),
    )
    key = await agent.start(sandbox)
    decision = "approve" if conversation.get("approve", True) else "decline"
    try:
        for message in conversation["messages"]:
            run.turns += 1
            async for _ in agent.send(key, message):
                pass
            for _ in range(3):
                pending = pending_approval(await agent.events(key))
                if pending is None:
                    break
                async for _ in agent.decide(key, pending.approval_id, decision):
                    pass
    except CallsignError as error:
        run.error = f"{type(error).__name__}: {error}"
    events = await agent.events(key)
    run.flights, run.hotels = await place.orders(sandbox), await place.bookings(sandbox)
    run.solved = not run.error and reached(conversation["goal"], run.flights, run.hotels)
    acts = [event for event in events if event.type == "act_proposed"]
    run.acts, run.model_seconds = len(acts), sum(event.seconds for event in acts)
    run.audit = audit(events, place.catalog, [*run.flights, *run.hotels])
    run.events = list(events)
    return run


def reached(goal: Json, flights: Sequence[Json], hotels: Sequence[Json]) -> bool:
    """Whether the final world is exactly the goal's."""
    cancelled: Json = goal.get("cancelled", {})
    return (
        _same(goal["flights"], [_flight(o) for o in flights if o["status"] == "confirmed"])
        and _same(goal["hotels"], [_hotel(b) for b in hotels if b["status"] == "confirmed"])
        and cancelled.get("flights", 0) == sum(o["status"] == "cancelled" for o in flights)
        and cancelled.get("hotels", 0) == sum(b["status"] == "cancelled" for b in hotels)
    )


def _same(wanted: Sequence[Json], found: Sequence[Json]) -> bool:
    """Whether each wanted thing matches one found thing and nothing is left over."""
    left = list(found)
    for want in wanted:
        match = next((one for one in left if want.items() <= one.items()), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _flight(order: Json) -> Json:
    outbound = order["slices"][0]
    back = {"return_date": order["slices"][1]["departure_date"]} if order["slices"][1:] else {}
    return {
        "origin": _city(outbound["origin"]),
        "destination": _city(outbound["destination"]),
        "departure_date": outbound["departure_date"],
        "passengers": len(order["passengers"]),
        "cabin_class": order["cabin_class"],
        **back,
        "slices": len(order["slices"]),
    }


def _hotel(booking: Json) -> Json:
    return {
        "city": booking["hotel"]["city_code"],
        "check_in_date": booking["check_in_date"],
        "check_out_date": booking["check_out_date"],
        "adults": booking["adults"],
        "rooms": booking["rooms"],
    }


def _city(code: str) -> str:
    airport = Gazetteer.default().airport(code)
    return airport.city_code if airport else code


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927), in per cent."""
    if total == 0:
        return 0.0, 100.0
    share = hits / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return 100 * (centre - spread) / scale, 100 * (centre + spread) / scale


def report(runs: Sequence[Run], conversations: Sequence[Json], engine: str) -> None:
    """Success per mode with its interval, the baseline, the audit, and what failed."""
    console = Console(width=110)
    console.print(machine())
    idle = sum(reached(c["goal"], (), ()) for c in conversations)
    table = Table(title=f"{len(conversations)} development conversations, {engine}")
    for column in (
        "mode", "solved", "95 % interval", "cleared and run", "run though rejected",
        "writes run", "writes unapproved", "rejected proposals", "model s per turn",
    ):  # fmt: skip
        table.add_column(column)
    low, high = wilson(idle, len(conversations))
    table.add_row("do nothing", f"{idle}/{len(conversations)}", f"{low:.0f} to {high:.0f} %")
    for mode in dict.fromkeys(run.mode for run in runs):
        these = [run for run in runs if run.mode == mode]
        solved = sum(run.solved for run in these)
        low, high = wilson(solved, len(these))
        sums = [sum(getattr(r.audit, name) for r in these) for name in (
            "executed", "executed_though_rejected", "writes", "writes_unapproved", "rejected",
        )]  # fmt: skip
        turns = sum(run.turns for run in these) or 1
        table.add_row(
            mode,
            f"{solved}/{len(these)}",
            f"{low:.0f} to {high:.0f} %",
            *map(str, sums),
            f"{sum(run.model_seconds for run in these) / turns:.2f}",
        )
    console.print(table)
    for mode in dict.fromkeys(run.mode for run in runs):
        failed = [f"{r.id}{' (error)' if r.error else ''}" for r in runs
                  if r.mode == mode and not r.solved]  # fmt: skip
        console.print(f"{mode}, not solved: {', '.join(failed) or 'none'}")


def save(runs: Sequence[Run], out: Path) -> None:
    """``runs.jsonl`` with a line for each conversation, and the event log of each."""
    rows: list[bytes] = []
    for run in runs:
        trace = out / f"{run.mode}-{run.id}.jsonl"
        trace.write_bytes(b"".join(encode(event) + b"\n" for event in run.events))
        rows.append(orjson.dumps({**asdict(replace(run, events=[])), "trace": trace.name}))
    (out / "runs.jsonl").write_bytes(b"\n".join(rows) + b"\n")


async def measure(chosen: argparse.Namespace) -> list[Run]:
    """Hold every chosen conversation in every chosen mode, `at_once` of them side by side."""
    conversations = read_conversations(chosen.only, chosen.limit)
    given = {"engine": chosen.engine, "engine_url": chosen.engine_url, "model": chosen.model}
    settings = Settings.model_validate(given)
    engine = await load_engine(settings)
    # The embedded default was never trained on acts; a model behind a server is taken as it is.
    untuned = chosen.engine == "embedded" and chosen.model is None
    options = for_untuned(Options()) if untuned else Options()
    runs: list[Run] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    console = Console(stderr=True)
    try:
        async with world() as place:
            with Progress(*columns, console=console) as progress:
                at_once = asyncio.Semaphore(chosen.at_once)

                async def hold(conversation: Json, mode: Mode, task: TaskID) -> Run:
                    async with at_once:
                        run = await converse(conversation, mode, engine, place, options)
                    progress.advance(task)
                    return run

                for mode in cast("list[Mode]", chosen.mode):
                    task = progress.add_task(mode, total=len(conversations))
                    runs += await asyncio.gather(*(hold(c, mode, task) for c in conversations))
    finally:
        with suppress(CallsignError):
            await engine.aclose()
    report(runs, conversations, engine.name)
    return runs


def main() -> None:
    """Parse, measure, report; traces and results go to --out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mode", nargs="+", default=["grounded", "schema", "free"],
                        choices=["grounded", "schema", "free"])  # fmt: skip
    parser.add_argument("--engine", default="embedded", choices=["embedded", "openai"])
    parser.add_argument("--engine-url", help="OpenAI-compatible server of --engine openai")
    parser.add_argument("--model", default=None, help="as for callsign serve")
    parser.add_argument("--at-once", type=int, default=4, help="conversations side by side")
    parser.add_argument("--limit", type=int, help="only the first N conversations")
    parser.add_argument("--only", nargs="*", default=[], help="only these ids")
    parser.add_argument("--out", type=Path, help="folder for traces and results")
    chosen = parser.parse_args()
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    runs = asyncio.run(measure(chosen))
    if chosen.out:
        save(runs, chosen.out)
    Console().print(f"{len(runs)} conversations in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
