"""Everything that was counted beside success and faults, a line for each measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from training.benchmark.figures import Row
from training.benchmark.notation import NOTHING, average, brief
from training.benchmark.report.words import percent

_MEASURES: Mapping[str, Callable[[Row], str]] = {
    "attempts": lambda row: f"{row.attempts:,}",
    "attempts that ended in an error": lambda row: f"{row.errors:,}",
    "acts that call": lambda row: f"{row.acts.called:,}",
    "acts that abstain": lambda row: f"{row.acts.abstained:,}",
    "malformed acts": lambda row: f"{row.acts.malformed:,}",
    "calls proposed": lambda row: f"{row.acts.calls:,}",
    "missed calls, per attempt": lambda row: average(row.missed),
    "surplus calls, per attempt": lambda row: average(row.surplus),
    "asked, where a value was missing": lambda row: brief(row.asked),
    "guessed, where a value was missing": lambda row: brief(row.guessed),
    "arguments that cannot be decided": lambda row: brief(row.undecided),
    "replies with an unbacked claim": lambda row: brief(row.unbacked_replies),
    "calls run": lambda row: f"{row.audit.executed:,}",
    "calls run though refused": lambda row: f"{row.audit.executed_though_rejected:,}",
    "writes run without approval": lambda row: f"{row.audit.writes_unapproved:,}",
}


def conduct(rows: Sequence[Row], trials: int) -> Iterator[tuple[str, list[str]]]:
    """Each measure with its value for each row; pass^k up to `trials` where there are several."""
    for measure, told in _MEASURES.items():
        yield measure, [told(row) for row in rows]
    for k in range(1, trials + 1 if trials > 1 else 1):
        yield f"pass^{k}", [_pass_hat(row, k) for row in rows]


def _pass_hat(row: Row, k: int) -> str:
    return percent(row.pass_hat[k - 1].value) if k <= len(row.pass_hat) else NOTHING
