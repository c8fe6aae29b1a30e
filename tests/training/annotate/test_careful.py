"""Our search: what fails is taken back, learnt from, and never kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson
import pytest

from agent.acts import act_text
from agent.events import Event
from agent.offer import offer
from tests.training.annotate.moves import Move, Scripted, gold
from training.annotate.mistakes import Rates
from training.annotate.planner import Planner
from training.annotate.practice import PracticePlace
from training.annotate.proposing import GaveUp, Situation
from training.annotate.search import Budget
from training.annotate.stage import annotate
from training.annotate.strategies import Careful
from training.benchmark.judge import Judge
from training.records import Chain, Instruction
from training.scenarios.scenario import Scenario

pytestmark = pytest.mark.asyncio(loop_scope="session")

DONE = '{"name":"finish","arguments":{"topic":"done"}}'
ORDERS = '{"name":"list_flight_orders","arguments":{}}'
UNSAID = act_text(
    [("search_flights", {"origin": "BER", "destination": "OSL", "departure_date": "2027-03-03"})]
)
SURE = Rates(0, 0, 0, 0)


async def search(
    scenario: Scenario,
    place: PracticePlace,
    moves: Sequence[Move],
    budget: Budget | None = None,
    strategy: Careful | None = None,
) -> tuple[Chain, Scripted]:
    proposer = Scripted(moves)
    how = strategy or Careful(), budget or Budget()
    row = Instruction(scenario.id, scenario, ("flights", "hotels"))
    return await annotate(row, place, proposer, how, seed=1), proposer


def kinds(events: Sequence[Event]) -> list[str]:
    return [event.type for event in events]


def acts(chain: Chain) -> list[str]:
    return [event.text for event in chain.events if event.type == "act_proposed"]


def assert_clean(chain: Chain, place: PracticePlace) -> None:
    """The kept log is a conversation that was held without a fault, and replays as one."""
    assert "call_rejected" not in kinds(chain.events)
    assert all(event.ok for event in chain.events if event.type == "call_observed")
    catalog = place.catalog(chain.instruction)
    state = offer(catalog).fold.replay(chain.events)
    assert state.position == len(chain.events)
    proposals = Judge(catalog.specs).judge(chain.events)
    assert [fault for one in proposals for fault in one.faults] == []
    assert [one.event for one in proposals] == [
        place for place, event in enumerate(chain.events) if event.type == "act_proposed"
    ]


@pytest.fixture
def flight(scenarios: dict[str, Scenario]) -> Scenario:
    return scenarios["en-flight-1"]


async def test_a_right_chain_is_kept_as_it_was_played(practice: PracticePlace, flight: Scenario):
    chain, _ = await search(flight, practice, [gold(n) for n in range(4)])
    assert (chain.solved, chain.unsolved, chain.branches) == (True, (), ())
    assert chain.effort.model_calls == chain.effort.nodes == 4
    assert chain.effort.api_calls == 3  # the search, the price before the approval, the booking
    assert_clean(chain, practice)


async def test_a_rejected_act_is_mended_with_the_fault_in_view(
    practice: PracticePlace, flight: Scenario
):
    moves = [UNSAID, *(gold(n) for n in range(4))]
    chain, proposer = await search(flight, practice, moves)
    assert chain.solved
    (branch,) = chain.branches
    assert (branch.position, branch.act, branch.reason) == (2, UNSAID, "ungrounded_value")
    (shown,) = proposer.situations[1].tried
    assert shown.detail == branch.detail
    assert "nothing that the user said or a result held gives 'OSL'" in branch.detail
    assert_clean(chain, practice)


async def test_who_repeats_a_sibling_is_turned_down_before_it_runs(
    practice: PracticePlace, flight: Scenario
):
    otherwise = orjson.loads(UNSAID)
    otherwise["arguments"] = {"adults": 1, **otherwise["arguments"]}
    moves = [UNSAID, orjson.dumps(otherwise).decode(), *(gold(n) for n in range(4))]
    chain, _ = await search(flight, practice, moves)
    assert chain.solved
    assert (chain.effort.model_calls, chain.effort.nodes) == (6, 5)
    assert len(chain.branches) == 1


async def test_who_gives_up_goes_back_to_where_another_way_is_left(
    practice: PracticePlace, flight: Scenario
):
    chain, _ = await search(flight, practice, [DONE, GaveUp(), *(gold(n) for n in range(4))])
    assert chain.solved
    assert [(one.act, one.reason) for one in chain.branches] == [(DONE, "dead_end")]
    assert_clean(chain, practice)


async def test_a_wrong_booking_ends_its_branch_and_its_world(
    practice: PracticePlace, flight: Scenario
):
    def wrong(situation: Situation) -> str:
        (call,) = situation.scenario.gold[2]
        other = replace(call, arguments={**call.arguments, "offer_id": "$offer3"})
        changed = replace(situation.scenario, gold=((other,),))
        return gold(0)(replace(situation, scenario=changed))

    moves = [gold(0), gold(1), wrong, gold(2), gold(3)]
    chain, proposer = await search(flight, practice, moves)
    assert chain.solved
    assert len(proposer.situations) == len(moves)  # nobody was asked how to go on from there
    assert [one.reason for one in chain.branches] == ["dead_end"]
    assert "off_" in chain.branches[0].act
    assert_clean(chain, practice)


async def test_no_call_is_executed_twice_in_the_same_world(
    practice: PracticePlace, flight: Scenario
):
    moves = [ORDERS, gold(0), GaveUp(), GaveUp(), *(gold(n) for n in range(4))]
    chain, _ = await search(flight, practice, moves)
    assert chain.solved
    assert chain.effort.api_calls == 4  # the orders; then the search, for both branches
    assert chain.effort.repeated_calls == 0
    assert_clean(chain, practice)


async def test_what_fails_for_the_moment_is_sent_again_without_asking(
    practice: PracticePlace, flight: Scenario
):
    busy = {"once": [{"operation": "search_flights", "fault": "rate_limited"}]}
    moves = [gold(n) for n in range(4)]
    chain, _ = await search(replace(flight, faults=busy), practice, moves)
    assert chain.solved
    assert (chain.effort.model_calls, chain.effort.failed_calls) == (4, 1)
    assert chain.branches == ()
    assert_clean(chain, practice)


async def test_what_the_scenario_lets_fail_belongs_to_the_chain(
    practice: PracticePlace, scenarios: dict[str, Scenario]
):
    moved = scenarios["en-fault-price"]
    row = Instruction(moved.id, moved, ("flights", "hotels"))
    chain = await annotate(row, practice, Planner(SURE), (Careful(), Budget()), seed=1)
    assert chain.solved
    codes = [event.code for event in chain.events if event.type == "call_observed" and event.code]
    assert codes == ["price_changed"]


async def test_when_the_budget_ends_what_was_reached_is_kept(
    practice: PracticePlace, flight: Scenario
):
    moves = [UNSAID, gold(0), gold(1)]
    chain, _ = await search(flight, practice, moves, Budget(model_calls=3))
    assert not chain.solved
    assert chain.unsolved[0].startswith("missing confirmed flight order")
    assert [text[:25] for text in acts(chain)] == [
        '{"name":"search_flights",',
        '{"name":"present","argume',
    ]
    assert [one.reason for one in chain.branches] == ["ungrounded_value"]
    assert_clean(chain, practice)


async def test_a_chain_that_grows_too_long_is_a_dead_end(practice: PracticePlace, flight: Scenario):
    moves = [gold(0), gold(1), GaveUp(), *[GaveUp()] * 2]
    chain, _ = await search(flight, practice, moves, Budget(depth=2))
    assert not chain.solved
    assert len(acts(chain)) == 2


async def test_a_chain_whose_goal_does_not_hold_is_not_kept(
    practice: PracticePlace, flight: Scenario
):
    decline = '{"name":"decline","arguments":{"reason":"not_possible"}}'
    moves = [decline, decline, *[GaveUp()] * 2]
    chain, _ = await search(flight, practice, moves)
    assert not chain.solved
    assert chain.unsolved


async def test_siblings_side_by_side_do_not_depend_on_who_is_faster(
    practice: PracticePlace, flight: Scenario
):
    row = Instruction(flight.id, flight, ("flights", "hotels"))
    how = Careful(abreast=3), Budget()
    often = Rates(0.2, 0.3, 0.1, 0.1)
    chains = [await annotate(row, practice, Planner(often), how, seed=n) for n in range(6)]
    again = [await annotate(row, practice, Planner(often), how, seed=n) for n in range(6)]
    assert chains == again
    assert any(chain.branches for chain in chains)
    for chain in chains:
        assert chain.solved
        assert_clean(chain, practice)
