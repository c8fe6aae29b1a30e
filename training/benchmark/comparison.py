"""Which differences between contenders are more than chance: paired, on the tasks both did."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from training.benchmark.figures import Comparison, Contender, Outcome
from training.benchmark.statistics import difference, holm, sign_flip
from training.benchmark.tally import Sample, Tally

_OUTCOMES: dict[Outcome, Callable[[Tally], bool]] = {
    "solved": lambda one: one.solved,
    "hallucinated": lambda one: one.hallucinated,
}


def compare(samples: Mapping[Contender, Sample]) -> tuple[Comparison, ...]:
    """Contestants in the same mode, and modes of the same contestant; baselines are no rivals.

    Each outcome is one family for Holm's correction. Pairs without a common task are left out.
    """
    found: list[Comparison] = []
    for outcome, happened in _OUTCOMES.items():
        family = [
            comparison
            for first, second in _pairs(samples)
            if (comparison := _compare(outcome, happened, first, second, samples))
        ]
        adjusted = holm([comparison.p for comparison in family])
        found += [replace(one, p_holm=p) for one, p in zip(family, adjusted, strict=True)]
    return tuple(found)


def _pairs(samples: Mapping[Contender, Sample]) -> Iterator[tuple[Contender, Contender]]:
    rivals = [contender for contender in samples if not contender.baseline]
    for first, second in combinations(rivals, 2):
        if first.mode == second.mode or first.contestant == second.contestant:
            yield first, second


def _compare(
    outcome: Outcome,
    happened: Callable[[Tally], bool],
    first: Contender,
    second: Contender,
    samples: Mapping[Contender, Sample],
) -> Comparison | None:
    ours, theirs = (_by_task(samples[one], happened) for one in (first, second))
    common = sorted(ours.keys() & theirs.keys())
    if not common:
        return None
    pairs = [(ours[task], theirs[task]) for task in common]
    shares = [(a / n, b / m) for (a, n), (b, m) in pairs]
    # On one scale the differences are whole numbers, whatever the numbers of trials.
    scale = math.lcm(*(n * m for (_, n), (_, m) in pairs))
    differences = [(a * m - b * n) * (scale // (n * m)) for (a, n), (b, m) in pairs]
    p = sign_flip(differences)
    return Comparison(
        outcome=outcome,
        first=first,
        second=second,
        tasks=len(common),
        differ=sum(d != 0 for d in differences),
        higher=sum(d > 0 for d in differences),
        difference=difference([a for a, _ in shares], [b for _, b in shares]),
        test="mcnemar" if all(n == m == 1 for (_, n), (_, m) in pairs) else "sign-flip",
        p=p,
        p_holm=p,
    )


def _by_task(sample: Sample, happened: Callable[[Tally], bool]) -> dict[str, tuple[int, int]]:
    """How many of the attempts at each task, of how many."""
    return {
        attempts[0].task: (sum(map(happened, attempts)), len(attempts)) for attempts in sample.tasks
    }
