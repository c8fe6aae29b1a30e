"""The whole way of a booking dataset: the same bytes with two workers and after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.training.pipeline.toys import files
from training.export.check import check
from training.export.reading import read_samples
from training.pipeline import StageFolder

_BUILD = """
import os, signal
from dataclasses import replace
from training import commands, recipe
from training.pipeline import StageFolder

whole, write = recipe.steps, StageFolder.write
small = {"annotate": 6, "verify": 8, "export-rows": 8}

def steps(order):
    return tuple(replace(s, rows_per_part=small.get(s.name, s.rows_per_part)) for s in whole(order))

def fatal(folder, outcome):
    write(folder, outcome)
    if folder.stage == "annotate":
        os.kill(os.getpid(), signal.SIGKILL)

recipe.steps = steps
if KILLED:
    StageFolder.write = fatal
commands.app()
"""
pytestmark = pytest.mark.timeout(600)


def built(out: Path, workers: int, *, killed: bool = False) -> None:
    arguments = ["build", "--limit", "20", "--seed", "3", "--out", out, "--workers", workers]
    run = subprocess.run(
        [sys.executable, "-c", f"KILLED = {killed}\n{_BUILD}", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == (-signal.SIGKILL if killed else 0), run.stderr


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("booking") / "one"
    built(out, 1)
    return out


def test_two_workers_that_were_killed_and_go_on_make_the_bytes_of_one(one: Path, tmp_path: Path):
    out = tmp_path / "killed"
    built(out, 2, killed=True)
    done = StageFolder(out, "annotate").done()
    assert 0 < len(done) < 4
    built(out, 2)
    assert files(out) == files(one)


async def test_every_row_loads_and_renders_and_every_call_is_cleared(one: Path):
    checked = await check(one)
    assert checked.faults == []
    rows = sum(1 for _ in read_samples(one))
    assert checked.counts["rows made once more"] == checked.counts["rows of data loaded"] == rows
    assert checked.counts["rows rendered"] == rows
    assert checked.counts["calls cleared once more"] > rows / 2
    assert Counter(sample.set for sample in read_samples(one))["chains"] >= 10
