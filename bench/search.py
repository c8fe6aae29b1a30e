"""Four ways through the tree of calls, on the same tasks, with the same model that errs.

    python -m bench.search [--tasks 32] [--acts 5 8] [--at-once 1 16] [--model-ms 100] [--api-ms 30]

The model is a planner with seeded mistakes: 14 % of its proposals repeat a sibling or the act
before, others take a wrong value, a wrong tool, or close too soon, and on a wrong path it sees so
only every other time it is asked. 37 % of all requests to the APIs fail for the moment (503), drawn
by request and number of the try. Both wait, as real ones do. A task is a conversation of the
booking suite whose right chain is 5 to 8 acts long (3.1 planned calls on average, and a read of the
price before each approval); it is solved when its goal holds in the world that the chain left.
All strategies go
through the agent's own turn, so all have its clearance; all know whether the goal holds at the end
of a conversation, and go on where it does not. A repeated execution is one of a call that the
same world has answered before; a call that only failed for the moment was not answered.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from agent.engines.base import Completion
from tools.catalog import Catalog
from tools.executor import Api
from training.annotate.ground import Place, Rows
from training.annotate.mistakes import Rates
from training.annotate.planner import Planner
from training.annotate.practice import PracticeApis
from training.annotate.proposing import GaveUp, Situation
from training.annotate.search import Budget
from training.annotate.stage import annotate
from training.annotate.strategies import Careful, Dfsdt, React, Strategy
from training.pipeline.seeds import seed_for
from training.records import Chain, Instruction
from training.scenarios.scenario import Json, Scenario, read_scenarios

_SUITE = Path(__file__).parents[1] / "training/benchmark/suites/data/booking.jsonl"
_RATES = Rates(repeat=0.14, value=0.10, tool=0.05, close=0.03)
_NOTICE = 0.5
_BUDGET = Budget(model_calls=200, api_calls=1000, depth=12)
_STRATEGIES: Sequence[Strategy] = (React(), React(chains=200), Dfsdt(), Careful())


@dataclass(frozen=True, slots=True)
class Conditions:
    """What models and APIs are like: seconds for an answer, and the share of failing requests."""

    model_s: float
    api_s: float
    failures: float


class Weather(httpx.AsyncBaseTransport):
    """Lets requests wait, and a share of them fail with 503, the same in every run.

    Whether one fails depends on the seed, the request, and how often it was sent before.
    """

    def __init__(self, client: httpx.AsyncClient, conditions: Conditions, seed: int) -> None:
        self._client = client
        self._conditions = conditions
        self._seed = seed
        self._sent: Counter[bytes] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The API's own answer, late, or a problem in its place."""
        body = await request.aread()
        what = b"%s %s %s" % (request.method.encode(), request.url.raw_path, body)
        self._sent[what] += 1
        await asyncio.sleep(self._conditions.api_s)
        drawn = hashlib.sha256(b"%d %d " % (self._seed, self._sent[what]) + what).digest()
        if int.from_bytes(drawn[:4]) < self._conditions.failures * 2**32:
            problem = {"title": "Not available", "code": "unavailable", "retryable": True}
            return httpx.Response(503, json=problem)
        return await self._client.send(request)


@dataclass(frozen=True, slots=True)
class WeatheredRows:
    """Rows whose calls go through the weather; sandboxes are made and looked at without it."""

    rows: Rows
    client: httpx.AsyncClient

    @property
    def apis(self) -> Mapping[str, Api]:
        """See `Rows.apis`."""
        return self.rows.apis

    async def pristine(self, api: str) -> str:
        """See `Rows.pristine`."""
        return await self.rows.pristine(api)

    async def fork(self, api: str, sandbox: str) -> str:
        """See `Rows.fork`."""
        return await self.rows.fork(api, sandbox)

    async def things(self, sandboxes: Mapping[str, str]) -> tuple[Sequence[Json], Sequence[Json]]:
        """See `Rows.things`."""
        return await self.rows.things(sandboxes)


@dataclass(frozen=True, slots=True)
class WeatheredPlace:
    """A place under these conditions (`training.annotate.ground.Place`)."""

    place: Place
    conditions: Conditions

    @property
    def simulated(self) -> bool:
        """See `Place.simulated`."""
        return self.place.simulated

    def serves(self, instruction: Instruction) -> bool:
        """See `Place.serves`."""
        return self.place.serves(instruction)

    def catalog(self, instruction: Instruction) -> Catalog:
        """See `Place.catalog`."""
        return self.place.catalog(instruction)

    @asynccontextmanager
    async def row(self, instruction: Instruction) -> AsyncGenerator[Rows]:
        """See `Place.row`."""
        async with self.place.row(instruction) as rows:
            weather = Weather(rows.client, self.conditions, instruction.scenario.seed)
            async with httpx.AsyncClient(transport=weather, trust_env=False) as client:
                yield WeatheredRows(rows, client)


