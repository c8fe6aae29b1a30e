"""Where everything stands in the plots, as percentages of their size.

No plotting library: a plot is a few marks at percentages of an SVG's width and height, so it
reflows with the page, its text stays text, and a style sheet colours it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from training.benchmark.figures import Contender, Rate, Row, SuiteFigures
from training.benchmark.notation import name, share
from training.benchmark.report.words import counted, interval, percent
from training.benchmark.statistics import Estimate

SCATTER_HEIGHT = 340
"""Pixels of the data area of the scatter plot."""
_NARROWEST = 250
"""Pixels of its width on the narrowest phone: labels that keep apart there do so everywhere."""
_NARROWEST_LANE = 190
"""Pixels of a lane of the rates on the narrowest phone."""
_LINE_HEIGHT = 16
_CHARACTER = 6.6
_GAP = 12
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale that starts at 0: shares from 0 to `limit`, with a few round ticks."""

    limit: float
    ticks: tuple[float, ...]

    def at(self, share: float) -> float:
        """Where a share stands, in per cent of the axis."""
        return round(100 * min(share, self.limit) / self.limit, 2)


@dataclass(frozen=True, slots=True)
class Mark:
    """A share as a mark with its interval, in per cent of the axis.

    `text` begins at `text_at`, or ends there where it `ends`, with a gap between it and the line.
    """

    contender: Contender
    at: float
    low: float
    high: float
    text: str
    told: str
    text_at: float
    ends: bool
    gap: int


