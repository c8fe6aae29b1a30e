"""The statistics that the benchmark's figures rest on. Pure numbers in, pure numbers out.

Everything is counted per task, and tasks are the unit that is drawn: calls of one task, and
attempts at one task, are not independent of each other. So an interval of anything that has more
than one observation in a task is a cluster bootstrap over tasks (Davison & Hinkley 1997, *Bootstrap
Methods and their Application*, 3.8; percentile interval, Efron & Tibshirani 1993, ch. 13). A
bootstrap of rare events or few tasks is too narrow, so for counts its ends are never inside those
of the score interval of independent observations (Wilson 1927; for means Rao's for Poisson). The
score interval stands alone where each task holds at most one observation, and where a bootstrap
has nothing to vary: none, all, or the same in every task.

All intervals are two-sided with 95 % confidence. The bootstrap's draws depend on the number of
tasks alone, so the same data give the same figures everywhere.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 2_000
SEED = 20_260_101

Method = Literal["wilson", "poisson", "bootstrap", "agresti-min"]
Interval = tuple[float, float]
Floats = NDArray[np.float64]

_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
_TAILS = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval: `count` of `total`, as `value` within `low` and `high`.

    `value` is `count / total`: a share from 0 to 1, a mean, or a difference from -1 to 1. It, the
    interval and `method` are None where `total` is 0, for then there is nothing to tell.
    """

    count: float
    total: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: Method | None = None


# -- Shares and means ----------------------------------------------------------------------------


def wilson(count: float, total: float) -> Interval:
    """The score interval of a binomial share (Wilson 1927).

    With `count` 0 its upper end is z²/(total + z²), about 3.8 in `total`: a little above the
    one-sided "rule of three". Raises ValueError unless 0 <= count <= total and total > 0.
    """
    if not 0 <= count <= total or total <= 0:
        raise ValueError(f"{count} of {total} is no share")
    centre = count + _Z**2 / 2
    reach = _Z * math.sqrt(count * (total - count) / total + _Z**2 / 4)
    scale = total + _Z**2
    low = 0.0 if count == 0 else (centre - reach) / scale
    high = 1.0 if count == total else (centre + reach) / scale
    return low, high


def poisson(count: float, total: float) -> Interval:
    """The score interval of a mean of counts: `count` events in `total` units (Poisson).

    Raises ValueError unless count >= 0 and total > 0.
    """
    if count < 0 or total <= 0:
        raise ValueError(f"{count} in {total} is no rate")
    centre = count + _Z**2 / 2
    reach = _Z * math.sqrt(count + _Z**2 / 4)
    low = 0.0 if count == 0 else (centre - reach) / total
    return low, (centre + reach) / total


def share(counts: Sequence[float] | Floats, totals: Sequence[float] | Floats) -> Estimate:
    """How many of how many, given for each task: the sum of `counts` over the sum of `totals`.

    Whole numbers, 0 <= counts[t] <= totals[t] for each task t. Tasks with nothing to count (total
    0) stay in what the bootstrap draws from.
    """
    return _ratio(np.asarray(counts, float), np.asarray(totals, float), "wilson")


def mean(counts: Sequence[float] | Floats, totals: Sequence[float] | Floats) -> Estimate:
    """As `share`, for counts that may be larger than what they are counted in."""
    return _ratio(np.asarray(counts, float), np.asarray(totals, float), "poisson")


def pass_hat(successes: Sequence[int], trials: Sequence[int], k: int) -> Estimate:
    """pass^k: how likely k attempts at a task all succeed, as a mean over tasks.

    Each task gives C(c, k) / C(n, k), c successes in n trials (tau-bench, Yao et al. 2024).
    Tasks with fewer than k trials tell nothing about it and are left out.
    """
    pairs = zip(successes, trials, strict=True)
    chances = np.array([math.comb(c, k) / math.comb(n, k) for c, n in pairs if n >= k])
    return _ratio(chances, np.ones(len(chances)), "wilson")


def _ratio(counts: Floats, totals: Floats, score: Literal["wilson", "poisson"]) -> Estimate:
    count, total = math.fsum(counts), math.fsum(totals)
    if total == 0:
        return Estimate(0, 0)
    value = count / total
    low, high = wilson(count, total) if score == "wilson" else poisson(count, total)
    independent = score == "wilson" and totals.max() <= 1 and set(counts) <= {0.0, 1.0}
    interval = None if independent or count == 0 else _bootstrap(counts, totals)
    if interval is None:
        return Estimate(_plain(count), int(total), value, low, high, score)
    if np.all(counts % 1 == 0):
        interval = min(low, interval[0]), max(high, interval[1])
    return Estimate(_plain(count), int(total), value, *interval, "bootstrap")


