from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from agent.prompt_format import prompt_format
from tests.training.tune import small
from tools.errors import TrainingError
from training.tune.cutting import cut_share
from training.tune.lay import limited
from training.tune.rows import read_dataset
from training.tune.weights import balanced, decision


def test_the_folder_of_a_build_and_of_its_export_are_the_same(tmp_path: Path) -> None:
    folder = small.dataset(tmp_path)
    built = read_dataset(folder, "train")
    assert built == read_dataset(folder / "export", "train")
    assert built == read_dataset(folder / "export" / "trl", "train")
    assert [row.set for row in built.rows] == ["chains"] * 6 + ["mends"] * 3 + ["asks"] * 3
    assert all(row.every_act == (row.set == "chains") for row in built.rows)


def test_the_digest_follows_the_files_and_the_sets(tmp_path: Path) -> None:
    folder = small.dataset(tmp_path)
    every = read_dataset(folder, "train").digest
    assert read_dataset(folder, "train", ["chains", "mends"]).digest != every
    path = folder / "export" / "trl" / "asks" / "train.jsonl.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).splitlines(keepends=True)[0]))
    assert read_dataset(folder, "train").digest != every


@pytest.mark.parametrize(
    ("sets", "split", "told"),
    [(["chains"], "validation", "no rows"), (["wishes"], "train", "there is no set 'wishes'")],
)
def test_what_is_not_there_is_named(tmp_path: Path, sets: list[str], split: str, told: str) -> None:
    folder = small.dataset(tmp_path)
    with pytest.raises(TrainingError, match=told):
        read_dataset(folder, split, sets)


def test_a_folder_without_a_dataset_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="callsign data build --out"):
        read_dataset(tmp_path, "train")


def packed(data: bytes) -> bytes:
    """The same bytes whenever it is called: workers compare what they collected."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize("settings", [{"prompt": "0" * 64}, {"version": 1}])
def test_prompts_of_another_version_are_refused(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    folder = small.dataset(tmp_path)
    manifest = folder / "export" / "manifest.json"
    manifest.write_bytes(orjson.dumps({"plan": {"settings": {"prompt": prompt_format()}}}))
    assert read_dataset(folder, "train").rows
    manifest.write_bytes(orjson.dumps({"plan": {"settings": settings}}))
    with pytest.raises(TrainingError, match=r"another version.*with --stage export"):
        read_dataset(folder, "train")


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    folder = small.dataset(tmp_path)
    (folder / "export" / "manifest.json").write_text("[]")
    with pytest.raises(TrainingError, match=r"manifest\.json is no manifest"):
        read_dataset(folder, "train")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (packed(b"{}\n"), "line 1 of .* is no row"),
        (packed(b"not json\n"), "line 1 of .* is no row"),
        (b"not gzip", "is damaged"),
        (packed(b'{"id":"x","messages":[{"role":"user","content":"a"}]}\n'), "must begin"),
        (
            packed(
                b'{"id":"x","messages":[{"role":"system","content":"a"},{"role":"robot",'
                b'"content":"b"},{"role":"assistant","content":"c"}]}\n'
            ),
            "unknown role",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, data: bytes, told: str) -> None:
    folder = small.dataset(tmp_path)
    (folder / "export" / "trl" / "chains" / "train.jsonl.gz").write_bytes(data)
    with pytest.raises(TrainingError, match=told):
        read_dataset(folder, "train")


def test_a_larger_limit_adds_to_a_smaller_one(tmp_path: Path) -> None:
    rows = read_dataset(small.dataset(tmp_path), "train").rows
    kept = [{row.chain for row in limited(rows, count, 3)} for count in (2, 4, 6)]
    assert [len(one) for one in kept] == [2, 4, 6]
    assert kept[0] < kept[1] < kept[2]
    assert kept[0] != {row.chain for row in limited(rows, 2, 4)}
    assert limited(rows, None, 3) is rows


def test_rare_decisions_count_more_but_not_without_end(tmp_path: Path) -> None:
    rows = read_dataset(small.dataset(tmp_path), "train").rows
    assert set(balanced(rows, 0.0).values()) == {1.0}
    factors = balanced(rows, 1.0)
    assert factors["find"] == 1.0
    assert factors["finish"] == pytest.approx(9 / 6)
    assert max(balanced(rows, 9.0, most=2.0).values()) == 2.0


def test_a_decision_is_the_names_of_an_act() -> None:
    assert decision('{"name":"a","arguments":{}}\n{"name":"b","arguments":{}}') == "a+b"
    assert decision("no act") == ""


def test_a_cut_conversation_ends_before_its_first_result(tmp_path: Path) -> None:
    rows = read_dataset(small.dataset(tmp_path), "train").rows
    assert cut_share(rows, 0.0, 0) == rows
    cut = cut_share(rows, 1.0, 0)
    assert {row.set for row in cut} == {"chains"}
    assert all([one.role for one in row.messages] == ["system", "user", "assistant"] for row in cut)
    some = cut_share(rows, 0.5, 0)
    assert len(cut) < len(some) < len(rows) or len(some) != len(rows)
