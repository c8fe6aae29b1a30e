"""The page as a file: whole, and the same whatever the order of the results."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.benchmark.report.attempts import attempt, run
from training.benchmark.report.page import render


def test_page_does_not_depend_on_the_order_of_results() -> None:
    assert render(run(), {}) == render(reversed(run()), {})


def test_manifest_is_listed_whole(report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    for text in ("callsign bench run --suite booking --seed 7", "suites.booking", "3f0c3f0c",
                 "sittings 1.machine", "2 cores"):  # fmt: skip
        assert text in html


def test_run_without_results_still_makes_a_page() -> None:
    assert "0 attempts" in render([], {})


def test_two_results_of_one_attempt_are_an_error() -> None:
    with pytest.raises(ValueError, match="same attempt"):
        render([attempt(), attempt()], {})


def test_page_asks_for_nothing_outside_itself(report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    assert not any(text in html for text in ("http:", "https:", "src=", "url(", "@import"))


def test_unfinished_run_says_so() -> None:
    assert "Not finished: 8 of 20 attempts." in render(run(), {"attempts": 20})
    assert "Not finished" not in render(run(), {"attempts": 8})
