"""Results on disk: nothing is lost but what was being written, nothing is ever mixed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.benchmark.toy import manifest, result
from tools.errors import BenchmarkError
from training.benchmark.manifest import Entry, Sitting
from training.benchmark.store import MANIFEST, RESULTS, Store, open_store, read_run

SITTING = Sitting("callsign bench run", "2026-11-22T09:00:00+00:00", "here", {}, "", 1)
ONE, TWO = result(task="t1"), result(task="t2", unsolved=("no order",))


def fill(folder: Path, *results: object) -> None:
    with open_store(folder, manifest(), resume=True) as store:
        for one in results:
            store.append(one)  # type: ignore[arg-type]


def test_what_is_appended_is_read_again_in_the_order_of_its_keys(tmp_path: Path) -> None:
    fill(tmp_path, TWO, ONE)
    found = read_run(tmp_path)
    assert list(found) == [ONE, TWO]
    assert list(found) == [ONE, TWO]
    assert found.manifest == manifest()


def test_it_is_on_disk_before_the_next_one(tmp_path: Path) -> None:
    with open_store(tmp_path, manifest(), resume=False) as store:
        store.append(ONE)
        assert list(read_run(tmp_path)) == [ONE]
        assert store.done == {ONE.key}


def test_a_full_disk_is_told_in_our_words(tmp_path: Path) -> None:
    with (
        pytest.raises(BenchmarkError, match="cannot be saved"),
        Path("/dev/full").open("wb") as disk,
        Store(tmp_path, disk, set()) as store,
    ):
        store.append(ONE)


def test_results_are_only_gone_on_with_when_that_is_asked_for(tmp_path: Path) -> None:
    fill(tmp_path, ONE)
    with pytest.raises(BenchmarkError, match="--resume"):
        open_store(tmp_path, manifest(), resume=False)
    with open_store(tmp_path, manifest(), resume=True) as store:
        assert store.done == {ONE.key}


def test_a_folder_in_which_nothing_was_done_yet_needs_no_resume(tmp_path: Path) -> None:
    fill(tmp_path)
    open_store(tmp_path, manifest(), resume=False).__exit__(None, None, None)


@pytest.mark.parametrize("kept", [1, 40, -2])
def test_a_torn_line_is_dropped_and_made_again(tmp_path: Path, kept: int) -> None:
    fill(tmp_path, ONE, TWO)
    whole = (tmp_path / RESULTS).read_bytes()
    first, second, _ = whole.split(b"\n")
    (tmp_path / RESULTS).write_bytes(first + b"\n" + second[:kept])
    assert list(read_run(tmp_path)) == [ONE]
    with open_store(tmp_path, manifest(), resume=True) as store:
        assert store.done == {ONE.key}
        store.append(TWO)
    assert (tmp_path / RESULTS).read_bytes() == whole


def test_a_result_that_came_twice_counts_once(tmp_path: Path) -> None:
    fill(tmp_path, ONE)
    fill(tmp_path, replace(ONE, unsolved=("again",)), TWO)
    assert list(read_run(tmp_path)) == [ONE, TWO]


def test_every_sitting_is_noted(tmp_path: Path) -> None:
    for _ in range(2):
        sat = replace(manifest(), sittings=(SITTING,))
        open_store(tmp_path, sat, resume=True).__exit__(None, None, None)
    assert read_run(tmp_path).manifest.sittings == (SITTING, SITTING)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ({"seed": 1}, "seed was 0, now 1"),
        ({"limit": 20}, "limit was not given, now 20"),
        ({"modes": ("free",)}, "modes was free grounded, now free"),
        ({"suites": {"toy": "1" * 64}}, "suite toy is another one now, or has changed"),
        ({"suites": {"bfcl": "1"}}, "suite bfcl is new; suite toy is not asked for now"),
        ({"contestants": {"base": Entry("scripted:acts.json", "def")}}, "model base is another"),
        ({"temperature": 0.7, "trials": 3}, "trials was 1, now 3; temperature was 0.0, now 0.7"),
    ],
)
def test_another_run_is_refused_with_what_differs(
    tmp_path: Path, plan: dict[str, object], told: str
) -> None:
    fill(tmp_path, ONE)
    with pytest.raises(BenchmarkError, match=f"{told}.*--out"):
        open_store(tmp_path, manifest(**plan), resume=True)
    assert list(read_run(tmp_path)) == [ONE]


def test_two_processes_never_write_to_one_folder(tmp_path: Path) -> None:
    with (
        open_store(tmp_path, manifest(), resume=True),
        pytest.raises(BenchmarkError, match="another process"),
    ):
        open_store(tmp_path, manifest(), resume=True)
    open_store(tmp_path, manifest(), resume=True).__exit__(None, None, None)


@pytest.mark.parametrize("foreign", [b"no JSON\n", b"[]\n", b'{"suite":"toy"}\n'])
def test_what_something_else_wrote_is_named(tmp_path: Path, foreign: bytes) -> None:
    fill(tmp_path, ONE)
    with (tmp_path / RESULTS).open("ab") as file:
        file.write(foreign)
    with pytest.raises(BenchmarkError, match=r"line 2 of .* is no result"):
        read_run(tmp_path)
    with pytest.raises(BenchmarkError, match="line 2"):
        open_store(tmp_path, manifest(), resume=True)


def test_a_result_of_other_days_is_named_with_the_field_at_fault(tmp_path: Path) -> None:
    fill(tmp_path, ONE)
    text = (tmp_path / RESULTS).read_text()
    (tmp_path / RESULTS).write_text(text.replace('"language":"en",', ""))
    with pytest.raises(BenchmarkError, match="language"):
        list(read_run(tmp_path))


def test_results_without_their_manifest_are_not_touched(tmp_path: Path) -> None:
    fill(tmp_path, ONE)
    (tmp_path / MANIFEST).unlink()
    with pytest.raises(BenchmarkError, match=r"without run\.json"):
        open_store(tmp_path, manifest(), resume=True)
    assert (tmp_path / RESULTS).stat().st_size


def test_a_manifest_of_other_days_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, ONE)
    (tmp_path / MANIFEST).write_text("{}")
    with pytest.raises(BenchmarkError, match="cannot be read by this version"):
        read_run(tmp_path)


def test_a_folder_without_a_run_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="callsign bench run --out"):
        read_run(tmp_path / "nothing")


def test_a_folder_that_is_a_file_cannot_hold_results(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchmarkError, match="cannot hold results"):
        open_store(tmp_path / "file", manifest(), resume=False)
