"""From results to figures: `summarise` counts, `training.benchmark.statistics` does the sums.

Results are read once and their traces dropped, so that a run of any size fits. The figures do not
depend on the order in which results come.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from pydantic import TypeAdapter

from training.benchmark.comparison import compare
from training.benchmark.figures import (
    Acts,
    Audit,
    Contender,
    Costs,
    Part,
    PartRow,
    Rate,
    Row,
    Spend,
    SuiteFigures,
    Summary,
)
from training.benchmark.records import HALLUCINATIONS, FaultCode, Result
from training.benchmark.statistics import Estimate, mean, pass_hat, share
from training.benchmark.suite import BASELINES
from training.benchmark.tally import CLAIM, CODES, Sample, Tally, sample, tally

_MODES = ("free", "schema", "grounded")

Count = Callable[[Tally], int]
Names = Callable[[Tally], Sequence[str]]

_SUMMARY: TypeAdapter[Summary] = TypeAdapter(Summary)


def summarise(results: Iterable[Result]) -> Summary:
    """All figures of a run. Raises ValueError where two results are of the same attempt."""
    suites: dict[str, dict[Contender, list[Tally]]] = {}
    seen: set[tuple[str, str, str, str, int]] = set()
    for result in results:
        if result.key in seen:
            raise ValueError(f"two results of the same attempt: {result.key}")
        seen.add(result.key)
        contender = Contender(result.contestant, result.mode, result.contestant in BASELINES)
        suites.setdefault(result.suite, {}).setdefault(contender, []).append(tally(result))
    return Summary(len(seen), tuple(_suite(name, suites[name]) for name in sorted(suites)))


def encode(summary: Summary) -> bytes:
    """A summary as one indented JSON object (UTF-8)."""
    return _SUMMARY.dump_json(summary, indent=2) + b"\n"


def decode(data: bytes) -> Summary:
    """The summary that `encode` wrote. Raises `pydantic.ValidationError` on anything else."""
    return _SUMMARY.validate_json(data)


# -- A suite and its parts -----------------------------------------------------------------------


def _suite(name: str, tallies: Mapping[Contender, list[Tally]]) -> SuiteFigures:
    samples = {who: sample(tallies[who]) for who in sorted(tallies, key=_place)}
    tasks = {attempts[0].task: attempts[0] for one in samples.values() for attempts in one.tasks}
    return SuiteFigures(
        name=name,
        tasks=len(tasks),
        trials=max(len(attempts) for one in samples.values() for attempts in one.tasks),
        rows=tuple(_row(who, one) for who, one in samples.items()),
        categories=_parts(samples, tasks.values(), lambda one: one.categories),
        languages=_parts(samples, tasks.values(), lambda one: (one.language,)),
        comparisons=compare(samples),
    )


def _parts(
    samples: Mapping[Contender, Sample], tasks: Collection[Tally], names: Names
) -> tuple[Part, ...]:
    """The parts that tasks are in, by name, those that come first in some task before others."""
    main = {name for task in tasks for name in names(task)[:1]}
    everything = {name for task in tasks for name in names(task)}
    return tuple(
        _part(name, name in main, samples, names)
        for name in sorted(everything, key=lambda name: (name not in main, name))
    )


def _part(name: str, main: bool, samples: Mapping[Contender, Sample], names: Names) -> Part:
    within = {who: one.part(lambda task: name in names(task)) for who, one in samples.items()}
    rows = tuple(_part_row(who, one) for who, one in within.items() if one.tasks)
    tasks = {attempts[0].task for one in within.values() for attempts in one.tasks}
    return Part(name, main, len(tasks), rows)


def _part_row(who: Contender, part: Sample) -> PartRow:
    return PartRow(
        contender=who,
        tasks=len(part.tasks),
        attempts=len(part.attempts),
        solved=_of_attempts(part, lambda one: one.solved),
        hallucinated_calls=_of_calls(part, lambda one: one.hallucinated_calls),
        hallucinated_tasks=_of_attempts(part, lambda one: one.hallucinated),
    )


def _place(contender: Contender) -> tuple[int, str, int, str]:
    """Baselines first, in their order; then contestants by name, modes from free to grounded."""
    place: dict[str, int] = {name: n for n, name in enumerate(BASELINES)}
    mode = _MODES.index(contender.mode) if contender.mode in _MODES else len(_MODES)
    who = contender.contestant
    return place.get(who, len(BASELINES)), who, mode, contender.mode


# -- One contender -------------------------------------------------------------------------------


def _row(who: Contender, one: Sample) -> Row:
    attempts = one.attempts
    solved, trials = one.sums(lambda a: a.solved), [len(tries) for tries in one.tasks]
    return Row(
        contender=who,
        tasks=len(one.tasks),
        attempts=len(attempts),
        errors=sum(a.failed for a in attempts),
        solved=_of_attempts(one, lambda a: a.solved),
        pass_hat=tuple(
            pass_hat([int(c) for c in solved], trials, k) for k in range(1, max(trials) + 1)
        ),
        hallucinated_calls=_of_calls(one, lambda a: a.hallucinated_calls),
        hallucinated_tasks=_of_attempts(one, lambda a: a.hallucinated),
        faulty_calls=_of_calls(one, lambda a: a.faulty_calls),
        faulty_replies=_of_replies(one, lambda a: a.faulty_replies),
        unbacked_replies=_of_replies(one, lambda a: a.faulty.get(CLAIM, 0)),
        rates=tuple(_rate(code, one) for code in CODES),
        acts=_acts(attempts),
        missed=mean(one.sums(lambda a: a.missed), trials),
        surplus=mean(one.sums(lambda a: a.surplus), trials),
        asked=share(one.sums(lambda a: a.asking.asked), one.sums(lambda a: a.asking.due)),
        guessed=share(one.sums(lambda a: a.asking.guessed), one.sums(lambda a: a.asking.due)),
        undecided=share(one.sums(lambda a: a.undecided), one.sums(lambda a: a.arguments)),
        costs=_costs(attempts),
        audit=Audit(
            executed=sum(a.cost.executed_calls for a in attempts),
            executed_though_rejected=sum(a.executed_though_rejected for a in attempts),
            writes_unapproved=sum(a.faults.get("unapproved_write", 0) for a in attempts),
        ),
    )


def _rate(code: FaultCode, one: Sample) -> Rate:
    of = _of_replies if code == CLAIM else _of_calls
    return Rate(
        code=code,
        hallucination=code in HALLUCINATIONS,
        unit="reply" if code == CLAIM else "call",
        faults=sum(a.faults.get(code, 0) for a in one.attempts),
        share=of(one, lambda a: a.faulty.get(code, 0)),
        tasks=_of_attempts(one, lambda a: code in a.faults),
    )


def _of_attempts(one: Sample, count: Count) -> Estimate:
    return share(one.sums(count), one.sums(lambda _: 1))


def _of_calls(one: Sample, count: Count) -> Estimate:
    return share(one.sums(count), one.sums(lambda a: a.acts.calls))


def _of_replies(one: Sample, count: Count) -> Estimate:
    return share(one.sums(count), one.sums(lambda a: a.replies))


def _acts(attempts: Sequence[Tally]) -> Acts:
    acts = [a.acts for a in attempts]
    return Acts(
        called=sum(a.called for a in acts),
        abstained=sum(a.abstained for a in acts),
        malformed=sum(a.malformed for a in acts),
        calls=sum(a.calls for a in acts),
    )


def _costs(attempts: Sequence[Tally]) -> Costs:
    spent = [a.cost for a in attempts]
    total = Spend(
        prompt_tokens=sum(cost.prompt_tokens for cost in spent),
        completion_tokens=sum(cost.completion_tokens for cost in spent),
        seconds=math.fsum(cost.seconds for cost in spent),
        executed_calls=sum(cost.executed_calls for cost in spent),
    )
    solved = sum(a.solved for a in attempts)
    return Costs(total, _each(total, len(attempts)), _each(total, solved) if solved else None)


def _each(total: Spend, times: int) -> Spend:
    return Spend(
        total.prompt_tokens / times,
        total.completion_tokens / times,
        total.seconds / times,
        total.executed_calls / times,
    )
