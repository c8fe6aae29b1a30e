"""What the figures need of one attempt, counted once; its events can be forgotten then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

import numpy as np

from agent.calls import RejectionCode
from agent.events import CallCleared, CallObserved, Event
from training.benchmark.figures import Acts
from training.benchmark.records import HALLUCINATIONS, Asking, Cost, FaultCode, Proposal, Result
from training.benchmark.statistics import Floats

CLAIM: FaultCode = "unbacked_claim"
CODES: tuple[FaultCode, ...] = (
    *HALLUCINATIONS,
    *(code for code in get_args(RejectionCode) if code not in HALLUCINATIONS),
)
"""All kinds of fault: what is made up first, then mistakes of form."""


@dataclass(frozen=True, slots=True)
class Tally:
    """One attempt in numbers. See `training.benchmark.figures` for what is counted.

    `faults` counts every fault by its code, wherever it is; `faulty` the calls (for claims the
    replies) with at least one of that code.
    """

    task: str
    trial: int
    categories: tuple[str, ...]
    language: str
    solved: bool
    failed: bool
    acts: Acts
    faults: Mapping[FaultCode, int]
    faulty: Mapping[FaultCode, int]
    faulty_calls: int
    hallucinated_calls: int
    replies: int
    faulty_replies: int
    missed: int
    surplus: int
    asking: Asking
    arguments: int
    undecided: int
    executed_though_rejected: int
    cost: Cost

    @property
    def hallucinated(self) -> bool:
        """Whether anything in this attempt was made up: in a call, a reply act or a text."""
        return any(self.faults.get(code) for code in HALLUCINATIONS)


def tally(result: Result) -> Tally:
    """Count one attempt."""
    calls = [codes for proposal in result.proposals for codes in _calls(proposal)]
    replies = [codes for proposal in result.proposals for codes in _replies(proposal)]
    codes = [fault.code for fault in result.faults]
    return Tally(
        result.task,
        result.trial,
        result.categories,
        result.language,
        result.solved,
        bool(result.error),
        _acts(result.proposals, len(calls)),
        {code: codes.count(code) for code in CODES if code in codes},
        {
            code: sum(code in one for one in (replies if code == CLAIM else calls))
            for code in CODES
            if code in codes
        },
        sum(bool(one) for one in calls),
        sum(any(code in HALLUCINATIONS for code in one) for one in calls),
        len(replies),
        sum(bool(one - {CLAIM}) for one in replies),
        len(result.missed),
        len(result.surplus),
        result.asking,
        sum(proposal.arguments for proposal in result.proposals),
        sum(proposal.undecided for proposal in result.proposals),
        _executed_though_rejected(result.proposals, result.events),
        result.cost,
    )


def _acts(proposals: Sequence[Proposal], calls: int) -> Acts:
    kinds = [proposal.kind for proposal in proposals]
    return Acts(kinds.count("called"), kinds.count("abstained"), kinds.count("malformed"), calls)


def _calls(proposal: Proposal) -> list[set[FaultCode]]:
    """The kinds of fault in each call of a proposal. What cannot be read counts as one call."""
    if proposal.kind == "abstained":
        return []
    found: list[set[FaultCode]] = [set() for _ in proposal.calls or ("",)]
    for fault in proposal.faults:
        if fault.code != CLAIM:
            found[min(fault.call, len(found) - 1)].add(fault.code)
    return found


def _replies(proposal: Proposal) -> list[set[FaultCode]]:
    """The kinds of fault in a reply: of an act that abstains, or of text beside or after calls."""
    codes: set[FaultCode] = {fault.code for fault in proposal.faults}
    if proposal.kind == "abstained":
        return [codes]
    return [codes & {CLAIM}] if CLAIM in codes else []


def _executed_though_rejected(proposals: Sequence[Proposal], events: Sequence[Event]) -> int:
    """Calls with a fault that were cleared in the log all the same, and that an API answered.

    A call left without approval is `unapproved_write` and counted as that.
    """
    answered = {
        event.call_id
        for event in events
        if isinstance(event, CallObserved) and (event.ok or event.status)
    }
    ends = [*(proposal.event for proposal in proposals), len(events)]
    executed = 0
    for proposal, (start, end) in zip(proposals, pairwise(ends), strict=True):
        rejected = {f.call for f in proposal.faults if f.code not in (CLAIM, "unapproved_write")}
        if not rejected or proposal.kind == "abstained":
            continue
        cleared = [event for event in events[start:end] if isinstance(event, CallCleared)]
        # Clearances after the act's own calls are the agent's: a price read afresh, say.
        executed += sum(cleared[n].call_id in answered for n in rejected if n < len(cleared))
    return executed


@dataclass(frozen=True, slots=True)
class Sample:
    """The attempts of one contender, grouped by task: what intervals and pairs are made from."""

    tasks: tuple[tuple[Tally, ...], ...]

    @property
    def attempts(self) -> tuple[Tally, ...]:
        """All attempts, by task and trial."""
        return tuple(one for attempts in self.tasks for one in attempts)

    def sums(self, count: Callable[[Tally], int]) -> Floats:
        """`count` of the attempts at each task, added up. Shape (tasks,)."""
        return np.array([sum(map(count, attempts)) for attempts in self.tasks], float)

    def part(self, holds: Callable[[Tally], bool]) -> Sample:
        """The tasks for which `holds`, which is a thing of the task and not of the attempt."""
        return Sample(tuple(attempts for attempts in self.tasks if holds(attempts[0])))


def sample(tallies: Sequence[Tally]) -> Sample:
    """Group attempts by task, in an order that does not depend on theirs."""
    by_task: dict[str, list[Tally]] = {}
    for one in sorted(tallies, key=lambda one: (one.task, one.trial)):
        by_task.setdefault(one.task, []).append(one)
    return Sample(tuple(map(tuple, by_task.values())))
