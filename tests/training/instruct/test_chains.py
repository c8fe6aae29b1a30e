"""Chains over any tools: ids of results become arguments, every call really answered."""

from __future__ import annotations

import random
from datetime import date

import pytest

from tests.training.library.document import tools, weather
from training.instruct.chains import Link, NotAnsweredError, Walker, links, rehearsal
from training.simulate.samples import fits

TODAY = date(2026, 11, 22)
LIBRARY = tuple(tools().values())


def test_an_id_that_one_tool_shows_is_what_another_needs():
    found = links(LIBRARY)
    assert Link("findBooks", "id", "lendBook", "book_id", "book") in found
    assert Link("lendBook", "id", "giveBack", "loan_id", "loan") in found
    assert not [link for link in found if link.giver == "giveBack"], "it shows nothing"
    assert all(link.giver != link.taker for link in found)


def test_tools_of_other_apis_give_and_need_nothing_here():
    foreign = [one.tool for one in weather()]
    assert links([*LIBRARY, *foreign]) == links(LIBRARY)


@pytest.mark.parametrize("seed", range(12))
async def test_a_chain_keeps_every_schema_and_takes_its_ids_from_results(seed: int):
    async with rehearsal(LIBRARY, seed) as execute:
        steps = await Walker(LIBRARY, links(LIBRARY), random.Random(seed), TODAY, execute).walk(4)
    assert isinstance(steps, tuple)
    assert len({step.tool.name for step in steps}) == len(steps) <= 4
    for number, step in enumerate(steps):
        assert fits(step.tool.parameters, step.arguments)
        if number:
            assert step.link is not None
            row = steps[step.source].rows[step.position]
            assert step.arguments[step.link.argument] == row[step.link.shown]
            assert step.link.argument not in [slot.name for slot in step.said]


async def test_the_same_seed_gives_the_same_chain():
    async def walked() -> object:
        async with rehearsal(LIBRARY, 3) as execute:
            walker = Walker(LIBRARY, links(LIBRARY), random.Random(3), TODAY, execute)
            return await walker.walk(3)

    assert await walked() == await walked()


async def test_what_is_not_answered_is_no_step():
    async with rehearsal(LIBRARY, 1) as execute:
        await execute(tools()["giveBack"], {"loan_id": "loan_1"})
        with pytest.raises(NotAnsweredError, match="not_found"):
            await execute(tools()["getLoan"], {"loan_id": "loan_1"})
