"""An API that is not about travel becomes a dataset by the same stages, without touching code."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.training.library.document import collected, weather
from training.annotate.stage import AnnotateStage
from training.export.sample import Sample
from training.export.sink import DatasetFiles
from training.export.stage import ExportRows
from training.instruct.general import GeneralInstructions
from training.instruct.kits import GatherKits, Kit
from training.pipeline import Build, Manifest, StageFolder, Step, read_manifests
from training.pipeline.engines.base import Done
from training.pipeline.timing import Clock
from training.pipeline.working import Job, Outcome, Part, opened
from training.records import Chain, Collected, Instruction
from training.select.stage import SelectStage
from training.simulate import SimulatedApis
from training.verify.stage import VerifyStage

SIMULATED = (SimulatedApis(),)


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of the library's document, and of another provider's."""

    name: str = "collect"
    settings: Mapping[str, Any] = field(default_factory=dict)

    async def records(self, seed: int) -> AsyncIterator[Collected]:
        for record in (*weather(), *collected()):
            yield record


class Silent:
    """Is told of a build and says nothing."""

    def begin(self, stage: str, total: int | None, done: int) -> None: ...

    def advance(self, stage: str, outcome: Outcome) -> None: ...

    def end(self, stage: str, manifest: Manifest) -> None: ...

    def say(self, text: str) -> None: ...


class Here:
    """Works in this very process."""

    async def run(self, job: Job, parts: Iterable[Part], done: Done) -> None:
        async with opened(job) as desk:
            for part in parts:
                done(await desk.work(part))


STEPS = (
    Step(Operations(), Collected),
    Step(GatherKits(per_tool=6), Kit, after=("collect",)),
    Step(GeneralInstructions(), Instruction, after=("instruct-kits",)),
    Step(AnnotateStage(openers=SIMULATED), Chain, after=("instruct-general",)),
    Step(VerifyStage(openers=SIMULATED), Chain, after=("annotate",)),
    Step(SelectStage(suites=()), Chain, after=("verify",)),
    Step(ExportRows(openers=SIMULATED), Sample, after=("select",)),
    Step(DatasetFiles(), Sample, after=("export-rows",)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("library")
    Build(STEPS, out, 5, Here(), Silent(), Clock("test", "here", 1)).run()
    return out


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in StageFolder(folder, "export-rows").lines()]


def test_nearly_every_conversation_is_verified_and_kept(folder: Path):
    made = read_manifests(folder)
    assert made["instruct-general"].kept > 50
    assert made["select"].kept > 0.8 * made["instruct-general"].kept


def test_every_set_of_rows_is_there(folder: Path):
    sets = Counter(row["set"] for row in rows(folder))
    assert sets.keys() >= {"chains", "asks", "irrelevance", "preferences"}
    assert sum(sets.values()) > 100


def test_every_operation_of_the_library_is_called_somewhere(folder: Path):
    said = "".join(message["content"] for row in rows(folder) for message in row["messages"])
    for record in collected():
        assert f'{{"name":"{record.tool.name}"' in said


def test_rows_say_that_no_server_answered_and_whose_document_it_is(folder: Path):
    told = {(row["simulated"], row["licence"]) for row in rows(folder) if "library" in row["apis"]}
    assert told <= {(True, "CC0-1.0"), (True, "")}


def test_files_of_every_format_are_written(folder: Path):
    (first, *_) = sorted((folder / "export").glob("openai/chains/*.jsonl.gz"))
    with gzip.open(first, "rt", encoding="utf-8") as file:
        row = json.loads(file.readline())
    assert {message["role"] for message in row["messages"]} >= {"user", "assistant", "tool"}
