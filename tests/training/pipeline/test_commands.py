"""`callsign data build`, with toy stages: what it says, how it stops, how one row is looked at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from tests.training.pipeline.toys import Count, Largest, Number, Triple, build, files, steps
from tools.errors import DataError
from training import commands, recipe
from training.pipeline import StageFolder, Step


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "steps", lambda order: steps(order.limit or 60))


def data(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        commands.app, [*map(str, arguments)], catch_exceptions=True, terminal_width=200
    )


def test_it_builds_and_says_where_and_what_to_do_next(tmp_path: Path):
    done = data("build", "--out", tmp_path, "--workers", "1", "--seed", "1")
    assert done.exit_code == 0, done.output
    assert f"callsign data stats {tmp_path}" in done.stdout
    assert "kept 41, dropped 7" in done.stderr


def test_what_was_built_before_is_said_to_be_up_to_date(tmp_path: Path):
    build(tmp_path).run()
    done = data("build", "--out", tmp_path, "--workers", "1", "--seed", "1")
    assert done.stderr.count("(was up to date)") == 4


def test_one_stage_is_run_alone(tmp_path: Path):
    assert data("build", "--out", tmp_path, "--stage", "count").exit_code == 0
    assert [path.name for path in sorted(tmp_path.iterdir())] == [".lock", "count", "steps.json"]


def test_an_unknown_stage_is_answered_with_those_that_there_are(tmp_path: Path):
    failed = data("build", "--out", tmp_path, "--stage", "tripel")
    assert isinstance(failed.exception, DataError)
    assert "there are count, triple, largest, written" in str(failed.exception)


def test_one_row_is_shown_and_nothing_written(tmp_path: Path):
    build(tmp_path).run()
    before = files(tmp_path)
    done = data("build", "--out", tmp_path, "--seed", "1", "--stage", "triple", "--row", "n3")
    assert orjson.loads(done.stdout)["value"] == 12
    assert files(tmp_path) == before


def test_a_row_of_a_group_goes_to_its_stage_of_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    grouped = (
        Step(Count(60, "collect-documents"), Number, rows_per_part=10),
        Step(Triple(name="collect"), Number, after=("collect-documents",), rows_per_part=7),
        Step(Largest(name="collect-alive"), Number, after=("collect",)),
    )
    monkeypatch.setattr(recipe, "steps", lambda order: grouped)
    build(tmp_path, grouped).run()
    done = data("build", "--out", tmp_path, "--seed", "1", "--stage", "collect", "--row", "n3")
    assert done.exit_code == 0, done.exception
    assert orjson.loads(done.stdout)["value"] == 12


def test_a_row_needs_its_stage(tmp_path: Path):
    failed = data("build", "--out", tmp_path, "--row", "n3")
    assert "--row needs --stage" in str(failed.exception)


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path: Path):
    whole, out = tmp_path / "whole", tmp_path / "out"
    script = (
        # A shell starts what it puts into the background deaf to Ctrl-C.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from tests.training.pipeline.toys import Triple, steps\n"
        "from training import commands, recipe\n"
        "recipe.steps = lambda order: steps(triple=Triple(interrupts_at=38))\n"
        "commands.app()\n"
    )
    arguments = ["build", "--out", str(out), "--workers", "1", "--seed", "1"]
    stopped = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert stopped.returncode == 130, stopped.stderr
    assert f"say the same again: callsign build --out {out}" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert StageFolder(out, "triple").done()
    (sitting,) = StageFolder(out, "triple").sittings()
    assert sitting.rows > 0
    build(out).run()
    build(whole).run()
    assert files(out) == files(whole)


def test_an_exception_in_a_stage_is_told_with_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recipe, "steps", lambda order: steps(triple=Triple(raises_at=38)))
    failed = data("build", "--out", tmp_path, "--workers", "1", "--seed", "1")
    assert failed.exit_code != 0
    assert "--stage triple --row n37" in str(failed.exception)
