"""The suite ``bfcl``: the leaderboard's single-turn cases, decided like a client's own tools.

The questions tell no time, so the clock stands still at `NOW`, in the spring that most of their
dates lie in. Each category is one of BFCL's, so that figures can be read beside the leaderboard's;
what counts as right is `training.benchmark.bfcl.scorer`'s verdict on the calls that were cleared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import orjson

from agent.acts import MAX_CALLS, act_text
from agent.calls import ProposedCall
from agent.engines.base import Message
from training.benchmark.bfcl.data import Case, find_bfcl, read_cases
from training.benchmark.bfcl.gold import any_arguments, gold_calls
from training.benchmark.bfcl.scorer import Verdict, score
from training.benchmark.bfcl.tools import tool_of
from training.benchmark.records import ProposalKind
from training.benchmark.single import Outcome, Score, SingleSuite, SingleTask, reply
from training.benchmark.suite import Suite

NAME = "bfcl"
NOW = "2023-03-01T09:00:00+00:00"
_LANGUAGE = "en"


def bfcl_suite(path: Path | None = None) -> Suite:
    """The suite over BFCL's files, found as `training.benchmark.bfcl.data.find_bfcl` says.

    An act may hold as many calls as the longest answer wants. Raises
    `tools.errors.BenchmarkDataMissing`.
    """
    return suite_of(read_cases(find_bfcl(path)))


def suite_of(cases: Sequence[Case]) -> SingleSuite:
    """The suite over these cases."""
    return SingleSuite(
        NAME,
        hashlib.sha256(orjson.dumps([NOW, cases])).hexdigest(),
        [task_of(case) for case in cases],
        most_calls=max([MAX_CALLS, *(len(case.answers) for case in cases)]),
        # Some answers break their own function's schema, so gold is played unguided.
        gold_mode="free",
    )


def task_of(case: Case) -> SingleTask:
    """A case as one decision to make."""
    return SingleTask(
        id=case.id,
        template=case.category,
        categories=(case.category,),
        language=_LANGUAGE,
        messages=messages_of(case),
        tools=tuple(map(tool_of, case.functions)),
        now=NOW,
        gold=(_gold(case),),
        score=partial(_score, case),
    )


def messages_of(case: Case) -> tuple[Message, ...]:
    """The question; what the system says goes before what the user says, for it holds values."""
    return tuple(_messages(case))


def _messages(case: Case) -> Iterator[Message]:
    said: list[str] = []
    for message in case.messages:
        if message.role == "system":
            said.append(message.content)
        elif message.role == "user":
            yield Message("user", "\n\n".join([*said, message.content]))
            said.clear()
        else:
            yield message


def _gold(case: Case) -> str:
    match case.expects:
        case "these calls":
            return act_text([(call.name, call.arguments) for call in gold_calls(case, least=True)])
        case "some call":
            function = case.functions[0]
            return act_text([(function["name"], any_arguments(function["parameters"]))])
        case "no call":
            return reply("decline", reason="out_of_scope")


def _score(case: Case, outcome: Outcome) -> Score:
    calls = [ProposedCall(call.id, call.tool.name, call.arguments) for call in outcome.calls]
    kind: ProposalKind = "called" if calls else "abstained" if outcome.abstained else "malformed"
    verdict = score(case, kind, calls)
    return Score(tuple(_reasons(verdict)), verdict.missed, verdict.surplus)


def _reasons(verdict: Verdict) -> Iterator[str]:
    """Why the case is not solved, in words."""
    if verdict.kind == "malformed":
        yield "no call could be read and cleared"
    elif verdict.wanted and verdict.kind == "abstained":
        yield "a call was wanted and none came"
    for fault in verdict.faults:
        yield f"{fault.code} at {fault.name}{fault.pointer}: {fault.message}"
    for name in verdict.missed if verdict.kind == "called" else ():
        yield f"{name} was not called as wanted"
    for name in verdict.surplus:
        yield f"{name} was called and should not have been"
