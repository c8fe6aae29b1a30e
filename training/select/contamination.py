"""What the benchmarks ask, and whether a chain gives it away.

A chain is contaminated when it was written from a template of a test split, uses an operation
that the suite `openapi` was made from, says a run of eight or more words that a benchmark's
question holds too (as GPT-3 was cleaned, Brown et al. 2020, there with 13), or asks nearly the
same question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import as_file, files

from tools.errors import BenchmarkDataMissing
from tools.spec import ToolSpec
from training.benchmark.bfcl.data import find_bfcl, read_cases
from training.benchmark.openapi.rows import read_rows
from training.benchmark.suites.openapi import DATA
from training.records import Chain
from training.scenarios.scenario import Scenario, read_scenarios
from training.scenarios.templates import REGISTER
from training.select.duplicates import Near
from training.select.text import Shingles, shingles, words

RUN = 8
"""Words in a row that no chain and no benchmark's question may share."""
_SHINGLE = 3
_FEWEST = 4
"""Words below which a line says too little to be anybody's: a greeting, thanks, a yes."""

Operation = tuple[str, str, str]
"""API, method and path."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What a benchmark suite asks: its questions by id, its templates, the operations it tests."""

    name: str
    questions: Mapping[str, tuple[str, ...]]
    templates: frozenset[str] = frozenset()
    operations: frozenset[Operation] = frozenset()

    @property
    def digest(self) -> str:
        """SHA-256 of all that a chain is compared with."""
        held = (sorted(self.questions.items()), sorted(self.templates), sorted(self.operations))
        return sha256(repr(held).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Leak:
    """How a chain gives a benchmark away."""

    reason: str
    detail: str


class Contamination:
    """Finds chains that give some suites away."""

    def __init__(self, suites: Iterable[Suite], threshold: float = 0.8) -> None:
        """Questions are nearly the same from this Jaccard similarity of word triples on."""
        self._near = Near(threshold)
        self._runs: dict[str, str] = {}
        self._templates = {one.name for one in REGISTER.values() if one.split == "test"}
        self._operations: set[Operation] = set()
        for suite in suites:
            self._templates |= suite.templates
            self._operations |= suite.operations
            for task, lines in suite.questions.items():
                self._hold(f"{suite.name} {task}", lines)

    def leak(self, chain: Chain) -> Leak | None:
        """The first way in which a chain gives a benchmark away."""
        scenario = chain.instruction.scenario
        if scenario.split == "test" or scenario.template in self._templates:
            return Leak("contaminated/template", scenario.template)
        tested = {operation_of(tool) for tool in chain.instruction.specs} & self._operations
        if tested:
            return Leak("contaminated/operation", repr(min(tested)))
        lines = [line.text for line in scenario.lines]
        return self._shared_run(lines) or self._same_question(lines)

    def _hold(self, task: str, lines: tuple[str, ...]) -> None:
        for number, text in enumerate(texts(lines)):
            self._near.add(f"{task} {number}", text)
        for line in lines:
            self._runs |= dict.fromkeys(_runs(line), task)

    def _shared_run(self, lines: Iterable[str]) -> Leak | None:
        for line in lines:
            for run in sorted(_runs(line)):
                if run in self._runs:
                    return Leak("contaminated/shared_run", f"{run!r} of {self._runs[run]}")
        return None

    def _same_question(self, lines: Iterable[str]) -> Leak | None:
        found = (self._near.find(text) for text in texts(lines))
        twin = next((one for one in found if one is not None), None)
        return Leak("contaminated/same_question", twin) if twin else None


def operation_of(tool: ToolSpec) -> Operation:
    """What an operation is called whatever name its tool has."""
    return tool.api, tool.method, tool.path


def texts(lines: Iterable[str]) -> Iterator[Shingles]:
    """Every line that says something, and all of them together, in word triples."""
    split = [words(line) for line in lines]
    together = [word for line in split for word in line]
    kept = [line for line in split if len(line) >= _FEWEST]
    for tokens in (*kept, *([together] if len(kept) > 1 else ())):
        yield shingles(tokens, _SHINGLE)


def _runs(line: str) -> Shingles:
    tokens = words(line)
    return shingles(tokens, RUN) if len(tokens) >= RUN else frozenset()


@cache
def every_suite() -> tuple[Suite, ...]:
    """The suites `booking`, `development`, `openapi`, and `bfcl` where its files are installed."""
    return (
        _of_scenarios("booking", "training.benchmark.suites", "data/booking.jsonl"),
        _of_scenarios("development", "training.scenarios", "development.jsonl"),
        _openapi(),
        *_bfcl(),
    )


def of_scenarios(name: str, scenarios: Iterable[Scenario]) -> Suite:
    """A suite of conversations."""
    held = tuple(scenarios)
    questions = {one.id: tuple(line.text for line in one.lines) for one in held}
    return Suite(name, questions, frozenset(one.template for one in held))


def _of_scenarios(name: str, package: str, file: str) -> Suite:
    with as_file(files(package) / file) as path:
        return of_scenarios(name, read_scenarios(path))


def _openapi() -> Suite:
    rows, _ = read_rows(DATA)
    tested = {operation_of(offered.tool) for row in rows for offered in row.tools}
    return Suite("openapi", {row.id: (row.question,) for row in rows}, operations=frozenset(tested))


def _bfcl() -> Iterator[Suite]:
    try:
        cases = read_cases(find_bfcl())
    except BenchmarkDataMissing:
        return
    said = {
        case.id: tuple(one.content for one in case.messages if one.role == "user") for case in cases
    }
    yield Suite("bfcl", said)
