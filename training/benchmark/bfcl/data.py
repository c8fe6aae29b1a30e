"""BFCL's cases: questions, functions on offer, and the answers that count as right.

The files are those of the Berkeley Function-Calling Leaderboard, version 4 (Patil et al. 2025,
Apache-2.0), which the `bfcl-eval` package carries; they are read from wherever the user has them.
Each file holds one JSON object a line.
"""

from __future__ import annotations

import importlib.util
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from agent.engines.base import Message
from tools.errors import BenchmarkDataMissing

CALLING = (
    "simple_python", "multiple", "parallel", "parallel_multiple",
    "live_simple", "live_multiple", "live_parallel", "live_parallel_multiple",
)  # fmt: skip
"""Categories whose cases ask for certain calls (the Python AST ones)."""
IRRELEVANT = ("irrelevance", "live_irrelevance")
"""Categories in which no function on offer helps: the right thing is to call none."""
RELEVANT = ("live_relevance",)
"""Categories in which some function helps, and any call of one counts."""
CATEGORIES = (*CALLING, *IRRELEVANT, *RELEVANT)

LEFT_OUT = ""
"""Stands in a list of accepted values where the parameter may be left out."""

Expectation = Literal["these calls", "no call", "some call"]
_PREFIX = "BFCL_v4_"
_HOW = (
    "get it with `pip download --no-deps bfcl-eval` and give the wheel (or a folder with the "
    f"{_PREFIX}*.json files), or install bfcl-eval beside Callsign"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One call that is wanted: the function, and for each parameter the values that count."""

    name: str
    accepted: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    `functions` are the descriptions as BFCL writes them (`training.benchmark.bfcl.tools` reads
    them as tools). `answers` are wanted in any order; empty in the categories without.
    """

    id: str
    category: str
    messages: tuple[Message, ...]
    functions: tuple[Mapping[str, Any], ...]
    answers: tuple[Answer, ...] = ()

    @property
    def expects(self) -> Expectation:
        """What a right reply consists of."""
        if self.category in IRRELEVANT:
            return "no call"
        return "some call" if self.category in RELEVANT else "these calls"

    def function(self, name: str) -> Mapping[str, Any] | None:
        """The description of a function on offer, None where none has this name."""
        return next((known for known in self.functions if known["name"] == name), None)


@dataclass(frozen=True, slots=True)
class _Question:
    id: str
    question: list[list[Message]]
    function: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Truth:
    id: str
    ground_truth: list[dict[str, dict[str, list[Any]]]]


_QUESTION = TypeAdapter(_Question)
_TRUTH = TypeAdapter(_Truth)


def find_bfcl(path: Path | None = None) -> Traversable:
    """The folder that holds the ``BFCL_v4_*.json`` files.

    `path` is that folder, an unpacked `bfcl_eval` package or a folder that holds one, or a wheel
    file; without it an installed `bfcl_eval` is looked for (it is found, not imported). Raises
    `BenchmarkDataMissing`, whose text says how to get the data.
    """
    if path is None:
        spec = importlib.util.find_spec("bfcl_eval")
        places = spec.submodule_search_locations if spec else None
        if not places:
            raise BenchmarkDataMissing(f"BFCL's data is not installed; {_HOW}")
        path = Path(next(iter(places)))
    root: Traversable = path
    if path.is_file():
        if not zipfile.is_zipfile(path):
            raise BenchmarkDataMissing(f"{path} is neither a folder nor a wheel; {_HOW}")
        root = zipfile.Path(path)
    elif not path.is_dir():
        raise BenchmarkDataMissing(f"there is nothing at {path}; {_HOW}")
    for folder in (root, root / "data", root / "bfcl_eval" / "data"):
        if _file(folder, CALLING[0]).is_file():
            return folder
    raise BenchmarkDataMissing(f"no {_PREFIX}{CALLING[0]}.json in {path}; {_HOW}")


def read_cases(folder: Traversable, categories: Sequence[str] = CATEGORIES) -> tuple[Case, ...]:
    """The cases of these categories, in the order of the files.

    Raises `BenchmarkDataMissing` for a file that is not there or not in BFCL's format, and
    ValueError for a category that is none of `CATEGORIES`.
    """
    if unknown := set(categories) - set(CATEGORIES):
        raise ValueError(f"BFCL has no category {', '.join(sorted(unknown))}")
    return tuple(case for category in categories for case in _read(folder, category))


def _read(folder: Traversable, category: str) -> list[Case]:
    answers: dict[str, tuple[Answer, ...]] = {}
    try:
        if category in CALLING:
            for line in _lines(_file(folder / "possible_answer", category)):
                truth = _TRUTH.validate_json(line)
                answers[truth.id] = tuple(
                    Answer(name, accepted)
                    for call in truth.ground_truth
                    for name, accepted in call.items()
                )
        rows = [_QUESTION.validate_json(line) for line in _lines(_file(folder, category))]
        return [
            Case(
                row.id,
                category,
                # Every case has one turn; later turns belong to categories that are not read.
                tuple(row.question[0]),
                tuple(row.function),
                answers[row.id] if category in CALLING else (),
            )
            for row in rows
        ]
    except (OSError, KeyError, IndexError, ValidationError) as error:
        raise BenchmarkDataMissing(f"{category} cannot be read: {error}; {_HOW}") from error


def _file(folder: Traversable, category: str) -> Traversable:
    return folder / f"{_PREFIX}{category}.json"


def _lines(file: Traversable) -> list[bytes]:
    return [line for line in file.read_bytes().splitlines() if line.strip()]
