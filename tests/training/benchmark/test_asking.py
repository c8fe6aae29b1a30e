"""Where a value is missing, a model may ask for it, make it up, or do something else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from agent.options import Options
from tests.agent.bench import BUY, DONE, FIND, Bench
from tests.training.benchmark.conftest import Replays
from training.benchmark.asking import asking
from training.benchmark.judge import Judge
from training.benchmark.records import Asking
from training.scenarios.scenario import Act, Call

ASK = ("ask_user", {"about": ["on"]})
GUESS = ("find_items", {"on": "2027-01-01"})
GOLD: tuple[Act, ...] = (
    (Call("ask_user", {"about": ["on"]}),),
    (Call("find_items", {"on": "2026-11-23"}),),
    (Call("present", {"result": "$result"}),),
    (Call("ask_user", {"about": ["contact_email"]}),),
    (Call("buy_item", {"item_id": "it_aa", "contact_email": "ada@example.com"}),),
    (Call("finish", {"topic": "done"}),),
)


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[Bench]:
    bench = Bench(options=Options(mode="free"))
    yield bench
    await bench.agent.aclose()
    await bench.client.aclose()


async def counted(bench: Bench, *turns: tuple[Any, ...], gold: tuple[Act, ...] = GOLD) -> Asking:
    key = await bench.agent.start()
    for text, *acts in turns:
        await bench.say(key, text, *acts)
    return asking(await bench.agent.events(key), gold, Judge(bench.catalog.specs))


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([ASK], Asking(due=1, asked=1)),
        ([("ask_user", {"about": ["contact_email", "on"]})], Asking(due=1, asked=1)),
        ([("ask_user", {"about": "on"}), ASK], Asking(due=1, asked=1)),
        ([GUESS, ASK], Asking(due=1, guessed=1)),
        ([("find_items", {"on": "soon"}), DONE], Asking(due=1, guessed=1)),
        ([("no_such_tool", {"on": "2027-01-01"}), DONE], Asking(due=1, guessed=1)),
        ([("find_items", {}), DONE], Asking(due=1)),
        ([("decline", {"reason": "unsafe"})], Asking(due=1)),
        ([("ask_user", {"about": ["contact_email"]})], Asking(due=1)),
        (["Which day?", DONE], Asking(due=1)),
    ],
)
async def test_a_missing_value_is_asked_for_or_guessed(
    shop: Bench, acts: list[Any], expected: Asking
):
    assert await counted(shop, ("A lamp please", *acts)) == expected


async def test_nothing_is_due_once_the_person_has_said_it(shop: Bench):
    told = await counted(shop, ("A lamp for tomorrow please", GUESS, DONE))
    assert told == Asking()


async def test_every_turn_without_the_value_is_a_decision_of_its_own(shop: Bench):
    told = await counted(shop, ("A lamp please", ASK), ("Any lamp", ASK), ("Tomorrow", FIND, DONE))
    assert told == Asking(due=2, asked=2)


async def test_what_is_due_follows_the_calls_that_were_made(shop: Bench):
    shown = ("present", {"result": "c1"})
    told = await counted(
        shop,
        ("A lamp for tomorrow please", FIND, shown),
        ("Buy the first one", ("ask_user", {"about": ["contact_email"]})),
        ("ada@example.com", BUY),
    )
    assert told == Asking(due=1, asked=1)


async def test_a_made_up_address_is_a_guess_too(shop: Bench):
    eve = ("buy_item", {"item_id": "it_aa", "contact_email": "eve@example.com"})
    told = await counted(
        shop,
        ("A lamp for tomorrow please", FIND, ("present", {"result": "c1"})),
        ("Buy the first one", eve, DONE),
    )
    assert told == Asking(due=1, guessed=1)


async def test_where_the_gold_does_not_ask_nothing_is_due(shop: Bench):
    gold = tuple(act for act in GOLD if act[0].name != "ask_user")
    assert await counted(shop, ("A lamp please", GUESS, DONE), gold=gold) == Asking()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_gold_replay_always_asks(replays: Replays, travel_judge: Judge):
    for scenario, events in replays:
        told = asking(events, scenario.gold, travel_judge)
        questions = sum(call.name == "ask_user" for act in scenario.gold for call in act)
        assert told == Asking(due=questions, asked=questions), scenario.id
