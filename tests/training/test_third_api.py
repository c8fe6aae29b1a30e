"""An API that is not about travel becomes a dataset by one command, without touching code."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.training.collect.collecting import described, operation, written
from tests.training.library.document import PATH, tools
from tests.training.library.served import served
from tools.errors import DataError
from training import commands
from training.pipeline import StageFolder, read_manifests
from training.records import RowSet
from training.worlds import World

SETS: set[RowSet] = {"chains", "mends", "irrelevance", "asks", "preferences"}


def build(out: Path, *arguments: object, workers: int = 1) -> Result:
    """`callsign data build --out OUT ...`; what it raises comes through."""
    line = ["build", "--out", out, "--workers", workers, "--seed", 5, *arguments]
    done = CliRunner().invoke(commands.app, [*map(str, line)], terminal_width=200)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def rows(folder: Path, stage: str = "export-rows") -> list[dict[str, Any]]:
    return [json.loads(line) for line in StageFolder(folder, stage).lines()]


def called(found: list[dict[str, Any]]) -> set[str]:
    said = "".join(message["content"] for row in found for message in row["messages"])
    return {name for name in tools() if f'{{"name":"{name}"' in said}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("library")
    document = shutil.copy(PATH, out / "library.yaml")
    build(out / "data", "--specs", document, "--limit", 90)
    return out / "data"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    out = tmp_path_factory.mktemp("running")
    with served() as running:
        where = ["--base-url", running.url, "--rate", 1000]
        build(out, "--specs", PATH, *where, "--limit", 80)
        return {"rows": rows(out), "requests": running.requests, "made": read_manifests(out)}


class TestSimulated:
    """Nothing but a document: no server, no teacher."""

    def test_nearly_every_conversation_is_verified_and_kept(self, folder: Path):
        made = read_manifests(folder)
        assert made["collect"].kept == 8
        assert 80 < made["instruct-general"].kept <= 90
        assert made["select"].kept > 0.9 * made["instruct-general"].kept

    def test_every_set_of_rows_is_there(self, folder: Path):
        sets = Counter(row["set"] for row in rows(folder))
        assert sets.keys() >= SETS
        assert sum(sets.values()) > 150

    def test_every_operation_is_called_somewhere(self, folder: Path):
        assert called(rows(folder)) == tools().keys()

    def test_rows_say_that_no_server_answered_and_whose_document_it_is(self, folder: Path):
        told = {(row["simulated"], row["licence"], *row["apis"]) for row in rows(folder)}
        assert told == {(True, "CC0-1.0", "library")}

    def test_a_share_is_for_validation(self, folder: Path):
        assert {row["split"] for row in rows(folder)} == {"train", "validation"}

    def test_files_of_every_format_are_written(self, folder: Path):
        (first, *_) = sorted((folder / "export").glob("openai/chains/*.jsonl.gz"))
        with gzip.open(first, "rt", encoding="utf-8") as file:
            row = json.loads(file.readline())
        assert {message["role"] for message in row["messages"]} >= {"user", "assistant", "tool"}

    def test_two_workers_make_the_same_bytes(self, folder: Path, tmp_path: Path):
        build(tmp_path, "--specs", folder.parent / "library.yaml", "--limit", 90, workers=2)
        digests = {name: made.digest for name, made in read_manifests(folder).items()}
        again = {name: made.digest for name, made in read_manifests(tmp_path).items()}
        assert digests == again


class TestRunning:
    """The same, with the API's own server listening on a port."""

    def test_nothing_was_ever_written_to_it(self, found: Mapping[str, Any]):
        methods = {one.partition(" ")[0] for one in found["requests"]}
        assert methods == {"GET"}

    def test_rows_about_what_answers_were_executed_and_the_others_simulated(
        self, found: Mapping[str, Any]
    ):
        executed = [row for row in found["rows"] if not row["simulated"]]
        simulated = [row for row in found["rows"] if row["simulated"]]
        # Which of the reads survive is drawn; none but reads may be among them.
        assert called(executed) <= {"findBooks", "getBook", "getMember", "listLoans"}
        assert called(executed) >= {"findBooks", "getBook"}
        assert called(simulated) >= {"lendBook", "extendLoan", "giveBack"}
        assert found["made"]["select"].kept > 0.9 * found["made"]["instruct-general"].kept

    def test_what_executed_rows_show_is_what_the_server_holds(self, found: Mapping[str, Any]):
        shown = "".join(
            message["content"]
            for row in found["rows"]
            if not row["simulated"]
            for message in row["messages"]
            if message["role"] == "tool"
        )
        assert "Ursula K. Le Guin" in shown


class TestMistakes:
    """What cannot become a dataset says so, with the way out."""

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (None, "there is no such file or folder"),
            ("name: x", r"no OpenAPI 3.0 or 3.1 document there \(1 no_openapi\)"),
            (described({"/a": {"get": operation("a", "Books")}}), "begins with a verb"),
        ],
    )
    def test_documents(self, tmp_path: Path, content: Any, said: str):
        path = tmp_path / "spec.yaml"
        if content is not None:
            written(path, content)
        with pytest.raises(DataError, match=said):
            build(tmp_path / "out", "--specs", path)

    def test_traffic_and_servers_need_a_document(self, tmp_path: Path):
        with pytest.raises(DataError, match="need the API's description: --specs"):
            build(tmp_path, "--base-url", "http://localhost:1")

    def test_a_server_that_is_not_there(self, tmp_path: Path):
        with pytest.raises(DataError, match="nothing answers there"):
            build(tmp_path, "--specs", PATH, "--base-url", "http://127.0.0.1:9")


@pytest.mark.asyncio(loop_scope="session")
async def test_the_practice_apis_are_collected_from_where_they_run(earth: World, tmp_path: Path):
    urls = [f"{api.base_url}/openapi.json" for api in earth.apis.values()]
    specs = [word for url in urls for word in ("--specs", url)]
    # The command has a loop of its own.
    await asyncio.to_thread(build, tmp_path, *specs, "--stage", "collect")
    found = rows(tmp_path, "collect")
    assert {one["tool"]["name"] for one in found} == {tool.name for tool in earth.catalog}
    assert all(one["examples"] for one in found)