@dataclass(frozen=True, slots=True)
class Lane:
    """The marks of one fault code, one for each mode (None where there is nothing to tell)."""

    code: str
    hallucination: bool
    unit: str
    marks: tuple[Mark | None, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """The rates of one contestant, a lane for each code."""

    contestant: str
    modes: tuple[str, ...]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One contender in the scatter plot: centre and intervals in per cent, its label in pixels."""

    contender: Contender
    x: float
    y: float
    low_x: float
    high_x: float
    low_y: float
    high_y: float
    label: str
    told: str
    dx: float = 0.0
    dy: float = 0.0
    left: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A baseline in the scatter plot: a line at what it solves, its name `dy` pixels below."""

    y: float
    label: str
    dy: float = -5.0


@dataclass(frozen=True, slots=True)
class Scatter:
    """Success against hallucination."""

    axis: Axis
    points: tuple[Point, ...]
    levels: tuple[Level, ...]


def axis(shares: Sequence[float]) -> Axis:
    """The shortest axis with round ticks that holds these shares; never beyond 100 %."""
    top = min(max(shares, default=0.0), 1.0)
    step = next((step for step in _STEPS if step * 4 >= top), 0.25)
    count = max(1, min(math.ceil(round(top / step, 9)), round(1 / step)))
    ticks = tuple(round(position * step, 4) for position in range(count + 1))
    return Axis(ticks[-1], ticks)


def played(suite: SuiteFigures) -> list[Row]:
    """The rows of models, without the baselines."""
    return [row for row in suite.rows if not row.contender.baseline]


def rates_axis(suite: SuiteFigures) -> Axis:
    """One scale for all panels of a suite, so that they can be compared."""
    return axis([_high(rate.share) for row in played(suite) for rate in row.rates])


def panels(suite: SuiteFigures) -> list[Panel]:
    """Rates by kind of fault: hallucinations first, then mistakes of form."""
    scale = rates_axis(suite)
    rows: dict[str, list[Row]] = {}
    for row in played(suite):
        rows.setdefault(row.contender.contestant, []).append(row)
    return [_panel(contestant, these, scale) for contestant, these in rows.items()]


def _panel(contestant: str, rows: Sequence[Row], scale: Axis) -> Panel:
    rates = sorted(zip(*(row.rates for row in rows), strict=True), key=_made_up_first)
    lanes = tuple(
        Lane(
            same[0].code,
            same[0].hallucination,
            same[0].unit,
            tuple(_mark(row.contender, r, scale) for row, r in zip(rows, same, strict=True)),
        )
        for same in rates
    )
    return Panel(contestant, tuple(row.contender.mode for row in rows), lanes)


def _made_up_first(rates: Sequence[Rate]) -> bool:
    return not rates[0].hallucination


def _mark(contender: Contender, rate: Rate, scale: Axis) -> Mark | None:
    found = rate.share
    if found.value is None:
        return None
    low, high = scale.at(_low(found)), scale.at(_high(found))
    units = "replies" if rate.unit == "reply" else "calls"
    text = percent(found.value) if found.count else f"{counted(found)}, {interval(found)}"
    told = f"{contender.mode}: {counted(found)} {units}, {percent(found.value)} {interval(found)}"
    text_at, ends = _beside(low, high, 100 * len(text) * _CHARACTER / _NARROWEST_LANE)
    gap = 0 if text_at == 100 else -_GAP if ends else _GAP
    return Mark(contender, scale.at(found.value), low, high, text, told, text_at, ends, gap)


def _beside(low: float, high: float, width: float) -> tuple[float, bool]:
    """Where a text fits: right of an interval, left of it, or over the end of its line."""
    if high + width <= 100:
        return high, False
    return (low, True) if low >= width else (100.0, True)


def scatter(suite: SuiteFigures) -> Scatter:
    """A mark for each model and mode that made calls; a line for each level of a baseline."""
    rows = [row for row in played(suite) if row.hallucinated_calls.total and row.solved.total]
    scale = axis([_high(row.hallucinated_calls) for row in rows])
    levels = tuple(_levels(suite))
    return Scatter(scale, tuple(_labelled([_point(row, scale) for row in rows], levels)), levels)


def _levels(suite: SuiteFigures) -> Iterator[Level]:
    """The baselines from the top, their names above the line where there is room for them."""
    names: dict[float, list[str]] = {}
    for row in suite.rows:
        if row.contender.baseline and row.solved.value is not None:
            names.setdefault(100 - 100 * row.solved.value, []).append(row.contender.contestant)
    lowest = 0.0
    for y, these in sorted(names.items()):
        at = y * SCATTER_HEIGHT / 100
        baseline = max(at - 5, lowest + 13)
        lowest = baseline
        yield Level(round(y, 2), ", ".join(these), round(baseline - at, 1))


def _point(row: Row, scale: Axis) -> Point:
    calls, solved = row.hallucinated_calls, row.solved
    return Point(
        contender=row.contender,
        x=scale.at(calls.value or 0.0),
        y=round(100 - 100 * (solved.value or 0.0), 2),
        low_x=scale.at(_low(calls)),
        high_x=scale.at(_high(calls)),
        low_y=round(100 - 100 * _low(solved), 2),
        high_y=round(100 - 100 * _high(solved), 2),
        label=name(row.contender),
        told=f"{name(row.contender)}: solved {share(solved)}; hallucinated calls {share(calls)}",
    )


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def _labelled(points: Sequence[Point], levels: Sequence[Level]) -> Iterator[Point]:
    """Points with their labels beside them, moved up or down where another mark or label stands.

    Boxes are laid out at the narrowest width; wider, everything only moves further apart.
    """
    taken = [*map(_around, points), *map(_named, levels)]
    for point in sorted(points, key=lambda point: point.y):
        left, offset, box = next(
            (found for found in _places(point) if not any(found[2].meets(one) for one in taken)),
            next(_places(point)),
        )
        taken.append(box)
        dx = -_GAP if left else _GAP
        yield replace(point, dx=dx, dy=offset, left=left)


def _around(point: Point) -> _Box:
    x, y = point.x * _NARROWEST / 100, point.y * SCATTER_HEIGHT / 100
    return _Box(x - 7, y - 7, x + 7, y + 7)


def _named(level: Level) -> _Box:
    bottom = level.y * SCATTER_HEIGHT / 100 + level.dy + 3
    left = _NARROWEST - len(level.label) * _CHARACTER
    return _Box(left, bottom - _LINE_HEIGHT, _NARROWEST, bottom)


def _places(point: Point) -> Iterator[tuple[bool, float, _Box]]:
    """Where a label may stand, the best first: on its side, then further and further away."""
    x, y = point.x * _NARROWEST / 100, point.y * SCATTER_HEIGHT / 100
    width = len(point.label) * _CHARACTER
    inside = [left for left in (False, True) if _fits(x, width, left=left)]
    for step in range(SCATTER_HEIGHT // _LINE_HEIGHT):
        for offset in dict.fromkeys((step * _LINE_HEIGHT, -step * _LINE_HEIGHT)):
            top = y + offset - _LINE_HEIGHT / 2
            if not -_LINE_HEIGHT <= top <= SCATTER_HEIGHT:
                continue
            for left in inside or [point.x > 50]:
                start = x - _GAP - width if left else x + _GAP
                box = _Box(start, top, start + width, top + _LINE_HEIGHT)
                yield left, float(offset), box


def _fits(x: float, width: float, *, left: bool) -> bool:
    return x - _GAP - width >= 0 if left else x + _GAP + width <= _NARROWEST


def _low(estimate: Estimate) -> float:
    return max(0.0, estimate.low or 0.0)


def _high(estimate: Estimate) -> float:
    return min(1.0, estimate.high or 0.0)
