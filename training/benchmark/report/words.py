"""What the report says about figures, in `training.benchmark.notation`'s way of writing them."""

from __future__ import annotations

from collections.abc import Sequence

from training.benchmark import notation
from training.benchmark.figures import Row, Summary
from training.benchmark.statistics import Estimate, wilson

_MODES = {"free": "decoding freely", "schema": "under a schema", "grounded": "grounded"}
_SPACE = "\u00a0"


def percent(share: float | None) -> str:
    """``73 %``, with a space that does not break."""
    return notation.NOTHING if share is None else f"{notation.percent(share)}{_SPACE}%"


def interval(estimate: Estimate) -> str:
    """``[59, 84]``; where none was seen the upper bound, ``≤ 0.5 %``; "" without a total."""
    if estimate.low is None or estimate.high is None:
        return ""
    if estimate.value == 0:
        return f"≤{_SPACE}{notation.bound(estimate.high)}{_SPACE}%"
    return f"[{notation.percent(estimate.low)},{_SPACE}{notation.percent(estimate.high)}]"


def counted(estimate: Estimate) -> str:
    """What a share stands on: ``33 of 45``."""
    return f"{estimate.count:,g} of {estimate.total:,}" if estimate.total else "none"


def title(code: str) -> str:
    """A code or a category as words."""
    return code.replace("_", " ")


def answers(summary: Summary) -> dict[str, str]:
    """The answer in a sentence for each contestant, over all suites of the run."""
    return {contestant: _answer(summary, contestant) for contestant in _contestants(summary)}


def _contestants(summary: Summary) -> list[str]:
    rows = (row.contender for suite in summary.suites for row in suite.rows)
    return list(dict.fromkeys(one.contestant for one in rows if not one.baseline))


def _answer(summary: Summary, contestant: str) -> str:
    """The loosest mode against the tightest; where only one was played, that one."""
    rows = {
        suite.name: [row for row in suite.rows if row.contender.contestant == contestant]
        for suite in summary.suites
    }
    rows = {suite: these for suite, these in rows.items() if these}
    modes = list(dict.fromkeys(row.contender.mode for these in rows.values() for row in these))
    shown = [modes[0], modes[-1]] if len(modes) > 1 else modes
    several = len(summary.suites) > 1
    parts: list[str] = []
    for mode in shown:
        of_mode = [
            (suite, row)
            for suite, these in rows.items()
            for row in these
            if row.contender.mode == mode
        ]
        parts.append(f"{_MODES.get(mode, f'in mode {mode}')} {_told(of_mode, several=several)}")
    return f"{'; '.join(parts)}."


def _told(rows: Sequence[tuple[str, Row]], *, several: bool) -> str:
    calls = [row.hallucinated_calls for _, row in rows]
    total, found = sum(one.total for one in calls), sum(one.count for one in calls)
    solved = _each([(suite, percent(row.solved.value)) for suite, row in rows], several=several)
    if not total:
        return f"it makes no call and solves {solved} of the tasks"
    if not found:
        bound = notation.bound(wilson(0, total)[1])
        none = f"none of {total:,} calls (≤{_SPACE}{bound}{_SPACE}%)"
        return f"it hallucinates in {none} and solves {solved} of the tasks"
    shares = _each(
        [(suite, percent(row.hallucinated_calls.value)) for suite, row in rows], several=several
    )
    return f"it hallucinates in {shares} of its calls and solves {solved} of the tasks"


def _each(parts: Sequence[tuple[str, str]], *, several: bool) -> str:
    told = [f"{text} ({suite})" if several else text for suite, text in parts]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
