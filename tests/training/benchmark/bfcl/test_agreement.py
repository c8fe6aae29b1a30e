"""Our verdicts are bfcl-eval's, on the leaderboard's own data where it is at hand.

``CALLSIGN_BFCL`` names bfcl-eval's wheel or folder; without it an installed package is used.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.bfcl_agreement import GOLD, Agreement, Checker, Theirs, bfcl_checker, compare
from bench.bfcl_grounding import is_travel, measure
from tests.training.benchmark.bfcl.cases import FERRY, TIDES, a_case, write_files
from tools.errors import BenchmarkDataMissing
from training.benchmark.bfcl.data import CALLING, Case, find_bfcl, read_cases

PLACE = os.environ.get("CALLSIGN_BFCL")


@pytest.fixture(scope="module")
def place() -> Path | None:
    path = Path(PLACE) if PLACE else None
    try:
        find_bfcl(path)
    except BenchmarkDataMissing as missing:
        pytest.skip(str(missing))
    return path


@pytest.fixture(scope="module")
def cases(place: Path | None) -> Sequence[Case]:
    return read_cases(find_bfcl(place))


@pytest.fixture(scope="module")
def agreement(place: Path | None, cases: Sequence[Case]) -> Agreement:
    return compare(cases, bfcl_checker(place), seed=0)


def test_the_verdict_is_the_same_on_every_right_answer_and_mutant(agreement: Agreement):
    assert sum(one.change == GOLD for one in agreement.judgements) == 2351
    reasons = Counter(one.reason for one in agreement.differing)
    assert [*reasons] == [
        "ours is looser: they give each answer the first call that fits, and one is left over",
        "ours is stricter: a malformed call is no abstention",
        "ours is stricter: unknown_tool (valid for them)",
    ]
    assert [one.case for one in agreement.differing if one.ours.valid] == ["parallel_178"]


def test_every_case_has_at_least_five_mutants(agreement: Agreement, cases: Sequence[Case]):
    made = Counter(one.case for one in agreement.judgements if one.change != GOLD)
    assert min(made[case.id] for case in cases if case.expects == "these calls") >= 5


def test_scoring_all_right_answers_takes_less_than_two_seconds(agreement: Agreement):
    assert agreement.ours_seconds < 2


def test_grounding_flags_less_than_one_in_a_hundred_travel_arguments(cases: Sequence[Case]):
    calling = [case for case in cases if case.category in CALLING]
    travel = [one for one in measure(calling) if one.travel]
    flagged = sum(one.ours == "flagged" for one in travel)
    literal = sum(not one.literal for one in travel)
    assert len(travel) > 1000
    assert flagged < len(travel) / 100 < literal / 10


def test_a_package_without_the_checker_says_so(tmp_path: Path):
    with pytest.raises(BenchmarkDataMissing, match="checker is not there"):
        bfcl_checker(write_files(tmp_path))


def test_disagreements_are_listed_with_a_reason():
    strict: Checker = lambda case, calls: Theirs(valid=False, error_type="no")  # noqa: E731
    case = a_case({"cars": [2]}, question="A ferry for 2 cars")
    found = compare([case, a_case(category="irrelevance")], strict, seed=0)
    assert found.judgements[0].reason == "ours is looser: calls left over (no for them)"
    assert {one.reason for one in found.judgements if one.change.endswith("malformed")} == {
        "ours is stricter: a malformed call is no abstention"
    }


def test_the_arguments_of_answers_are_grounded_in_their_questions():
    case = a_case(
        {"cars": [2], "length": [4.0, ""], "direct": [True]},
        question="A direct ferry from Hull to Zeebrugge for two cars",
    )
    decided = {one.pointer: (one.literal, one.ours) for one in measure([case])}
    assert decided == {
        "/from_port": (True, "grounded"),
        "/to_port": (True, "grounded"),
        "/cars": (False, "grounded"),
    }


def test_travel_is_told_by_names():
    assert not is_travel(FERRY)
    assert is_travel({**FERRY, "name": "trips.search", "parameters": {"properties": {"to": {}}}})
    assert not is_travel({**TIDES, "name": "train_forest"})
