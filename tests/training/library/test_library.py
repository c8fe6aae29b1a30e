"""The library itself: it keeps its document, and chains over it can be walked on it for real."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import jsonschema_rs
import pytest_asyncio

from tests.training.library.document import tools
from tests.training.library.server import library
from tools.executor import Api, Executor
from tools.outcome import Success
from tools.spec import ToolSpec
from training.instruct.chains import NotAnsweredError, Walker, links

LIBRARY = tuple(tools().values())


@pytest_asyncio.fixture
async def executor() -> AsyncIterator[Executor]:
    transport = httpx.ASGITransport(library())
    async with httpx.AsyncClient(transport=transport) as client:
        yield Executor({"library": Api("http://library.example")}, client=client)


async def answered(executor: Executor, tool: ToolSpec, arguments: Any) -> Any:
    outcome = await executor.execute(tool, arguments)
    if not isinstance(outcome, Success):
        raise NotAnsweredError(getattr(outcome, "code", ""))
    if tool.returns is not None:
        assert jsonschema_rs.is_valid(dict(tool.returns), outcome.body, validate_formats=True)
    return outcome.body


async def test_a_book_is_found_lent_extended_and_given_back(executor: Executor):
    async def call(name: str, **arguments: Any) -> Any:
        return await answered(executor, tools()[name], arguments)

    found = await call("findBooks", author="Ursula K. Le Guin")
    loan = await call("lendBook", book_id=found[0]["id"], member_id="M10442")
    assert (loan["weeks"], loan["due_on"]) == (3, "2026-12-13")
    assert (await call("extendLoan", loan_id=loan["id"], weeks=5))["due_on"] == "2026-12-27"
    assert [one["id"] for one in await call("listLoans", member_id="M10442")] == [loan["id"]]
    await call("giveBack", loan_id=loan["id"])
    assert await call("listLoans", member_id="M10442") == []


async def test_chains_are_walked_on_a_running_server_as_in_a_simulated_world(executor: Executor):
    async def execute(tool: ToolSpec, arguments: Any) -> Any:
        return await answered(executor, tool, arguments)

    walker = Walker(LIBRARY, links(LIBRARY), random.Random(4), date(2026, 11, 22), execute)
    walks = [await walker.walk(3) for _ in range(40)]
    chains = [steps for steps in walks if isinstance(steps, tuple) and len(steps) > 1]
    assert chains
    for steps in chains:
        link = steps[-1].link
        assert link is not None
        row = steps[steps[-1].source].rows[steps[-1].position]
        assert steps[-1].arguments[link.argument] == row[link.shown]
