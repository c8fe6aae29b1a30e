"""Gold acts are played where they can be written, and refused where they cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.engines.base import Message, Sampling
from tools.errors import EngineRefused
from training.scenarios.gold import GoldEngine, accepted, place
from training.scenarios.scenario import Act, Call, Goal, Line, Scenario
from training.worlds import World

GRAMMAR = '%llguidance {}\nstart: "{\\"name\\":\\"ping\\",\\"arguments\\":{}}"\n'
PING: Act = (Call("ping"),)
HELLO = Message("user", "hello")


async def propose(
    engine: GoldEngine, prompt: Sequence[Message] = (HELLO,), grammar: str | None = None
) -> str:
    return (await engine.propose(prompt, grammar, Sampling())).text


class TestGoldEngine:
    async def test_plays_what_the_grammar_accepts(self):
        text = await propose(GoldEngine([PING]), grammar=GRAMMAR)
        assert text == '{"name":"ping","arguments":{}}'

    async def test_refuses_what_the_grammar_does_not(self):
        engine = GoldEngine([(Call("pong"),)])
        with pytest.raises(EngineRefused, match=r'act 1: the grammar ends at \{"name":"p of'):
            await propose(engine, grammar=GRAMMAR)
        assert engine.refused == '{"name":"pong","arguments":{}}'

    async def test_refuses_one_act_too_many(self):
        engine = GoldEngine([PING])
        await propose(engine)
        with pytest.raises(EngineRefused, match="an act more than the 1 there are"):
            await propose(engine)

    async def test_says_what_was_left_unplayed(self):
        engine = GoldEngine([PING, PING])
        await propose(engine)
        assert engine.unplayed() == "only 1 of 2 acts were asked for"
        await propose(engine)
        assert engine.unplayed() == ""

    async def test_several_calls_are_one_act(self):
        text = await propose(GoldEngine([(Call("ping"), Call("pong", {"n": 1}))]))
        assert text.splitlines() == [
            '{"name":"ping","arguments":{}}', '{"name":"pong","arguments":{"n":1}}',
        ]  # fmt: skip

    async def test_placeholders_name_ids_of_results_only(self):
        engine = GoldEngine([(Call("book", {"id": "$offer2", "of": ["$result"]}),)])
        result = Message("tool", "c2 search_flights: 2 results\noff_a BER\noff_b BER")
        typed = Message("user", "take off_c and off_d")
        text = await propose(engine, [HELLO, result, typed])
        assert text == '{"name":"book","arguments":{"id":"off_b","of":["c2"]}}'

    async def test_an_id_that_no_result_shows_is_refused(self):
        with pytest.raises(EngineRefused, match="act 1: no result shows offer number 1"):
            await propose(GoldEngine([(Call("book", {"id": "$offer1"}),)]))


def test_a_text_is_accepted_only_where_the_grammar_may_end():
    assert accepted(GRAMMAR, '{"name":"ping","arguments":{}}') == 30
    assert accepted(GRAMMAR, '{"name":"ping"') == 13


ADA = {"given_name": "Ada", "family_name": "Lovelace", "born_on": "1990-12-10"}
FLIGHT = (
    Call(
        "search_flights",
        {"origin": "BER", "destination": "LIS", "departure_date": "2027-03-03"},
    ),
    Call(
        "book_flight",
        {"offer_id": "$offer2", "passengers": [ADA], "contact_email": "ada@example.com"},
    ),
)
BOOKED = Scenario("booked", "t", ("c",), "en", (Line("Hello!"),), Goal(), (), setup=FLIGHT, seed=5)


@pytest.mark.asyncio(loop_scope="session")
class TestPlacing:
    async def test_what_was_written_before_stands_in_the_world(self, earth: World):
        async with earth.sandbox(BOOKED.seed) as sandbox:
            await place(BOOKED, earth, sandbox)
            (order,) = await earth.orders(sandbox)
        assert order["passengers"] == [ADA]
        assert order["slices"][0]["departure_date"] == "2027-03-03"

    async def test_later_calls_name_what_earlier_ones_made(self, earth: World):
        cancelled = replace(
            BOOKED,
            setup=(
                *FLIGHT,
                Call("quote_flight_cancellation", {"order_id": "$order"}),
                Call("confirm_flight_cancellation", {"cancellation_id": "$cancellation"}),
            ),
        )
        async with earth.sandbox(BOOKED.seed) as sandbox:
            await place(cancelled, earth, sandbox)
            (order,) = await earth.orders(sandbox)
        assert order["status"] == "cancelled"

    async def test_a_setup_that_cannot_be_made_is_a_mistake_in_the_scenario(self, earth: World):
        unnamed = replace(BOOKED, setup=FLIGHT[1:])
        refused = replace(BOOKED, setup=(Call("get_flight_order", {"order_id": "ord_none"}),))
        async with earth.sandbox(BOOKED.seed) as sandbox:
            with pytest.raises(ValueError, match="setup of booked, call 1: no result shows offer"):
                await place(unnamed, earth, sandbox)
            with pytest.raises(ValueError, match=r"call 1 \(get_flight_order\): .*not_found"):
                await place(refused, earth, sandbox)
