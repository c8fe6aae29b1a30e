"""A build: the same bytes however it is run, nothing done twice, nothing mixed, nothing lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.training.pipeline.toys import (
    Closed,
    Count,
    Number,
    Seen,
    Triple,
    Written,
    build,
    files,
    steps,
)
from tools.errors import DataError, StageFailed
from training.pipeline import Codec, StageFolder, Step, read_manifests


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of 60 numbers in one worker, never stopped."""
    out = tmp_path_factory.mktemp("whole")
    build(out).run()
    return out


def records(out: Path, stage: str) -> list[Number]:
    return [Codec(Number).decode(line) for line in StageFolder(out, stage).lines()]


class TestWhatIsMade:
    def test_every_row_becomes_a_record_or_a_counted_reason(self, whole: Path):
        found = read_manifests(whole)
        assert found["count"].dropped == {"round": 12}
        assert (found["triple"].rows_in, found["triple"].kept) == (48, 41)
        assert found["triple"].dropped == {"seventh": 6, "nothing_made": 1}
        assert found["largest"].dropped == {"small": 36}

    def test_what_was_dropped_stands_beside_with_its_reason(self, whole: Path):
        lines = (whole / "triple" / "dropped-00001.jsonl").read_bytes().splitlines()
        reasons = [(one["id"], one["reason"]) for one in map(orjson.loads, lines)]
        assert reasons == [("n11", "nothing_made"), ("n13", "seventh")]

    def test_records_keep_the_order_of_the_rows(self, whole: Path):
        values = [record.value for record in records(whole, "triple")]
        assert values == sorted(values)

    def test_parts_hold_a_fixed_number_of_input_rows(self, whole: Path):
        assert StageFolder(whole, "triple").done() == {*range(7)}
        assert read_manifests(whole)["triple"].parts == 7

    def test_a_sink_leaves_its_files_beside_its_manifest(self, whole: Path):
        assert (whole / "written" / "values.txt").read_text().split("\n")[0] == "180"
        assert read_manifests(whole)["written"].kept == 5

    def test_manifests_come_in_the_order_of_the_steps(self, whole: Path):
        assert [*read_manifests(whole)] == ["count", "triple", "largest", "written"]

    def test_manifests_of_a_build_with_other_steps_are_left_out(self, tmp_path: Path):
        build(tmp_path, [*steps()[:1], Step(Count(4, "count-old"), Number)]).run()
        build(tmp_path).run(steps()[:1])
        assert [*read_manifests(tmp_path)] == ["count"]

    def test_a_sitting_tells_how_long_and_on_what(self, whole: Path):
        (sitting,) = StageFolder(whole, "triple").sittings()
        assert (sitting.rows, sitting.workers) == (48, 1)
        assert "cores" in sitting.machine
        assert sitting.seconds > 0


class TestTheSameBytes:
    def test_with_two_workers(self, whole: Path, tmp_path: Path):
        build(tmp_path, workers=2).run()
        assert files(tmp_path) == files(whole)

    def test_another_seed_gives_others(self, whole: Path, tmp_path: Path):
        build(tmp_path, seed=2).run()
        first = "triple/part-00000.jsonl.zst"
        assert files(tmp_path)[first] != files(whole)[first]

    def test_after_a_worker_was_killed_in_the_middle(self, whole: Path, tmp_path: Path):
        fatal = steps(triple=Triple(dies_at=38, dies=str(tmp_path / "died")))
        out, watch = tmp_path / "out", Seen()
        with pytest.raises(StageFailed, match="killed by signal 9"):
            build(out, fatal).run()
        before = StageFolder(out, "triple").done()
        assert 0 < len(before) < 7
        build(out, fatal, watch=watch).run()
        again = {number for stage, number in watch.worked if stage == "triple"}
        assert again == {*range(7)} - before
        assert files(out) == files(whole)

    def test_after_the_build_itself_was_killed(self, whole: Path, tmp_path: Path):
        out, closed = tmp_path / "out", tmp_path / "closed"
        closed.mkdir()
        killed = _killed_build(out, closed)
        assert killed.returncode == -signal.SIGKILL
        assert 3 in StageFolder(out, "triple").done()
        assert len([*closed.iterdir()]) == 2, "both workers closed their stage and ended"
        build(out).run()
        assert files(out) == files(whole)

    def test_after_a_source_was_stopped_while_it_made_records(self, whole: Path, tmp_path: Path):
        class Stopped(Seen):
            def advance(self, stage, outcome):
                if (stage, outcome.number) == ("count", 2):
                    raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build(tmp_path, watch=Stopped()).run()
        watch = Seen()
        build(tmp_path, watch=watch).run()
        assert ("count", 60, 30) in watch.begun
        assert files(tmp_path) == files(whole)

    def test_what_was_torn_in_the_middle_of_a_write_is_thrown_away(
        self, whole: Path, tmp_path: Path
    ):
        build(tmp_path).run(steps()[:1])
        (tmp_path / "triple").mkdir()
        (tmp_path / "triple" / "manifest.json.part").write_bytes(b"{")
        build(tmp_path).run()
        assert files(tmp_path) == files(whole)


