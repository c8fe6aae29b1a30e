"""ReACT and DFSDT as published: what failed stays in the conversation, and is read there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.training.annotate.moves import Move, Scripted, gold
from training.annotate.practice import PracticePlace
from training.annotate.proposing import GaveUp
from training.annotate.search import Budget
from training.annotate.stage import annotate
from training.annotate.strategies import Dfsdt, React, Strategy
from training.records import Chain, Instruction
from training.scenarios.scenario import Scenario

pytestmark = pytest.mark.asyncio(loop_scope="session")

DONE = '{"name":"finish","arguments":{"topic":"done"}}'
DECLINE = '{"name":"decline","arguments":{"reason":"not_possible"}}'
NO_TOOL = '{"name":"buy_flight","arguments":{}}'
ORDERS = '{"name":"list_flight_orders","arguments":{}}'
GOLD: Sequence[Move] = [gold(n) for n in range(4)]


async def search(
    strategy: Strategy,
    scenario: Scenario,
    place: PracticePlace,
    moves: Sequence[Move],
    budget: Budget | None = None,
) -> tuple[Chain, Scripted]:
    proposer = Scripted(moves)
    row = Instruction(scenario.id, scenario, ("flights", "hotels"))
    return await annotate(row, place, proposer, (strategy, budget or Budget()), seed=1), proposer


@pytest.fixture
def flight(scenarios: dict[str, Scenario]) -> Scenario:
    return scenarios["en-flight-1"]


def rejected(chain: Chain) -> int:
    return sum(event.type == "call_rejected" for event in chain.events)


@pytest.mark.parametrize("strategy", [React(), React(chains=5), Dfsdt()])
async def test_an_error_is_gone_on_from_and_stays_in_the_log(
    strategy: Strategy, practice: PracticePlace, flight: Scenario
):
    chain, _ = await search(strategy, flight, practice, [NO_TOOL, *GOLD])
    assert chain.solved
    assert rejected(chain) == 1
    assert chain.branches == ()


async def test_react_ends_where_the_model_gives_up(practice: PracticePlace, flight: Scenario):
    chain, _ = await search(React(), flight, practice, [GOLD[0], GaveUp()])
    assert not chain.solved
    assert chain.effort.nodes == 1


async def test_react_n_begins_again_and_executes_again(practice: PracticePlace, flight: Scenario):
    chain, _ = await search(React(chains=3), flight, practice, [GOLD[0], GaveUp(), *GOLD])
    assert chain.solved
    assert chain.effort.repeated_calls == 1


async def test_react_n_ends_with_its_budget(practice: PracticePlace, flight: Scenario):
    moves = [GOLD[0], GaveUp()] * 3
    chain, proposer = await search(
        React(chains=100), flight, practice, moves, Budget(model_calls=5)
    )
    assert not chain.solved
    assert len(proposer.situations) == 5


async def test_dfsdt_abandons_the_node_where_the_model_gives_up_and_asks_to_differ(
    practice: PracticePlace, flight: Scenario
):
    moves = [ORDERS, GaveUp(), *GOLD]
    chain, proposer = await search(Dfsdt(), flight, practice, moves)
    assert chain.solved
    asked = proposer.situations
    assert [one.act for one in asked[2].tried] == [ORDERS]
    assert all(one.tried == () for one in (*asked[:2], *asked[3:]))
    assert all(event.text != ORDERS for event in chain.events if event.type == "act_proposed")


async def test_dfsdt_tries_no_more_than_its_width(practice: PracticePlace, flight: Scenario):
    moves = [ORDERS, GaveUp(), DONE, GaveUp()]
    chain, proposer = await search(Dfsdt(), flight, practice, moves)
    assert not chain.solved
    assert len(proposer.situations) == len(moves)


async def test_dfsdt_abandons_two_nodes_after_a_chain_that_is_too_long(
    practice: PracticePlace, flight: Scenario
):
    # At depth 2: the two acts of the first chain, then a second act at the root.
    moves = [ORDERS, GOLD[0], DECLINE, DONE]
    chain, proposer = await search(Dfsdt(), flight, practice, moves, Budget(depth=2))
    assert not chain.solved
    assert [len(one.path) for one in proposer.situations] == [0, 1, 0, 1]


async def test_dfsdt_executes_in_a_sibling_what_its_sibling_executed(
    practice: PracticePlace, flight: Scenario
):
    moves = [ORDERS, GOLD[0], GaveUp(), GaveUp(), *GOLD]
    chain, _ = await search(Dfsdt(), flight, practice, moves)
    assert chain.solved
    assert chain.effort.repeated_calls == 1