@dataclass(slots=True)
class SlowPlanner:
    """The planner, as slow as a model."""

    seconds: float
    planner: Planner = field(default_factory=lambda: Planner(_RATES, _NOTICE, exact=False))

    async def propose(self, situation: Situation) -> Completion | GaveUp:
        """See `Proposer.propose`."""
        await asyncio.sleep(self.seconds)
        return await self.planner.propose(situation)

    def content(self, situation: Situation) -> bool:
        """See `Proposer.content`."""
        return self.planner.content(situation)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a strategy made of all tasks. `seconds` is wall time by tasks at once."""

    strategy: str
    tasks: int
    solved: int
    model_calls: int
    api_calls: int
    repeated: int
    failing_kept: int
    rejected_kept: int
    seconds: Mapping[int, float]


async def measure(
    strategy: Strategy,
    tasks: Sequence[Scenario],
    place: Place,
    chosen: argparse.Namespace,
    progress: Progress,
) -> Outcome:
    """Run a strategy on all tasks at each number of tasks at once.

    Raises RuntimeError when the chains differ between them: then they could not be compared.
    """
    conditions = Conditions(chosen.model_ms / 1000, chosen.api_ms / 1000, chosen.failures)
    weathered = WeatheredPlace(place, conditions)
    seconds: dict[int, float] = {}
    chains: list[Chain] = []
    for at_once in chosen.at_once:
        bar = progress.add_task(f"{strategy.name}, {at_once} at once", total=len(tasks))
        gate = asyncio.Semaphore(at_once)

        async def one(task: Scenario, gate: asyncio.Semaphore = gate, bar: int = bar) -> Chain:
            async with gate:
                instruction = Instruction(task.id, task, ())
                proposer = SlowPlanner(conditions.model_s)
                how = strategy, _BUDGET
                seed = seed_for(chosen.seed, "search", task.id)
                chain = await annotate(instruction, weathered, proposer, how, seed)
                progress.advance(bar)  # type: ignore[arg-type]
                return chain

        started = time.perf_counter()
        made = await asyncio.gather(*map(one, tasks))
        seconds[at_once] = time.perf_counter() - started
        if chains and [c.effort for c in chains] != [c.effort for c in made]:
            raise RuntimeError(f"{strategy.name} found other chains at {at_once} tasks at once")
        chains = list(made)
    return outcome(strategy.name, chains, seconds)


def outcome(strategy: str, chains: Sequence[Chain], seconds: Mapping[int, float]) -> Outcome:
    """The sums over all chains of a strategy."""
    kept = [event for chain in chains if chain.solved for event in chain.events]
    return Outcome(
        strategy=strategy,
        tasks=len(chains),
        solved=sum(chain.solved for chain in chains),
        model_calls=sum(chain.effort.model_calls for chain in chains),
        api_calls=sum(chain.effort.api_calls for chain in chains),
        repeated=sum(chain.effort.repeated_calls for chain in chains),
        failing_kept=sum(event.type == "call_observed" and not event.ok for event in kept),
        rejected_kept=sum(event.type == "call_rejected" for event in kept),
        seconds=seconds,
    )


def chosen_tasks(count: int, acts: Sequence[int]) -> tuple[Scenario, ...]:
    """Conversations without planted faults of so many acts, spread evenly over the suite."""
    least, most = acts
    suite = read_scenarios(_SUITE)
    fit = [one for one in suite if one.faults is None and least <= len(one.gold) <= most]
    return tuple(fit[place * len(fit) // count] for place in range(min(count, len(fit))))


def report(outcomes: Sequence[Outcome], console: Console) -> None:
    """One line for each strategy; then ours against dfsdt."""
    table = Table(title="searches, calls per solved chain")
    columns = ("strategy", "solved", "model calls", "API calls", "executed again", "failing kept",
               "rejected kept")  # fmt: skip
    for column in (*columns, *(f"s, {n} at once" for n in outcomes[0].seconds)):
        table.add_column(column, justify="left" if column == "strategy" else "right")
    for one in outcomes:
        solved = max(one.solved, 1)
        table.add_row(
            one.strategy,
            f"{one.solved}/{one.tasks}",
            f"{one.model_calls / solved:.1f}",
            f"{one.api_calls / solved:.1f}",
            str(one.repeated),
            str(one.failing_kept),
            str(one.rejected_kept),
            *(f"{seconds:.1f}" for seconds in one.seconds.values()),
        )
    console.print(table)
    by_name = {one.strategy: one for one in outcomes}
    ours, theirs = by_name["callsign"], by_name["dfsdt"]
    calls = ours.model_calls * max(theirs.solved, 1) / (theirs.model_calls * max(ours.solved, 1))
    console.print(f"callsign against dfsdt: {calls:.2f} of its model calls per solved chain")
    for at_once, seconds in ours.seconds.items():
        console.print(
            f"  at {at_once} tasks at once {theirs.seconds[at_once] / seconds:.1f} times as fast"
        )
    first, last = min(ours.seconds), max(ours.seconds)
    console.print(
        f"callsign at {last}: {ours.seconds[first] / ours.seconds[last]:.1f} times as fast as at "
        f"{first}, {theirs.seconds[first] / ours.seconds[last]:.1f} times as fast as dfsdt at "
        f"{first}"
    )


async def run(chosen: argparse.Namespace, console: Console) -> list[Outcome]:
    """Every strategy in turn, over the same running APIs."""
    tasks = chosen_tasks(chosen.tasks, chosen.acts)
    async with PracticeApis().open() as place:
        with Progress(console=console, transient=True) as progress:
            return [
                await measure(strategy, tasks, place, chosen, progress) for strategy in _STRATEGIES
            ]


def main() -> None:
    """Parse, measure, report."""
    parser = argparse.ArgumentParser(description="Compares searches over chains of calls")
    parser.add_argument("--tasks", type=int, default=32)
    parser.add_argument("--acts", type=int, nargs=2, default=[5, 8], help="of a right chain")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 16], help="tasks at once")
    parser.add_argument("--model-ms", type=float, default=100, help="what a proposal takes")
    parser.add_argument("--api-ms", type=float, default=30, help="what a request takes on top")
    parser.add_argument("--failures", type=float, default=0.37, help="share of failing requests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="file for the figures as JSON")
    chosen = parser.parse_args()
    console = Console(width=120)
    outcomes = asyncio.run(run(chosen, console))
    report(outcomes, console)
    if chosen.out:
        chosen.out.write_bytes(orjson.dumps(outcomes, option=orjson.OPT_NON_STR_KEYS))


if __name__ == "__main__":
    main()