class TestWhatIsDoneAgain:
    def test_nothing_where_nothing_changed(self, tmp_path: Path):
        build(tmp_path).run()
        before, watch = files(tmp_path), Seen()
        build(tmp_path, watch=watch).run()
        assert watch.worked == []
        assert watch.ended == ["count", "triple", "largest", "written"]
        assert files(tmp_path) == before

    def test_a_stage_with_other_settings_and_all_that_was_made_of_it(self, tmp_path: Path):
        build(tmp_path).run()
        watch = Seen()
        build(tmp_path, steps(triple=Triple(factor=4)), watch=watch).run()
        assert [stage for stage, *_ in watch.begun] == ["triple", "largest", "written"]
        assert "triple is made anew: factor was 3, is 4 now" in watch.said
        assert "largest is made anew: the records of triple are others now" in watch.said
        assert records(tmp_path, "triple")[0].value == 4 * 2
        assert len(StageFolder(tmp_path, "triple").sittings()) == 1

    def test_nothing_after_a_stage_that_came_to_the_same_records(self, tmp_path: Path):
        build(tmp_path).run()
        watch = Seen()
        build(tmp_path, steps(keep=6), watch=watch).run()
        build(tmp_path, steps(keep=5), watch=watch).run()
        assert [stage for stage, *_ in watch.begun].count("triple") == 0

    def test_fewer_records_leave_no_old_parts_behind(self, tmp_path: Path):
        build(tmp_path).run()
        build(tmp_path, steps(total=10)).run()
        assert StageFolder(tmp_path, "count").done() == {0}
        assert StageFolder(tmp_path, "triple").done() == {0, 1}


class TestOneStage:
    def test_runs_alone_on_what_stands_there(self, tmp_path: Path):
        made = steps()
        build(tmp_path, made).run(made[:1])
        build(tmp_path, made).run(made[1:2])
        assert [*read_manifests(tmp_path)] == ["count", "triple"]

    def test_needs_what_it_is_made_of(self, tmp_path: Path):
        with pytest.raises(DataError, match="--stage count"):
            build(tmp_path).run(steps()[1:2])

    def test_parts_of_another_version_are_not_taken_for_none(self, tmp_path: Path):
        build(tmp_path).run()
        _made_by_another_version(tmp_path / "count")
        refused = pytest.raises(
            DataError, match=r"count holds records in the format of another version"
        )
        with refused:
            build(tmp_path).run(steps()[1:2])
        with refused:
            build(tmp_path).rerun(steps()[1], "n3")
        with refused:
            records(tmp_path, "count")
        with refused:
            next(StageFolder(tmp_path, "count").dropped_lines())

    def test_a_row_alone(self, whole: Path):
        (made,) = build(whole).rerun(steps()[1], "n3")
        assert made == next(record for record in records(whole, "triple") if record.id == "n3")

    def test_a_row_that_is_not_there(self, whole: Path):
        with pytest.raises(DataError, match="no row 'n5' goes into stage triple"):
            build(whole).rerun(steps()[1], "n5")

    def test_two_sources_are_taken_one_after_the_other(self, tmp_path: Path):
        made = (
            Step(Count(4, "count-a"), Number),
            Step(Count(14, "count-b"), Number),
            Step(Triple(), Number, after=("count-a",)),
        )
        both = (*made[:2], Step(Triple(), Number, after=("count-a", "count-b")))
        build(tmp_path, made).run()
        with pytest.raises(DataError, match="two records with the id 'n1'"):
            build(tmp_path, both).run()


