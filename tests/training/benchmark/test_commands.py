"""`callsign bench` as a program: it runs, is killed, is stopped, goes on, and reports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import training.scenarios
from tools.errors import BenchmarkError
from training.benchmark.commands import app
from training.benchmark.store import MANIFEST, RESULTS, read_run
from training.benchmark.summary import encode, summarise

DEVELOPMENT = Path(training.scenarios.__file__).parent / "development.jsonl"
ATTEMPTS = 4 * (3 + 2)
"""Four scenarios; three baselines, and one model in two modes."""
ACTS = [
    {"name": "find_places", "arguments": {"query": "Atlantis"}},
    {"name": "teleport", "arguments": {"to": "Lisbon"}},
    {"name": "decline", "arguments": {"reason": "out_of_scope"}},
]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    (folder / "acts.json").write_text(json.dumps(ACTS))
    lines = DEVELOPMENT.read_bytes().splitlines(keepends=True)
    (folder / "few.jsonl").write_bytes(b"".join(lines[:3]) + lines[20])
    return folder


def arguments(workplace: Path, *more: str) -> list[str]:
    return [
        "run", "--suite", str(workplace / "few.jsonl"),
        "--model", f"fake=scripted:{workplace / 'acts.json'}",
        "--mode", "free", "--mode", "grounded", "--concurrency", "2", *more,
    ]  # fmt: skip


def ran(given: Sequence[str]) -> Result:
    return CliRunner().invoke(app, given)


def figures(folder: Path) -> bytes:
    return encode(summarise(read_run(folder)))


@pytest.fixture(scope="module")
def whole(workplace: Path) -> Path:
    """A run that nobody stopped."""
    done = ran(arguments(workplace, "--out", str(workplace / "whole")))
    assert done.exit_code == 0, done.output
    assert "gold replay" in done.stdout
    assert "fake" in done.stdout
    return workplace / "whole"


class Program:
    """The command as a process of its own."""

    def __init__(self, given: Sequence[str]) -> None:
        start = "from training.benchmark.commands import app; app()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", start, *given],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLUMNS": "200"},
        )

    def until(self, results: Path, lines: int) -> None:
        """Wait until so many results are on disk."""
        while not results.exists() or results.read_bytes().count(b"\n") < lines:
            assert self.process.poll() is None, self.process.communicate()[0]

    def end(self, how: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(how)
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, output


def test_a_run_holds_every_attempt_with_its_trace(whole: Path) -> None:
    results = list(read_run(whole))
    assert len(results) == ATTEMPTS
    assert all(one.events for one in results)
    made_up = [fault.code for one in results if one.contestant == "fake" for fault in one.faults]
    assert "unknown_tool" in made_up
    assert "ungrounded_value" in made_up


def test_its_manifest_says_how_it_was_made(whole: Path) -> None:
    found = read_run(whole).manifest
    assert found.attempts == ATTEMPTS
    assert set(found.plan.suites) == {"few"}
    assert found.plan.contestants["fake"].target.startswith("scripted:")
    [sitting] = found.sittings
    assert "cores" in sitting.machine
    assert sitting.versions["python"]


def test_killed_torn_and_resumed_gives_the_same_figures(workplace: Path, whole: Path) -> None:
    out = workplace / "killed"
    program = Program(arguments(workplace, "--out", str(out), "--resume"))
    program.until(out / RESULTS, 9)
    code, _ = program.end(signal.SIGKILL)
    assert code == -signal.SIGKILL
    with (out / RESULTS).open("ab") as file:
        file.write(b'{"suite":"few","task":"torn')
    assert len(read_run(out).lines) < ATTEMPTS
    done = ran(arguments(workplace, "--out", str(out), "--resume"))
    assert done.exit_code == 0, done.output
    assert figures(out) == figures(whole)
    assert len(read_run(out).manifest.sittings) == 2


def test_interrupted_it_ends_in_good_order_and_says_how_to_go_on(
    workplace: Path, whole: Path
) -> None:
    for attempt in range(5):
        out = workplace / f"interrupted-{attempt}"
        program = Program(arguments(workplace, "--out", str(out)))
        program.until(out / RESULTS, 3)
        code, output = program.end(signal.SIGINT)
        if code != 0:
            break
        # On a busy machine all was done before the signal came: that was no interruption.
        assert (out / RESULTS).read_bytes().count(b"\n") == ATTEMPTS
    assert code == 130
    assert f"of {ATTEMPTS} attempts are saved" in output
    assert f"--resume --out {out}" in output
    assert "Traceback" not in output
    assert "never retrieved" not in output
    assert (out / RESULTS).read_bytes().endswith(b"\n")
    assert ran(arguments(workplace, "--out", str(out), "--resume")).exit_code == 0
    assert figures(out) == figures(whole)


def test_a_finished_run_is_not_made_again(workplace: Path, whole: Path) -> None:
    before = (whole / RESULTS).read_bytes()
    assert ran(arguments(workplace, "--out", str(whole), "--resume")).exit_code == 0
    assert (whole / RESULTS).read_bytes() == before


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ((), "say --resume"),
        (("--resume", "--seed", "7"), "seed was 0, now 7"),
        (("--resume", "--limit", "2"), "limit was not given, now 2"),
    ],
)
def test_a_folder_with_results_is_not_written_over(
    workplace: Path, whole: Path, more: tuple[str, ...], why: str
) -> None:
    refused = ran(arguments(workplace, "--out", str(whole), *more))
    assert isinstance(refused.exception, BenchmarkError)
    assert why in str(refused.exception)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["run", "--suite", "books"], "there is no suite 'books'"),
        (["run", "--mode", "wild"], "there is no mode 'wild'"),
        (["run", "--model", "gpt"], "for example base=embedded:default"),
        (["run", "--resume"], "--resume needs --out"),
        (["run", "--trials", "3", "--temperature", "0"], "all trials are the same"),
        (["report", "nowhere"], "holds no benchmark run"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_runs(given: list[str], why: str) -> None:
    refused = ran(given)
    assert isinstance(refused.exception, BenchmarkError)
    assert why in str(refused.exception)


def test_a_report_is_a_page_a_text_and_data(whole: Path, tmp_path: Path) -> None:
    done = ran(["report", str(whole), "--out", str(tmp_path / "report")])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "report" / "report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "gold replay" in (tmp_path / "report" / "report.md").read_text()
    assert json.loads((tmp_path / "report" / "report.json").read_bytes())["results"] == ATTEMPTS


def test_a_run_that_is_not_finished_can_be_reported_on(whole: Path, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes((whole / MANIFEST).read_bytes())
    lines = (whole / RESULTS).read_bytes().splitlines(keepends=True)
    (tmp_path / RESULTS).write_bytes(b"".join(lines[:11]))
    assert ran(["report", str(tmp_path)]).exit_code == 0
    text = (tmp_path / "report.md").read_text()
    assert f"attempts: {ATTEMPTS}" in text
    assert "attempts_made: 11" in text


def test_help_teaches() -> None:
    text = " ".join(ran(["run", "--help"]).output.split())
    for said in ("grounded", "embedded:default", "--resume", "several trials"):
        assert said in text
