"""Our BFCL scorer beside bfcl-eval's own AST checker: the same verdict, and how fast.

Both judge the right answer to every Python AST case, and mutants of each: renamed, extra, unasked
and missing parameters, wrong types, values, items and functions, calls too many and too few, and
changes that a scorer should forgive. A disagreement is listed with its reason; ours must be the
stricter one. bfcl-eval's checker is taken from the package that holds the data and needs nothing
but the standard library once its table of models, which it only asks whether a model writes dots
as underscores, is replaced.

    python -m bench.bfcl_agreement [--data WHEEL_OR_FOLDER] [--seed N] [--out DIR]
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from agent.calls import ProposedCall
from bench.bfcl_grounding import measure as measure_grounding
from bench.bfcl_grounding import report as report_grounding
from tools.errors import BenchmarkDataMissing
from training.benchmark.bfcl.data import CALLING, Answer, Case, find_bfcl, read_cases
from training.benchmark.bfcl.gold import any_arguments, gold_calls
from training.benchmark.bfcl.mutants import Calls, mutants
from training.benchmark.bfcl.scorer import Verdict, score
from training.benchmark.records import ProposalKind

GOLD = "right answer"
_ROUNDS = 5

Checker = Callable[[Case, Calls], "Theirs"]


@dataclass(frozen=True, slots=True)
class Theirs:
    """bfcl-eval's verdict; `error_type` is its own name for the first fault, or the exception."""

    valid: bool
    error_type: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One reply, judged by both."""

    case: str
    change: str
    calls: Calls
    ours: Verdict
    theirs: Theirs

    @property
    def reason(self) -> str:
        """Why the verdicts differ; "" where they agree."""
        if self.ours.valid == self.theirs.valid:
            return ""
        side = "ours is looser" if self.ours.valid else "ours is stricter"
        if self.theirs.error_type.endswith("cannot_find_match") and self.ours.valid:
            return f"{side}: they give each answer the first call that fits, and one is left over"
        if self.ours.kind == "malformed":
            return f"{side}: a malformed call is no abstention"
        faults = sorted({fault.code for fault in self.ours.faults}) or ["calls left over"]
        return f"{side}: {', '.join(faults)} ({self.theirs.error_type or 'valid'} for them)"


@dataclass(frozen=True, slots=True)
class Agreement:
    """All judgements, and the seconds that each scorer took for the right answers."""

    judgements: Sequence[Judgement]
    ours_seconds: float
    theirs_seconds: float

    @property
    def differing(self) -> Sequence[Judgement]:
        """The judgements with a reason."""
        return [one for one in self.judgements if one.reason]


def bfcl_checker(data: Path | None) -> Checker:
    """bfcl-eval's own checker, out of the package that `data` names (see `find_bfcl`).

    Raises `BenchmarkDataMissing` where the data lies without the package.
    """
    find_bfcl(data)
    places = [str(place) for place in [data, *(data.parents if data else ())][:3] if place]
    with _apart(places):
        try:
            checker = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker")
            language = importlib.import_module("bfcl_eval.constants.enums").Language.PYTHON
        except ImportError as error:
            raise BenchmarkDataMissing(f"bfcl-eval's checker is not there: {error}") from error

    def check(case: Case, calls: Calls) -> Theirs:
        said = [{call.name: call.arguments} for call in calls]
        answers = [_written(answer) for answer in case.answers]
        functions = list(case.functions)
        try:
            verdict = checker.ast_checker(
                functions, said, answers, language, case.category, "any-model"
            )
        except (AttributeError, TypeError, KeyError, IndexError) as error:
            return Theirs(valid=False, error_type=f"crashed: {type(error).__name__}")
        return Theirs(verdict["valid"], verdict.get("error_type", ""))

    return check


@contextmanager
def _apart(places: Sequence[str]) -> Generator[None]:
    """Import from `places` with a stub of bfcl-eval's models, and leave no trace of it after."""
    before, path = {*sys.modules}, [*sys.path]
    stub = ModuleType("bfcl_eval.constants.model_config")
    stub.__dict__["MODEL_CONFIG_MAPPING"] = _AnyModel()
    sys.path[:0] = places
    sys.modules[stub.__name__] = stub
    try:
        yield
    finally:
        sys.path[:] = path
        for name in {*sys.modules} - before:
            if name.startswith("bfcl_eval"):
                del sys.modules[name]


class _AnyModel(dict[str, Any]):
    """A table in which every model writes function names as they are."""

    def __missing__(self, _: str) -> SimpleNamespace:
        return SimpleNamespace(underscore_to_dot=False)


def _written(answer: Answer) -> Mapping[str, Any]:
    return {answer.name: answer.accepted}