class TestWhatGoesWrong:
    def test_an_exception_names_stage_and_row_and_how_to_see_it_alone(self, tmp_path: Path):
        made = steps(triple=Triple(raises_at=38))
        with pytest.raises(StageFailed) as raised:
            build(tmp_path, made).run()
        text = str(raised.value)
        assert "KeyError: 'n37'" in text
        assert "--stage triple --row n37" in text
        with pytest.raises(KeyError):
            build(tmp_path, made).rerun(made[1], "n37")

    def test_an_error_of_ours_is_told_without_frames(self, tmp_path: Path):
        with pytest.raises(StageFailed) as raised:
            build(tmp_path, steps(triple=Triple(refuses_at=38))).run()
        first, *_, last = str(raised.value).splitlines()
        assert first == "the sevens are out; bring more"
        assert "Traceback" not in str(raised.value)
        assert "--stage triple --row n37" in last

    def test_finished_parts_outlive_an_exception(self, tmp_path: Path, whole: Path):
        with pytest.raises(StageFailed):
            build(tmp_path, steps(triple=Triple(raises_at=59))).run()
        assert StageFolder(tmp_path, "triple").done()
        build(tmp_path).run()
        assert files(tmp_path) == files(whole)

    def test_a_sink_that_fails_leaves_what_it_wrote_before(self, tmp_path: Path):
        build(tmp_path).run()
        before = files(tmp_path / "written")
        made = (*steps(total=50)[:-1], Step(Written(fails=True), Number, after=("largest",)))
        with pytest.raises(OSError, match="no space left"):
            build(tmp_path, made).run()
        assert files(tmp_path / "written") == before
        watch = Seen()
        build(tmp_path, steps(total=50), watch=watch).run()
        assert "written is made anew: the records of largest are others now" in watch.said
        assert files(tmp_path / "written") != before
        assert len(StageFolder(tmp_path, "written").sittings()) == 1

    def test_a_stage_that_cannot_open_says_why(self, tmp_path: Path):
        made = (*steps()[:1], Step(Closed(), Number, after=("count",)))
        with pytest.raises(StageFailed, match="stage closed cannot open: no server answers"):
            build(tmp_path, made).run()

    def test_every_opened_stage_is_closed(self, tmp_path: Path):
        closed = tmp_path / "closed"
        closed.mkdir()
        made = steps(triple=Triple(closes=str(closed)))
        build(tmp_path / "out", made, workers=2).run(made[:2])
        assert len([*closed.iterdir()]) == 2

    def test_a_folder_of_something_else_is_left_alone(self, tmp_path: Path):
        (tmp_path / "count").mkdir()
        (tmp_path / "count" / "letters.txt").write_text("dear")
        with pytest.raises(DataError, match="files that no build wrote"):
            build(tmp_path).run()

    def test_a_build_from_another_source_is_left_alone(self, tmp_path: Path):
        build(tmp_path).run()
        before = files(tmp_path)
        other = [Step(Count(4, "list"), Number), *steps()]
        with pytest.raises(DataError, match=r"begins with count.*begins with list.*--specs"):
            build(tmp_path, other).run()
        assert files(tmp_path) == before

    def test_a_build_that_made_nothing_is_in_nobodys_way(self, tmp_path: Path):
        with pytest.raises(DataError, match="--stage count"):
            build(tmp_path).run(steps()[1:2])
        build(tmp_path, [Step(Count(4, "list"), Number)]).run()
        assert [*read_manifests(tmp_path)] == ["list"]

    def test_settings_that_would_be_others_each_time_are_refused(self, tmp_path: Path):
        made = (Step(Triple(factor=object()), Number),)
        with pytest.raises(DataError, match="settings of stage triple are no JSON"):
            build(tmp_path, made).run()
        made = (Step(Triple(factor=repr(object())), Number),)
        with pytest.raises(DataError, match="is an address: <object object at 0x"):
            build(tmp_path, made).run()

    def test_two_builds_do_not_write_to_one_folder(self, tmp_path: Path):
        class Meanwhile(Seen):
            def advance(self, stage, outcome):
                build(tmp_path).run()

        with pytest.raises(DataError, match="another build is writing"):
            build(tmp_path, watch=Meanwhile()).run()

    def test_a_folder_without_a_build(self, tmp_path: Path):
        with pytest.raises(DataError, match="holds no build"):
            read_manifests(tmp_path)


def _made_by_another_version(stage: Path) -> None:
    """As a version left it whose parts had another name."""
    manifest = stage / "manifest.json"
    stored = orjson.loads(manifest.read_bytes())
    stored["plan"]["format"] -= 1
    manifest.write_bytes(orjson.dumps(stored))
    for part in stage.glob("part-*"):
        part.rename(part.with_suffix(""))


def _killed_build(out: Path, closed: Path) -> subprocess.CompletedProcess[bytes]:
    """A build in a process of its own that kills itself in the middle of its second stage.

    Its workers share its standard error, so this returns only when they have ended too.
    """
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.training.pipeline.toys import Seen, Triple, build, steps\n"
        "class Fatal(Seen):\n"
        "    def advance(self, stage, outcome):\n"
        "        if (stage, outcome.number) == ('triple', 3): os.kill(os.getpid(), 9)\n"
        "made = steps(triple=Triple(closes=sys.argv[2]))\n"
        "build(Path(sys.argv[1]), made, workers=2, watch=Fatal()).run()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script, out, closed], capture_output=True, check=False
    )
