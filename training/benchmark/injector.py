"""Plants known faults into correct traces, and measures whether the judge finds exactly them.

A benchmark that misses faults flatters, and one that sees faults everywhere slanders. So a correct
trace (the log of a gold replay) gets one fault of a known kind at a known place, by putting
another text in place of one proposal's or one reply's. (Three plants change another event, since
no text shows them: a write without approval, an id that had expired, an argument changed after
the approval.) Then the judge must find that fault at its pointer and nothing else. What to expect
is said by each plant itself, never computed by the judge or by clearance; where one change
necessarily makes a second fault, the plant names both and says why.

    python -m training.benchmark.injector [--seeds N] [--file scenarios.jsonl]
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from agent.events import Event
from agent.options import Options
from training.benchmark.judge import Judge
from training.benchmark.plants import approvals, arguments, claims, forms, values
from training.benchmark.plants.trace import Plant, Trace
from training.benchmark.records import Fault, FaultCode
from training.scenarios.converse import hold
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import read_scenarios
from training.worlds import world

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


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found of what was planted: by code, by plant, and every disagreement in full."""

    codes: Mapping[FaultCode, Found]
    plants: Mapping[str, Counter[FaultCode]]
    wrong: tuple[tuple[str, Planted, list[Key], list[Key]], ...]


def measure(traces: Iterable[tuple[str, Trace]], judge: Judge, seeds: Sequence[int]) -> Measured:
    """Plant each kind once into each trace for each seed, and count what the judge finds."""
    codes: dict[FaultCode, Found] = {code: Found() for code in PLANTS}
    plants: dict[str, Counter[FaultCode]] = {}
    wrong: list[tuple[str, Planted, list[Key], list[Key]]] = []
    for name, trace in traces:
        for way in (way for ways in PLANTS.values() for way in ways):
            for seed in seeds:
                planted = plant_by(way, trace, Random(f"{seed} {name} {way.__name__}"))
                if planted is None:
                    continue
                missed, extra = compare(planted, judge)
                counts = plants.setdefault(way.__name__, Counter())
                for one in {key(fault) for fault in planted.expected}:
                    counts[one[0]] += 1
                    codes[one[0]].planted += 1
                    codes[one[0]].found += one not in missed
                for one in extra:
                    codes[one[0]].extra += 1
                if missed or extra:
                    wrong.append((name, planted, missed, extra))
    return Measured(codes, plants, tuple(wrong))


async def gold_traces(file: Path) -> tuple[Judge, list[tuple[str, Trace]]]:
    """The gold replay of every scenario of a file, and a judge over the tools it was played with.

    Raises ValueError when a replay fails: then its log is no correct trace.
    """
    traces: list[tuple[str, Trace]] = []
    async with world() as place:
        judge = Judge(place.catalog.specs)
        for scenario in read_scenarios(file):
            held = await hold(scenario, place, GoldEngine(scenario.gold), Options())
            if not held.solved:
                raise ValueError(f"{scenario.id}: {held.error or held.unsolved}")
            traces.append((scenario.id, Trace(held.events, judge)))
    return judge, traces


def table(measured: Measured) -> Table:
    """Planted, found, extra, precision and recall by code."""
    shown = Table(title="faults planted into correct traces")
    for column in ("code", "planted", "found", "extra", "precision", "recall"):
        shown.add_column(column, justify="left" if column == "code" else "right")
    for code, found in measured.codes.items():
        counts = (found.planted, found.found, found.extra)
        shares = (f"{found.precision:.3f}", f"{found.recall:.3f}")
        shown.add_row(code, *map(str, counts), *shares)
    return shown


def main() -> None:
    """Replay, plant, print."""
    parser = argparse.ArgumentParser(description="Plants known faults and counts what is found")
    parser.add_argument("--seeds", type=int, default=3, help="plants of a kind for each trace")
    parser.add_argument("--file", type=Path, default=DEVELOPMENT, help="scenarios with gold acts")
    chosen = parser.parse_args()
    console = Console(width=110)
    judge, traces = asyncio.run(gold_traces(chosen.file))
    clean = sum(len(one.faults) for _, trace in traces for one in judge.judge(trace.events))
    measured = measure(traces, judge, range(chosen.seeds))
    console.print(table(measured))
    console.print(f"{len(traces)} traces; {clean} faults found in them before anything was planted")
    for name, planted, missed, extra in measured.wrong:
        console.print(f"{name} {planted.plant}: missed {missed}, extra {extra}", markup=False)


DEVELOPMENT = Path(__file__).parents[1] / "scenarios" / "development.jsonl"


if __name__ == "__main__":
    main()