def compare(cases: Sequence[Case], check: Checker, seed: int) -> Agreement:
    """Judge the right answer to each case and its mutants with both scorers."""
    calling = [case for case in cases if case.expects == "these calls"]
    others = [case for case in cases if case.expects != "these calls"]
    gold = [(case, gold_calls(case)) for case in calling]
    judgements = [
        *(one for case, calls in gold for one in _judgements(case, calls, check, seed)),
        *(one for case in others for one in _relevance(case)),
    ]
    ours = _fastest(lambda: [score(case, "called", calls) for case, calls in gold])
    theirs = _fastest(lambda: [check(case, calls) for case, calls in gold])
    return Agreement(judgements, ours, theirs)


def _judgements(case: Case, calls: Calls, check: Checker, seed: int) -> Iterator[Judgement]:
    yield _judge(case, GOLD, calls, check)
    for mutant in mutants(case, calls, Random(f"{seed} {case.id}")):
        yield _judge(case, mutant.change, mutant.calls, check)


def _relevance(case: Case) -> Iterator[Judgement]:
    """Judge the kinds of reply there are where BFCL only asks whether a call was made.

    It calls every reply a call that decodes into one and is not empty, and all others none
    (`eval_runner._evaluate_single_relevance_entry`).
    """
    replies: list[tuple[str, ProposalKind, Calls]] = [
        ("abstained", "abstained", ()),
        ("malformed", "malformed", ()),
        ("invented function", "called", (ProposedCall("c1", "made_up", {}),)),
    ]
    for function in case.functions[:1]:
        arguments = any_arguments(function["parameters"])
        replies.append(("called", "called", (ProposedCall("c1", function["name"], arguments),)))
    for what, kind, calls in replies:
        theirs = Theirs((kind == "called") == (case.expects == "some call"))
        change = f"{case.category}: {what}"
        yield Judgement(case.id, change, calls, score(case, kind, calls), theirs)


def _judge(case: Case, change: str, calls: Calls, check: Checker) -> Judgement:
    verdict = score(case, "called" if calls else "abstained", calls)
    return Judgement(case.id, change, calls, verdict, check(case, calls))


def _fastest(run: Callable[[], object]) -> float:
    """CPU seconds of the fastest of several runs."""
    seconds: list[float] = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        run()
        seconds.append(time.process_time() - started)
    return min(seconds)


def report(agreement: Agreement, console: Console) -> None:
    """Print the counts by kind of change, the reasons for disagreements, and the speed."""
    table = Table("reply", "judged", "both valid", "both invalid", "ours stricter", "ours looser")
    for change, ones in _by_change(agreement.judgements):
        table.add_row(
            change,
            *(
                str(
                    sum((one.ours.valid, one.theirs.valid) == pair for one in ones)
                    if pair
                    else len(ones)
                )
                for pair in (None, (True, True), (False, False), (False, True), (True, False))
            ),
        )
    console.print(table)
    for reason, count in Counter(one.reason for one in agreement.differing).most_common():
        console.print(f"{count:6}  {reason}")
    ratio = agreement.ours_seconds / agreement.theirs_seconds
    gold = sum(one.change == GOLD for one in agreement.judgements)
    console.print(
        f"{len(agreement.judgements)} replies judged, {len(agreement.differing)} disagreements\n"
        f"scoring {gold} right answers: {agreement.ours_seconds:.3f} s CPU, "
        f"{ratio:.2f}x bfcl-eval's checker ({agreement.theirs_seconds:.3f} s)"
    )


def _by_change(judgements: Sequence[Judgement]) -> Iterator[tuple[str, Sequence[Judgement]]]:
    for change in dict.fromkeys(one.change for one in judgements):
        yield change, [one for one in judgements if one.change == change]


def main() -> None:
    """Compare, measure grounding, report."""
    parser = argparse.ArgumentParser(description="Our BFCL scorer beside bfcl-eval's")
    parser.add_argument("--data", type=Path, help="bfcl-eval's wheel, or a folder with its data")
    parser.add_argument("--seed", type=int, default=0, help="which mutants are made")
    parser.add_argument("--out", type=Path, help="folder for the disagreements as JSON")
    chosen = parser.parse_args()
    console = Console(width=120)
    cases = read_cases(find_bfcl(chosen.data))
    agreement = compare(cases, bfcl_checker(chosen.data), chosen.seed)
    report(agreement, console)
    calling = [case for case in cases if case.category in CALLING]
    grounding = measure_grounding(calling, chosen.seed)
    report_grounding(grounding, console)
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        differing = [{"reason": one.reason, **asdict(one)} for one in agreement.differing]
        _write(chosen.out / "disagreements.json", differing)
        _write(chosen.out / "grounding.json", [asdict(one) for one in grounding])


def _write(path: Path, value: object) -> None:
    path.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
