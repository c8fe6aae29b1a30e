"""Rows as single decisions."""

from __future__ import annotations

from agent.engines.base import Message
from training.benchmark.openapi.rows import Row
from training.benchmark.openapi.scorer import scorer_of
from training.benchmark.single import SingleTask


def task_of(row: Row) -> SingleTask:
    """The task of a row, with its scorer."""
    return SingleTask(
        id=row.id,
        template=row.template,
        categories=row.categories,
        language=row.language,
        messages=(Message("user", row.question),),
        tools=tuple(offered.tool for offered in row.tools),
        now=row.now,
        gold=row.gold,
        score=scorer_of(row),
    )