def _bootstrap(counts: Floats, totals: Floats) -> Interval | None:
    """The percentile interval of a ratio of sums over drawn tasks; None where it has no width."""
    draws = _draws(len(totals)).astype(np.float64)
    # In an order of their own, so that the interval does not depend on what tasks are called.
    order = np.lexsort((totals, counts))
    above, below = (draws @ np.column_stack((counts, totals))[order]).T
    drawn = below > 0
    ends = np.quantile(above[drawn] / below[drawn], _TAILS)
    # Thirds do not add up to 0 in floating point, and the sign of an end is a statement.
    low, high = (round(float(end), 12) + 0.0 for end in ends)
    return None if low == high else (low, high)


@lru_cache(maxsize=16)
def _draws(tasks: int) -> NDArray[np.uint16]:
    """How often each resample draws each task. Shape (RESAMPLES, tasks); rows sum to tasks."""
    chosen = np.random.default_rng([SEED, tasks]).integers(tasks, size=(RESAMPLES, tasks))
    chosen += np.arange(RESAMPLES)[:, None] * tasks
    times = np.bincount(chosen.ravel(), minlength=RESAMPLES * tasks)
    return times.reshape(RESAMPLES, tasks).astype(np.uint16)


def _plain(count: float) -> float:
    return int(count) if count.is_integer() else count


# -- Paired differences --------------------------------------------------------------------------


def difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """The mean over tasks of first - second, shares on the same tasks in the same order.

    Of counts the interval is never narrower than the adjusted Wald interval of Agresti & Min 2005
    (*Statistics in Medicine* 24), which stays wide for few tasks; it stands alone where all tasks
    differ alike (in general: not at all).
    """
    differences = np.asarray(first, float) - np.asarray(second, float)
    tasks = len(differences)
    if not tasks:
        return Estimate(0, 0)
    count = math.fsum(differences)
    low, high = _agresti_min(differences)
    interval = _bootstrap(differences, np.ones(tasks))
    if interval is not None:
        if np.all(differences % 1 == 0):
            interval = min(low, interval[0]), max(high, interval[1])
        return Estimate(count, tasks, count / tasks, *interval, "bootstrap")
    return Estimate(count, tasks, count / tasks, low, high, "agresti-min")


def _agresti_min(differences: Floats) -> Interval:
    """Half a pair more in each cell of the 2x2 table; its centre moves a little towards zero."""
    total = len(differences) + 2
    for_first = float(differences[differences > 0].sum()) + 0.5
    for_second = float(-differences[differences < 0].sum()) + 0.5
    centre = (for_first - for_second) / total
    spread = for_first + for_second - (for_first - for_second) ** 2 / total
    reach = _Z * math.sqrt(spread) / total
    return max(-1.0, centre - reach), min(1.0, centre + reach)


def sign_flip(differences: Sequence[int]) -> float:
    """The exact two-sided p-value of a paired sign-flip (permutation) test.

    Under the null each task's difference is as likely of the other sign; p is the share of all
    sign patterns whose sum is at least as far from zero (Fisher 1935; Good 2005). Where all
    differences are -1, 0 or 1, one attempt on each side, it is McNemar's exact test. Differences
    are integers on one scale: successes at equal numbers of trials, say.
    """
    sizes = Counter(abs(d) for d in differences if d)
    patterns = np.ones(1)
    for size, times in sorted(sizes.items()):
        # The sum of `times` signs is 2 * Binomial(times, 1/2) - times, in steps of `size`.
        spread = np.zeros(2 * size * times + 1)
        spread[:: 2 * size] = _binomial(times)
        patterns = np.convolve(patterns, spread)
    reach = len(patterns) // 2
    sums = np.abs(np.arange(-reach, reach + 1))
    return min(1.0, float(patterns[sums >= abs(sum(differences))].sum()))


def _binomial(times: int) -> Floats:
    """The probabilities of 0 to `times` heads of a fair coin."""
    return np.array([math.comb(times, heads) / 2**times for heads in range(times + 1)])


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for being one family, in their order (Holm 1979): step-down Bonferroni."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
