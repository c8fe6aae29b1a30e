"""Plants known faults into correct traces, and measures whether the judge finds exactly them.

A benchmark that misses faults flatters, and one that sees faults everywhere slanders. So a correct
trace (the log of a gold replay) gets one fault of a known kind at a known place, by putting
another text in place of one proposal's or one reply's. (Three plants change another event, since
no text shows them: a write without approval, an id that had expired, an argument changed after
the approval.) Then the judge must find that fault at its pointer and nothing else. What to expect
is said by each plant itself, never computed by the judge or by clearance; where one change
necessarily makes a second fault, the plant names both and says why.

    python -m training.benchmark.injector [--seeds N] [--suite NAME] [--limit N]
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

import training.scenarios
from agent.acts import MAX_CALLS
from agent.events import Event
from training.benchmark.bfcl.data import find_bfcl, read_cases
from training.benchmark.judge import Judge
from training.benchmark.openapi.rows import read_rows
from training.benchmark.openapi.tasks import task_of
from training.benchmark.plants import approvals, arguments, claims, forms, values
from training.benchmark.plants.trace import Plant, Trace
from training.benchmark.records import Fault, FaultCode
from training.benchmark.suites import bfcl, openapi
from training.benchmark.traces import of_conversations, of_decisions
from training.scenarios.scenario import read_scenarios

_FILES: Mapping[str, Path] = {
    "development": Path(training.scenarios.__file__).parent / "development.jsonl",
    "booking": Path(openapi.__file__).parent / "data" / "booking.jsonl",
}

PLANTS: Mapping[FaultCode, tuple[Plant, ...]] = {
    "malformed": (
        forms.cut_off, forms.other_syntax, forms.too_many, forms.arguments_as_text,
        forms.reply_beside,
    ),
    "unknown_tool": (forms.misspelt_tool, forms.tool_of_elsewhere),
    "unknown_parameter": (arguments.invented_parameter, arguments.renamed_parameter),
    "missing_parameter": (arguments.left_out,),
    "wrong_type": (arguments.wrong_type,),
    "invalid_value": (
        arguments.outside_enum, arguments.outside_range, arguments.no_date,
        arguments.wrong_order, arguments.nothing_asked,
    ),
    "ungrounded_value": (values.unsaid_value, values.unsaid_option, values.date_gone_by),
    "foreign_id": (values.foreign_id, values.id_of_another_kind, values.expired_id),
    "unapproved_write": (
        approvals.declined, approvals.another_digest, approvals.another_question,
        approvals.too_late, approvals.changed_after,
    ),
    "duplicate_call": (forms.twice_in_one_act, forms.made_again),
    "unbacked_claim": (
        claims.stated_value, claims.stated_deed, claims.altered_price, claims.prose_with_value,
    ),
}  # fmt: skip
"""Every way in which a fault of each code is planted."""

Key = tuple[FaultCode, int, int, str, str]
"""What makes two faults the same: all but the message."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A trace with one change, the faults that must be found in it, and which plant made it."""

    events: tuple[Event, ...]
    expected: tuple[Fault, ...]
    plant: str


