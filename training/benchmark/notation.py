"""How figures are written: never a share without its counts, never a zero without its bound."""

from __future__ import annotations

import math

from training.benchmark.figures import Contender
from training.benchmark.statistics import Estimate

NOTHING = "–"
"""Where nothing was counted: no call, no decision due, nothing solved."""


def name(contender: Contender) -> str:
    """A contender in a few words; a baseline's mode says nothing about it."""
    return (
        contender.contestant if contender.baseline else f"{contender.contestant} {contender.mode}"
    )


def share(estimate: Estimate, unit: str = "") -> str:
    """``33/45 73 % [59, 84]``; where none was found ``0 of 812 calls (≤ 0.5 %)``."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return NOTHING
    if estimate.count == 0:
        return f"0 of {f'{estimate.total:,} {unit}'.strip()} (≤ {bound(high)} %)"
    interval = f"[{percent(low)}, {percent(high)}]"
    return f"{estimate.count:,g}/{estimate.total:,} {percent(value)} % {interval}"


def brief(estimate: Estimate) -> str:
    """``73 % [59, 84]`` or ``0 (≤ 0.5 %)``: a share whose counts stand elsewhere."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return NOTHING
    if value == 0:
        return f"0 (≤ {bound(high)} %)"
    return f"{percent(value)} % [{percent(low)}, {percent(high)}]"


def counts(estimate: Estimate) -> str:
    """``33/45``, where many stand side by side."""
    return f"{estimate.count:,g}/{estimate.total:,}" if estimate.total else NOTHING


def average(estimate: Estimate) -> str:
    """``0.42 [0.31, 0.55]``: a mean per attempt."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return NOTHING
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def points(estimate: Estimate) -> str:
    """``+12.3 [+4.1, +20.0]``: a difference of shares in percentage points."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return NOTHING
    return f"{_signed(value)} [{_signed(low)}, {_signed(high)}]"


def p_value(p: float) -> str:
    """``0.034``, or ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def amount(value: float) -> str:
    """``1,234``, ``12.3`` or ``0.45``: what something cost."""
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percent(value: float) -> str:
    """A share from 0 to 1 in percent: whole from 10 on, never rounded to 0 or 100 if it is not.

    One decimal below 10, two significant digits below 0.1.
    """
    scaled = 100 * value
    if value in (0, 1):
        return f"{scaled:.0f}"
    if scaled >= 99.5:
        return f"{min(scaled, 99.9):.1f}"
    if scaled >= 9.95:
        return f"{scaled:.0f}"
    return f"{scaled:.1f}" if scaled >= 0.1 else f"{scaled:.2g}"


def bound(high: float) -> str:
    """An upper bound in percent, rounded up: a bound may be loose, but never too low."""
    scaled = 100 * high
    digits = 0 if scaled >= 10 else 1 if scaled >= 0.3 else 1 - math.floor(math.log10(scaled))
    step = 10**digits
    return f"{math.ceil(scaled * step - 1e-9) / step:.{digits}f}"


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}" if round(100 * value, 1) else "0.0"
