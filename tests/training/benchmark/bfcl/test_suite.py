"""The suite plays BFCL's cases as single decisions, and its baselines get what they should."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.engines.base import Message
from agent.engines.scripted import ScriptedEngine
from agent.options import Options
from tests.training.benchmark.bfcl.cases import GIVEN, a_case, write_files
from training.benchmark.bfcl.data import CATEGORIES, Case
from training.benchmark.records import Result
from training.benchmark.suite import BASELINES, Attempt, Baseline
from training.benchmark.suites.bfcl import bfcl_suite, messages_of, suite_of

BROKEN = '{"name": "tides", "arguments": {"port":'
QUESTION = "A ferry from Hull to Zeebrugge for 1 car."


async def play(case: Case, *acts: object) -> Result:
    suite = suite_of([case])
    engine = ScriptedEngine(list(acts))  # type: ignore[arg-type]
    async with suite.open() as table:
        return await table.play(Attempt(suite.tasks[0], "model", engine, Options(mode="free")))


async def baseline(suite: object, name: Baseline) -> Sequence[Result]:
    assert hasattr(suite, "open")
    results: list[Result] = []
    async with suite.open() as table:  # type: ignore[attr-defined]
        for task in suite.tasks:  # type: ignore[attr-defined]
            engine, mode = suite.baseline(name, task)  # type: ignore[attr-defined]
            results.append(await table.play(Attempt(task, name, engine, Options(mode=mode))))
    return results


def test_the_suite_has_a_task_for_each_case_in_bfcl_categories(tmp_path: Path):
    suite = bfcl_suite(write_files(tmp_path))
    assert [task.categories for task in suite.tasks] == [(category,) for category in CATEGORIES]
    assert suite.name == "bfcl"
    assert suite.digest == bfcl_suite(tmp_path).digest
    assert suite.digest != suite_of([a_case({})]).digest


@pytest.mark.parametrize("name", BASELINES)
async def test_gold_replay_solves_all_and_silence_only_what_wants_silence(
    tmp_path: Path, name: Baseline
):
    results = await baseline(bfcl_suite(write_files(tmp_path)), name)
    solved = {one.categories[0] for one in results if one.solved}
    quiet = {"irrelevance", "live_irrelevance"}
    assert solved == ({*CATEGORIES} if name == "gold replay" else quiet)


async def test_a_wrong_call_is_told_with_its_place():
    case = a_case({"cars": [1]}, question=QUESTION)
    result = await play(case, ("ferries.search", {"from_port": "Hull", "to_port": "Zeebrugge"}))
    assert result.unsolved == ("missing_parameter at ferries.search/cars: cars is wanted",)
    assert [one.kind for one in result.proposals] == ["called"]


async def test_a_call_where_none_helps_is_surplus():
    result = await play(
        a_case(category="irrelevance", question=QUESTION), ("tides", {"port": "Hull"})
    )
    assert result.surplus == ("tides",)
    assert result.unsolved == ("tides was called and should not have been",)


async def test_declining_where_a_call_was_wanted_is_told():
    result = await play(a_case({}, question=QUESTION), ("decline", {"reason": "out_of_scope"}))
    assert (result.missed, result.unsolved) == (
        ("ferries.search",), ("a call was wanted and none came",)
    )  # fmt: skip


async def test_a_broken_call_is_no_abstention():
    result = await play(a_case(category="irrelevance", question=QUESTION), *[BROKEN] * 4)
    assert result.unsolved == ("no call could be read and cleared",)
    assert {one.kind for one in result.proposals} == {"malformed"}


async def test_an_act_may_hold_as_many_calls_as_the_longest_answer():
    answers = [{"cars": [cars]} for cars in range(1, 7)]
    question = "Ferries from Hull to Zeebrugge for 1, 2, 3, 4, 5 and 6 cars."
    case = a_case(*answers, category="parallel", question=question)
    act = tuple(("ferries.search", {**GIVEN, "cars": cars}) for cars in range(1, 7))
    result = await play(case, act)
    assert result.solved


def test_what_the_system_says_is_said_before_the_question():
    case = a_case({})
    told = (Message("system", "Today is Monday."), *case.messages, Message("assistant", "When?"))
    changed = Case(case.id, case.category, (*told, Message("user", "Now.")), case.functions)
    assert [(one.role, one.content) for one in messages_of(changed)] == [
        ("user", "Today is Monday.\n\nA ferry, please."),
        ("assistant", "When?"),
        ("user", "Now."),
    ]
