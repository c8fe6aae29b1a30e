"""Every development conversation can be solved: the evidence holds all that its gold acts need."""

import asyncio
from collections.abc import Sequence

import pytest

from agent.engines.base import Message, Sampling
from bench.booking import read_conversations
from bench.gold import Act, GoldEngine, Played, accepted, measure, read_gold
from tools.errors import EngineRefused

GRAMMAR = '%llguidance {}\nstart: "{\\"name\\":\\"ping\\",\\"arguments\\":{}}"\n'
PING: list[Act] = [{"ping": {}}]
HELLO = Message("user", "hello")


def test_every_message_of_every_conversation_has_its_gold_acts() -> None:
    messages = {one["id"]: len(one["messages"]) for one in read_conversations([], None)}
    assert {name: len(acts) for name, acts in read_gold().items()} == messages


@pytest.fixture(scope="module")
def played() -> Sequence[Played]:
    return asyncio.run(measure([]))


def test_every_gold_act_is_writable_and_cleared_and_every_goal_reached(
    played: Sequence[Played],
) -> None:
    assert {one.run.id: one.problem for one in played if one.problem} == {}


def test_nothing_runs_that_was_not_cleared_or_approved(played: Sequence[Played]) -> None:
    audits = [one.run.audit for one in played]
    assert sum(audit.executed for audit in audits) > 0
    assert sum(audit.executed_though_rejected + audit.writes_unapproved for audit in audits) == 0
    assert sum(audit.world_without_log for audit in audits) == 0


def test_names_and_birth_dates_leave_nothing_to_mistake(played: Sequence[Played]) -> None:
    people = ("given_name", "family_name", "born_on", "contact_email")
    choices = [choice for one in played for choice in one.choices]
    mistakable = [c for c in choices if c.pointer.endswith(people) and c.wrong]
    assert choices
    assert mistakable == []


def test_an_unsaid_option_is_not_on_offer(played: Sequence[Played]) -> None:
    unsaid = ("cabin_class", "limit", "adults", "rooms", "max_stops", "max_price", "sort")
    choices = [choice for one in played for choice in one.choices if not choice.said]
    assert [choice for choice in choices if choice.pointer.endswith(unsaid)] == []


async def propose(engine: GoldEngine, prompt: Sequence[Message], grammar: str | None) -> str:
    return (await engine.propose(prompt, grammar, Sampling())).text


class TestGoldEngine:
    async def test_plays_what_the_grammar_accepts(self) -> None:
        text = await propose(GoldEngine([PING]), [HELLO], GRAMMAR)
        assert text == '{"name":"ping","arguments":{}}'

    async def test_refuses_what_the_grammar_does_not(self) -> None:
        engine = GoldEngine([[{"pong": {}}]])
        with pytest.raises(EngineRefused, match=r'message 1: the grammar ends at \{"name":"p of'):
            await propose(engine, [HELLO], GRAMMAR)

    async def test_refuses_one_act_too_many(self) -> None:
        engine = GoldEngine([PING])
        await propose(engine, [HELLO], None)
        with pytest.raises(EngineRefused, match="one act more"):
            await propose(engine, [HELLO], None)

    async def test_refuses_to_go_on_where_acts_were_left_unplayed(self) -> None:
        with pytest.raises(EngineRefused, match="only 0 acts"):
            await propose(GoldEngine([PING, PING]), [HELLO, HELLO], None)

    async def test_a_decision_is_no_message(self) -> None:
        engine = GoldEngine([[*PING, *PING]])
        await propose(engine, [HELLO], None)
        await propose(engine, [HELLO, Message("user", "(approve)")], None)
        assert engine.unplayed(1) == ""

    async def test_placeholders_name_ids_of_the_newest_results(self) -> None:
        engine = GoldEngine([[{"book": {"id": "$offer2", "of": ["$result"]}}]])
        old = Message("tool", "c1 search_flights: 1 result\noff_old BER")
        new = Message("tool", "c2 search_flights: 2 results\noff_a BER\noff_b BER")
        text = await propose(engine, [HELLO, old, new], None)
        assert text == '{"name":"book","arguments":{"id":"off_b","of":["c2"]}}'

    async def test_an_id_that_no_result_shows_is_refused(self) -> None:
        with pytest.raises(EngineRefused, match="no result shows offer number 1"):
            await propose(GoldEngine([[{"book": {"id": "$offer1"}}]]), [HELLO], None)


def test_a_text_is_accepted_only_where_the_grammar_may_end() -> None:
    assert accepted(GRAMMAR, '{"name":"ping","arguments":{}}') == 30
    assert accepted(GRAMMAR, '{"name":"ping"') == 13
