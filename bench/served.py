"""The embedded engine beside a server (vLLM) that serves the same model.

Turns are recorded by playing gold acts of the development scenarios, so that they are the same
whatever a model decides: each is a prompt and the grounded grammar of its moment. Both engines
then decide every turn at temperature 0, several conversations at once; the acts are compared, and
so are requests per second. Wall time on a shared machine says little, so the CPU time beside it is
that of the processes that decode.

    callsign model serve --adapter FOLDER --port 8080          # in another terminal
    python -m bench.served --url http://127.0.0.1:8080/v1 --model callsign --adapter FOLDER
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agent.demonstrations import demonstrations
from agent.engines.base import Completion, Engine, Message, Sampling
from agent.engines.openai import OpenAIEngine
from agent.engines.opening import Embedded, open_engine
from agent.models import choose_adapter
from agent.options import Options
from training.benchmark.machine import machine
from training.scenarios.converse import hold
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import DEVELOPMENT, Scenario, read_scenarios
from training.worlds import World, world

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Turn:
    """One decision to make."""

    prompt: tuple[Message, ...]
    grammar: str


class Recorder(GoldEngine):
    """Plays gold acts and keeps what each was decided from."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario.gold)
        self.turns: list[Turn] = []

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        """The next gold act."""
        if grammar is not None:
            self.turns.append(Turn(tuple(prompt), grammar))
        return await super().propose(prompt, grammar, sampling)


@dataclass(frozen=True, slots=True)
class Compared:
    """What both engines decided in one turn."""

    ours: str
    theirs: str

    @property
    def same_act(self) -> bool:
        """Whether the calls have the same names, in the same order."""
        return _names(self.ours) == _names(self.theirs)


@dataclass(frozen=True, slots=True)
class Speed:
    """What it took to decide some turns. `cpu` is None where it cannot be seen."""

    requests: int
    wall: float
    cpu: float | None
    tokens: int


async def record(place: World, options: Options, enough: int) -> list[list[Turn]]:
    """The turns of development conversations whose gold acts all play, until there are enough."""
    found: list[list[Turn]] = []
    for scenario in read_scenarios(DEVELOPMENT):
        if sum(map(len, found)) >= enough:
            break
        engine = Recorder(scenario)
        held = await hold(scenario, place, engine, options)
        if held.solved:
            found.append(engine.turns)
    return found


async def decide(
    conversations: Sequence[Sequence[Turn]], engine: Engine, at_once: int, pid: int | None
) -> tuple[list[list[str]], Speed]:
    """The acts of every turn, and what they took, `at_once` conversations side by side."""
    waiting = iter(enumerate(conversations))
    acts: list[list[str]] = [[] for _ in conversations]
    tokens = 0

    async def talk() -> None:
        nonlocal tokens
        for number, conversation in waiting:
            for turn in conversation:
                done = await engine.propose(turn.prompt, turn.grammar, Sampling())
                tokens += done.completion_tokens
                acts[number].append(done.text)

    before, started = _cpu(pid), time.perf_counter()
    await asyncio.gather(*(talk() for _ in range(at_once)))
    wall, after = time.perf_counter() - started, _cpu(pid)
    cpu = None if before is None or after is None else after - before
    return acts, Speed(sum(map(len, acts)), wall, cpu, tokens)


def _cpu(pid: int | None) -> float | None:
    """CPU seconds of a process and all under it, of this one for 0; None for no process."""
    if pid is None:
        return None
    if pid == 0:
        return time.process_time()
    return sum(map(_ticks, _tree(pid))) / _TICKS


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))


def _ticks(pid: int) -> int:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    return 0


def _names(act: str) -> list[str]:
    try:
        return [json.loads(line)["name"] for line in act.splitlines()]
    except (ValueError, LookupError, TypeError):
        return [act]


async def main(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    adapter = choose_adapter(arguments.adapter, None)
    shown = () if adapter else demonstrations()
    async with world() as place:
        recorded = await record(place, Options(demonstrations=shown), arguments.turns)
    console = Console()
    console.print(machine())
    here = await open_engine(Embedded(adapter=adapter))
    ours = await _decided(recorded, here, arguments.at_once, 0)
    there = OpenAIEngine(arguments.url, arguments.model, timeout_s=arguments.timeout)
    await there.connect(grammars=True)
    theirs = await _decided(recorded, there, arguments.at_once, arguments.pid)
    pairs = zip(chain.from_iterable(ours[0]), chain.from_iterable(theirs[0]), strict=True)
    _agreement([Compared(*pair) for pair in pairs], console, show=arguments.show)
    speeds = {here.name: ours[1], f"{arguments.url} {there.name}": theirs[1]}
    _speeds(speeds, arguments.at_once, console)


async def _decided(
    recorded: Sequence[Sequence[Turn]], engine: Engine, at_once: int, pid: int | None
) -> tuple[list[list[str]], Speed]:
    """`decide`, after one turn that has the engine read what all prompts begin with."""
    try:
        first = recorded[0][0]
        await engine.propose(first.prompt, first.grammar, Sampling())
        return await decide(recorded, engine, at_once, pid)
    finally:
        await engine.aclose()


def _agreement(found: Sequence[Compared], console: Console, *, show: bool) -> None:
    same = sum(one.ours == one.theirs for one in found)
    acts = sum(one.same_act for one in found)
    console.print(f"{len(found)} turns: the same act {acts}, to the letter {same}")
    apart = Counter(
        (*map(tuple, (_names(one.ours), _names(one.theirs))),) for one in found if not one.same_act
    )
    for (ours, theirs), count in apart.most_common():
        console.print(f"  {count} × {' '.join(ours)} here, {' '.join(theirs)} there")
    if show:
        for one in found:
            if one.ours != one.theirs:
                console.print(f"- {one.ours}\n+ {one.theirs}", highlight=False, markup=False)


def _speeds(speeds: dict[str, Speed], at_once: int, console: Console) -> None:
    table = Table("engine", "requests", "seconds", "requests/s", "CPU s/request", "tokens")
    for name, one in speeds.items():
        cpu = "–" if one.cpu is None else f"{one.cpu / one.requests:.3f}"
        table.add_row(name, str(one.requests), f"{one.wall:.1f}", f"{one.requests / one.wall:.2f}",
                      cpu, str(one.tokens))  # fmt: skip
    console.print(f"{at_once} conversations at once")
    console.print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--url", default="http://127.0.0.1:8080/v1", help="the server, with /v1")
    parser.add_argument("--model", default="callsign", help="its name for the model")
    parser.add_argument("--adapter", help="folder, shipped or none: what the server serves too")
    parser.add_argument("--pid", type=int, help="the server's process, to see its CPU time")
    parser.add_argument("--turns", type=int, default=100, help="at least so many turns")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one act")
    parser.add_argument("--at-once", type=int, default=8, help="conversations side by side")
    parser.add_argument("--show", action="store_true", help="print acts that differ")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(_arguments()))