@dataclass(slots=True)
class Found:
    """Counts over planted traces. `extra` are faults that nobody planted, by their own code."""

    planted: int = 0
    found: int = 0
    extra: int = 0

    @property
    def recall(self) -> float:
        """The share of planted faults that were found."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """The share of found faults that were planted."""
        every = self.found + self.extra
        return self.found / every if every else 1.0


def plant(trace: Trace, code: FaultCode, rng: Random) -> Planted | None:
    """One fault of that code, somewhere in a correct trace; None where it has no place for one."""
    for way in rng.sample(PLANTS[code], len(PLANTS[code])):
        if planted := plant_by(way, trace, rng):
            return planted
    return None


def plant_by(way: Plant, trace: Trace, rng: Random) -> Planted | None:
    """A fault of one given kind."""
    change = way(trace, rng)
    if change is None:
        return None
    events = tuple(change.events.get(at, event) for at, event in enumerate(trace.events))
    return Planted(events, change.expected, way.__name__)


def key(fault: Fault) -> Key:
    """What of a fault must be right."""
    return fault.code, fault.proposal, fault.call, fault.name, fault.pointer


def compare(planted: Planted, judge: Judge) -> tuple[list[Key], list[Key]]:
    """The faults that were missed, and those found that were not planted; [] twice is right."""
    expected = {key(fault) for fault in planted.expected}
    found = {key(fault) for one in judge.judge(planted.events) for fault in one.faults}
    return sorted(expected - found), sorted(found - expected)


@dataclass(slots=True)
class Measured:
    """What was found of what was planted: by code, by plant, and every disagreement in full.

    `traces` were planted into; nothing was planted into `unclean` ones, which had a fault before
    or proposed nothing.
    """

    codes: dict[FaultCode, Found] = field(
        default_factory=lambda: {code: Found() for code in PLANTS}
    )
    plants: Counter[str] = field(default_factory=Counter[str])
    wrong: list[tuple[str, str, list[Key], list[Key]]] = field(
        default_factory=list[tuple[str, str, list[Key], list[Key]]]
    )
    traces: int = 0
    unclean: list[str] = field(default_factory=list[str])

    def add(self, trace: Trace, seeds: Sequence[int]) -> None:
        """Plant each kind once for each seed, and count what the trace's judge finds."""
        judged = trace.judge.judge(trace.events)
        if not judged or any(one.faults for one in judged):
            self.unclean.append(trace.name)
            return
        self.traces += 1
        for way in (way for ways in PLANTS.values() for way in ways):
            for seed in seeds:
                planted = plant_by(way, trace, Random(f"{seed} {trace.name} {way.__name__}"))
                if planted is not None:
                    self._count(trace, planted)

    def _count(self, trace: Trace, planted: Planted) -> None:
        missed, extra = compare(planted, trace.judge)
        self.plants[planted.plant] += 1
        for one in {key(fault) for fault in planted.expected}:
            self.codes[one[0]].planted += 1
            self.codes[one[0]].found += one not in missed
        for one in extra:
            self.codes[one[0]].extra += 1
        if missed or extra:
            self.wrong.append((trace.name, planted.plant, missed, extra))


def measure(traces: Iterable[Trace], seeds: Sequence[int]) -> Measured:
    """Plant every kind of fault into every trace."""
    measured = Measured()
    for trace in traces:
        measured.add(trace, seeds)
    return measured


def table(measured: Measured) -> Table:
    """Planted, found, extra, precision and recall by code."""
    shown = Table(title=f"faults planted into {measured.traces} correct traces")
    for column in ("code", "planted", "found", "extra", "precision", "recall"):
        shown.add_column(column, justify="left" if column == "code" else "right")
    for code, found in measured.codes.items():
        counts = (found.planted, found.found, found.extra)
        shares = (f"{found.precision:.3f}", f"{found.recall:.3f}")
        shown.add_row(code, *map(str, counts), *shares)
    return shown


def traces_of(suite: str, limit: int | None, bfcl_path: Path | None) -> AsyncIterator[Trace]:
    """The correct traces of a suite, or of a file of scenarios. Raises OSError without its data."""
    match suite:
        case "openapi":
            rows, _ = read_rows(openapi.DATA)
            return of_decisions(map(task_of, rows[:limit]), MAX_CALLS)
        case "bfcl":
            cases = read_cases(find_bfcl(bfcl_path))
            most = max([MAX_CALLS, *(len(case.answers) for case in cases)])
            return of_decisions(map(bfcl.task_of, cases[:limit]), most)
        case _:
            return of_conversations(read_scenarios(_FILES.get(suite) or Path(suite))[:limit])


async def _measure(traces: AsyncIterator[Trace], seeds: Sequence[int]) -> Measured:
    measured = Measured()
    async for trace in traces:
        measured.add(trace, seeds)
    return measured


def main() -> None:
    """Replay, plant, print."""
    parser = argparse.ArgumentParser(description="Plants known faults and counts what is found")
    parser.add_argument("--seeds", type=int, default=3, help="plants of a kind for each trace")
    suites = "development, booking, openapi, bfcl, or a .jsonl file of scenarios"
    parser.add_argument("--suite", default="development", help=suites)
    parser.add_argument("--limit", type=int, help="only the first N tasks of the suite")
    parser.add_argument("--bfcl", type=Path, help="where BFCL's files are")
    chosen = parser.parse_args()
    console = Console(width=110)
    traces = traces_of(chosen.suite, chosen.limit, chosen.bfcl)
    measured = asyncio.run(_measure(traces, range(chosen.seeds)))
    console.print(table(measured))
    console.print(f"{len(measured.unclean)} traces were left out: gold failed, or has faults")
    for name, way, missed, extra in measured.wrong:
        console.print(f"{name} {way}: missed {missed}, extra {extra}", markup=False)


if __name__ == "__main__":
    main()
