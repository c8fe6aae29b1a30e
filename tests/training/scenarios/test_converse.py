"""A held conversation: its log, the world that it leaves, and what of the goal does not hold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.engines.base import Completion, Message, Sampling
from agent.engines.scripted import ScriptedEngine
from agent.options import Options
from training.scenarios.converse import Held, executed, hold, told
from training.scenarios.goal import Executed
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import (
    DEVELOPMENT,
    Call,
    Goal,
    Line,
    Scenario,
    encode_scenario,
    read_scenarios,
)
from training.worlds import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCENARIOS = {one.id: one for one in read_scenarios(DEVELOPMENT)}
FLIGHT, PRICE, LOST, CANCEL, DECLINED, SLOTS = (
    SCENARIOS[f"en-{name}"]
    for name in ("flight-1", "fault-price", "fault-lost", "cancel-1", "decline-1", "slots-1")
)


async def gold(scenario: Scenario, world: World) -> Held:
    engine = GoldEngine(scenario.gold)
    held = await hold(scenario, world, engine, Options())
    assert engine.unplayed() == ""
    return held


def names(calls: Sequence[Executed]) -> list[str]:
    return [call.name for call in calls]


async def sandboxes_of(held: Held, world: World) -> list[int]:
    name = held.events[0].sandbox  # type: ignore[union-attr]
    urls = [f"{api.base_url}/sandboxes/{name}" for api in world.apis.values()]
    return [(await world.client.get(url)).status_code for url in urls]


async def test_gold_reaches_its_goal_and_leaves_no_sandbox(earth: World):
    held = await gold(FLIGHT, earth)
    assert held.solved
    assert [order["contact_email"] for order in held.flights] == ["ada@example.com"]
    assert await sandboxes_of(held, earth) == [404, 404]


async def test_the_calls_of_a_log_in_their_order(earth: World):
    held = await gold(FLIGHT, earth)
    calls = executed(held.events)
    assert [(call.name, call.effect, call.ok, call.planned) for call in calls] == [
        ("search_flights", "read", True, True),
        ("get_flight_offer", "read", True, False),
        ("book_flight", "write", True, True),
    ]


async def test_what_the_person_was_told_in_its_order(earth: World):
    held = await gold(FLIGHT, earth)
    said = told(held.events)
    assert [one.act for one in said] == ["present", "approval", "finish"]
    assert held.flights[0]["booking_reference"] in said[-1].text


async def test_a_moved_price_is_asked_about_again(earth: World):
    held = await gold(PRICE, earth)
    assert held.solved
    assert [one.act for one in told(held.events)].count("approval") == 2
    writes = [call.ok for call in executed(held.events) if call.effect == "write"]
    assert writes == [False, True]


async def test_a_lost_answer_is_looked_up_and_booked_once(earth: World):
    held = await gold(LOST, earth)
    assert held.solved
    assert len(held.flights) == 1


async def test_who_declines_gets_nothing(earth: World):
    held = await gold(DECLINED, earth)
    assert held.solved
    assert held.flights == ()


async def test_what_is_asked_for_is_answered_in_one_message(earth: World):
    held = await gold(SLOTS, earth)
    assert held.solved
    said = [event.content for event in held.events if event.type == "user_message"]
    assert said[1] == "From Milan. On 5 May 2027."


async def test_a_question_before_the_decision_leaves_the_approval_waiting(earth: World):
    wondering = replace(
        FLIGHT,
        lines=(*FLIGHT.lines, Line("When does the first one leave?", interrupts=True)),
        gold=(*FLIGHT.gold[:3], (Call("answer", {"about": "$offer"}),), FLIGHT.gold[3]),
    )
    held = await gold(wondering, earth)
    assert held.solved
    assert [one.act for one in told(held.events)] == ["present", "approval", "answer", "finish"]


async def test_a_change_of_mind_before_the_decision_books_the_new_wish_only(earth: World):
    search, shown, book, done = FLIGHT.gold
    later = (Call("search_flights", {**search[0].arguments, "departure_date": "2027-03-04"}),)
    changed = replace(
        FLIGHT,
        lines=(
            *FLIGHT.lines,
            Line("Actually, make that 4 March 2027.", interrupts=True),
            Line("The first one.", interrupts=True),
        ),
        gold=(search, shown, book, later, shown, book, done),
        goal=Goal(flights=({"departure_date": "2027-03-04"},)),
    )
    assert (await gold(changed, earth)).solved


async def test_faults_begin_with_the_conversation(earth: World):
    cancelled = replace(
        CANCEL,
        setup=tuple(call for act in CANCEL.gold[:3:2] for call in act),
        lines=(Line("What did I book?"), Line("Please cancel that flight.")),
        gold=(
            (Call("list_flight_orders"),),
            (Call("present", {"result": "$result"}),),
            *CANCEL.gold[-3:],
        ),
        faults={"rates": {"unavailable": 1.0}, "once": []},
    )
    broken = await hold(cancelled, earth, GoldEngine(cancelled.gold), Options())
    assert not broken.solved
    assert not any(call.ok for call in executed(broken.events))
    assert [order["status"] for order in broken.flights] == ["confirmed"]
    whole = replace(cancelled, faults=None)
    assert (await gold(whole, earth)).solved


async def test_the_goal_says_what_is_missing_when_nothing_was_done(earth: World):
    idle = ScriptedEngine([("decline", {"reason": "not_possible"})] * 2)
    held = await hold(FLIGHT, earth, idle, Options(mode="free"))
    assert held.error == ""
    (said,) = held.unsolved
    assert said.startswith("missing confirmed flight order")


async def test_an_error_of_the_engine_ends_the_conversation(earth: World):
    held = await hold(FLIGHT, earth, ScriptedEngine(), Options())
    assert held.error.startswith("EngineRefused: unexpected step")
    assert not held.solved
    assert await sandboxes_of(held, earth) == [404, 404]


async def test_an_error_that_is_nobodys_business_is_raised_and_leaves_no_sandbox(earth: World):
    class Broken(ScriptedEngine):
        async def propose(
            self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
        ) -> Completion:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await hold(FLIGHT, earth, Broken(), Options())


async def test_who_gave_up_did_not_ask(earth: World):
    stuck = ScriptedEngine(["no call", "no call", "no call"])
    hello = Scenario("s", "t", ("c",), "en", (Line("Hm."),), Goal(closes=("ask_user",)), ())
    held = await hold(hello, earth, stuck, Options(mode="free"))
    assert held.unsolved == ("ended with exhausted instead of ask_user",)


async def test_conversations_side_by_side_do_not_meet(earth: World):
    alone = await gold(FLIGHT, earth)
    together = await asyncio.gather(*(gold(FLIGHT, earth) for _ in range(4)))
    assert all(held.flights == alone.flights for held in together)
    assert all(names(executed(h.events)) == names(executed(alone.events)) for h in together)


async def test_a_scenario_survives_its_file(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("scenarios") / "all.jsonl"
    path.write_bytes(b"\n".join(map(encode_scenario, SCENARIOS.values())))
    again = read_scenarios(path)
    assert [encode_scenario(one) for one in again] == [*map(encode_scenario, SCENARIOS.values())]
