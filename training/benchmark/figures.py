"""The figures of a benchmark run, as a tree of plain data. `training.benchmark.summary` makes it.

What is counted, everywhere:

- A **task** is one thing to do; an **attempt** is one run of one contestant in one mode at it.
- A **call** is each tool call of each proposed act, mended or executed or not; an attempt at an
  act that cannot be read (`malformed`) is one call too. Acts that only reply are **replies**.
- A **hallucination** is a fault of `records.HALLUCINATIONS`: a tool, a parameter, a value, a
  permission or a claim that is made up. A hallucinated call has at least one.
- **Per task** is the share of attempts in which it happened at least once: in a call or a reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training.benchmark.records import FaultCode
from training.benchmark.statistics import CONFIDENCE, RESAMPLES, SEED, Estimate

Unit = Literal["call", "reply"]
Outcome = Literal["solved", "hallucinated"]
Test = Literal["mcnemar", "sign-flip"]


@dataclass(frozen=True, slots=True)
class Contender:
    """Who plays, and how decoding is held: what one row of a table is about."""

    contestant: str
    mode: str
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one kind of fault occurs.

    `share` is of calls, for `unbacked_claim` of replies (`unit`), with at least one such fault;
    `tasks` of attempts. `faults` counts every one, two in the same call as two.
    """

    code: FaultCode
    hallucination: bool
    unit: Unit
    faults: int
    share: Estimate
    tasks: Estimate


@dataclass(frozen=True, slots=True)
class Acts:
    """What was proposed. An act is exactly one of the three; `calls` may be several in one."""

    called: int
    abstained: int
    malformed: int
    calls: int


@dataclass(frozen=True, slots=True)
class Spend:
    """Tokens as the engine counts them, wall seconds inside it, and calls made to APIs."""

    prompt_tokens: float
    completion_tokens: float
    seconds: float
    executed_calls: float


@dataclass(frozen=True, slots=True)
class Costs:
    """What the attempts took. `per_solved` is everything, failures too, for each one solved."""

    total: Spend
    per_attempt: Spend
    per_solved: Spend | None


@dataclass(frozen=True, slots=True)
class Audit:
    """Promises of the agent, counted in the logs; the second and the third must be 0.

    `executed_though_rejected` are calls that an API answered although clearance finds a fault in
    them; `writes_unapproved` are writes that ran without approval of exactly their arguments.
    """

    executed: int
    executed_though_rejected: int
    writes_unapproved: int


@dataclass(frozen=True, slots=True)
class Row:
    """One contender in one suite.

    `solved` is of attempts; `pass_hat[k - 1]` is pass^k. `faulty_*` have any fault, of form or
    made up. `missed` and `surplus` are means per attempt. `asked` and `guessed` are of the
    decisions where a value was missing. `undecided` is of the scalar arguments of calls: those
    that a rule leaves to the model, so that the evidence can tell neither way.
    """

    contender: Contender
    tasks: int
    attempts: int
    errors: int
    solved: Estimate
    pass_hat: tuple[Estimate, ...]
    hallucinated_calls: Estimate
    hallucinated_tasks: Estimate
    faulty_calls: Estimate
    faulty_replies: Estimate
    unbacked_replies: Estimate
    rates: tuple[Rate, ...]
    acts: Acts
    missed: Estimate
    surplus: Estimate
    asked: Estimate
    guessed: Estimate
    undecided: Estimate
    costs: Costs
    audit: Audit


@dataclass(frozen=True, slots=True)
class PartRow:
    """One contender on a part of a suite; the fields are those of `Row`."""

    contender: Contender
    tasks: int
    attempts: int
    solved: Estimate
    hallucinated_calls: Estimate
    hallucinated_tasks: Estimate


@dataclass(frozen=True, slots=True)
class Part:
    """The tasks of one category or language. A task counts in each of its categories.

    `main` says that the category is the first of some task.
    """

    name: str
    main: bool
    tasks: int
    rows: tuple[PartRow, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two contenders on the tasks that both did.

    `difference` is first minus second: the mean over tasks of the share of attempts that are
    solved (or hold a hallucination). `differ` tasks have different shares, in `higher` of them
    the first's is the higher. `p` is McNemar's exact test where each task was tried once, else
    the exact sign-flip test; `p_holm` is corrected for all comparisons of the same outcome in
    the same suite.
    """

    outcome: Outcome
    first: Contender
    second: Contender
    tasks: int
    differ: int
    higher: int
    difference: Estimate
    test: Test
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class SuiteFigures:
    """One suite. `rows` has the baselines first; `trials` is the most attempts at one task."""

    name: str
    tasks: int
    trials: int
    rows: tuple[Row, ...]
    categories: tuple[Part, ...]
    languages: tuple[Part, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a run, with what the intervals were made with."""

    results: int
    suites: tuple[SuiteFigures, ...]
    confidence: float = CONFIDENCE
    resamples: int = RESAMPLES
    seed: int = SEED
