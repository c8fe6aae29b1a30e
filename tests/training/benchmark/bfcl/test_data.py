"""BFCL's files are found wherever the user has them, and read as they are."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from tests.training.benchmark.bfcl.cases import write_files
from tools.errors import BenchmarkDataMissing
from training.benchmark.bfcl.data import CALLING, CATEGORIES, find_bfcl, read_cases
from training.benchmark.bfcl.gold import gold_calls


@pytest.mark.parametrize("inside", ["", "bfcl_eval", "bfcl_eval/data"])
def test_a_folder_is_searched_for_the_files(tmp_path: Path, inside: str):
    folder = find_bfcl(write_files(tmp_path) / inside)
    assert [case.category for case in read_cases(folder)] == list(CATEGORIES)


def test_a_wheel_is_read_without_unpacking_it(tmp_path: Path):
    write_files(tmp_path / "unpacked")
    wheel = tmp_path / "bfcl_eval-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in (tmp_path / "unpacked").rglob("*.json"):
            archive.write(file, file.relative_to(tmp_path / "unpacked"))
    assert len(read_cases(find_bfcl(wheel))) == len(CATEGORIES)


def test_an_installed_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (write_files(tmp_path) / "bfcl_eval" / "__init__.py").write_text("raise ImportError")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert read_cases(find_bfcl(), CALLING[:1])


@pytest.mark.parametrize("what", ["nothing", "empty folder", "no wheel"])
def test_what_is_not_there_says_how_to_get_it(tmp_path: Path, what: str):
    path = tmp_path / "place"
    if what == "empty folder":
        path.mkdir()
    elif what == "no wheel":
        path.write_text("text")
    with pytest.raises(BenchmarkDataMissing, match="pip download --no-deps bfcl-eval"):
        find_bfcl(path)


def test_a_broken_file_names_its_category(tmp_path: Path):
    folder = find_bfcl(write_files(tmp_path))
    (tmp_path / "bfcl_eval/data/BFCL_v4_parallel.json").write_text('{"id": "parallel_0"}')
    with pytest.raises(BenchmarkDataMissing, match="parallel cannot be read"):
        read_cases(folder, ["parallel"])
    (tmp_path / "bfcl_eval/data/BFCL_v4_multiple.json").unlink()
    with pytest.raises(BenchmarkDataMissing, match="multiple cannot be read"):
        read_cases(folder, ["multiple"])


def test_a_category_that_bfcl_has_not_is_a_mistake_of_the_caller(tmp_path: Path):
    with pytest.raises(ValueError, match="no category java"):
        read_cases(find_bfcl(write_files(tmp_path)), ["java"])


def test_a_case_has_its_question_functions_answers_and_expectation(tmp_path: Path):
    cases = {case.category: case for case in read_cases(find_bfcl(write_files(tmp_path)))}
    simple = cases["simple_python"]
    assert simple.messages[0].content == "A ferry from Hull to Zeebrugge."
    assert [function["name"] for function in simple.functions] == ["ferries.search", "tides"]
    assert simple.answers[0].accepted["cars"] == [1, ""]
    assert {case.expects for case in cases.values()} == {"these calls", "no call", "some call"}
    assert cases["irrelevance"].answers == ()


def test_gold_gives_the_first_accepted_values_and_the_least_of_them(tmp_path: Path):
    case = read_cases(find_bfcl(write_files(tmp_path)), CALLING[:1])[0]
    route = {"from_port": "Hull", "to_port": "Zeebrugge"}
    assert gold_calls(case)[0].arguments == {**route, "cars": 1}
    assert gold_calls(case, least=True)[0].arguments == route
