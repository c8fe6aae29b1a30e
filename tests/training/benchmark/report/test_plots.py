"""Marks stand where their figures say, and labels keep out of each other's way."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.benchmark.report.attempts import attempt, fault, run
from training.benchmark.figures import SuiteFigures
from training.benchmark.report.plots import (
    SCATTER_HEIGHT,
    Point,
    axis,
    panels,
    rates_axis,
    scatter,
)
from training.benchmark.summary import summarise


@pytest.fixture(scope="module")
def suite() -> SuiteFigures:
    return summarise(run()).suites[0]


@given(st.lists(st.floats(0, 1), max_size=5))
def test_axis_holds_every_share_with_a_few_round_ticks(shares: list[float]) -> None:
    scale = axis(shares)
    assert scale.limit >= max(shares, default=0) - 1e-9
    assert 2 <= len(scale.ticks) <= 6
    assert scale.ticks[0] == 0
    assert all(0 <= scale.at(share) <= 100 for share in shares)


@pytest.mark.parametrize(
    ("top", "ticks"),
    [(0.0, (0, 0.01)), (0.035, (0, 0.01, 0.02, 0.03, 0.04)), (0.41, (0, 0.2, 0.4, 0.6))],
)
def test_ticks_are_round(top: float, ticks: tuple[float, ...]) -> None:
    assert axis([top]).ticks == ticks


def test_hallucinations_come_before_mistakes_of_form(suite: SuiteFigures) -> None:
    made_up = [lane.hallucination for lane in panels(suite)[0].lanes]
    assert made_up == sorted(made_up, reverse=True)
    assert len(made_up) == 11


def test_rate_stands_at_its_share_with_its_interval_around(suite: SuiteFigures) -> None:
    lane = next(lane for lane in panels(suite)[0].lanes if lane.code == "unknown_parameter")
    free, schema, grounded = lane.marks
    assert free is not None
    assert free.at == pytest.approx(rates_axis(suite).at(2 / 6), abs=0.01)
    assert free.low < free.at < free.high
    assert "2 of 6" in free.told
    for none in (schema, grounded):
        assert none is not None
        assert (none.at, none.low) == (0, 0)
        assert none.text.startswith("0 of 6")


def test_text_of_a_rate_stands_inside_its_lane(suite: SuiteFigures) -> None:
    marks = [mark for lane in panels(suite)[0].lanes for mark in lane.marks if mark]
    for mark in marks:
        width = 100 * 6 * len(mark.text) / 190
        start = mark.text_at - width if mark.ends else mark.text_at
        assert start >= -1
        assert start + width <= 101


def test_model_without_calls_has_no_mark() -> None:
    lonely = summarise([attempt("t1", events=())]).suites[0]
    assert scatter(lonely).points == ()
    assert {mark for lane in panels(lonely)[0].lanes for mark in lane.marks} == {None}


def test_scatter_has_a_point_for_each_mode_and_a_line_for_each_baseline(
    suite: SuiteFigures,
) -> None:
    plot = scatter(suite)
    assert sorted(point.label for point in plot.points) == [
        "base free", "base grounded", "base schema",
    ]  # fmt: skip
    assert [(level.label, level.y) for level in plot.levels] == [("gold replay", 0)]
    free = next(point for point in plot.points if point.label == "base free")
    assert (free.y, free.low_y > free.high_y) == (100, True)
    assert free.low_x < free.x < free.high_x


def test_labels_of_many_models_at_one_place_keep_apart() -> None:
    results = [
        attempt("t1", fault("unknown_parameter", "/tier"), contestant=name, mode=mode)
        for name in ("small-1", "small-2", "large-3b", "tuned-135m")
        for mode in ("free", "schema", "grounded")
    ]
    plot = scatter(summarise(results).suites[0])
    boxes = [_box(point, width) for width in (250, 1000) for point in [plot.points]]
    for points in boxes:
        for one, other in combinations(points, 2):
            assert not _overlap(one, other)


def _box(points: tuple[Point, ...], width: int) -> list[tuple[float, float, float, float]]:
    found: list[tuple[float, float, float, float]] = []
    for point in points:
        x, y = point.x * width / 100 + point.dx, point.y * SCATTER_HEIGHT / 100 + point.dy
        length = 6 * len(point.label)
        left = x - length if point.left else x
        found.append((left, y - 6, left + length, y + 6))
    return found


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart
