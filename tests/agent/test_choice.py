"""One decision over tools that a client brought."""

from dataclasses import replace
from typing import Any

import pytest

from agent.acts import act_text
from agent.calls import Cleared
from agent.choice import choose
from agent.engines.base import Completion, Message
from agent.engines.scripted import ScriptedEngine, Step
from agent.options import Options
from tests.agent.booking import BOOK, NOW, PING, SEARCH, rule

WISH = Message("user", "A flight from Berlin to Paris on 3 March 2027")
TRIP = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
FIND = ("search_flights", TRIP)


async def decide(
    *steps: Step, messages: tuple[Message, ...] = (WISH,), tools: Any = (SEARCH, BOOK), **more: Any
) -> tuple[tuple[Cleared, ...], str | None, ScriptedEngine]:
    engine = ScriptedEngine(steps)
    choice = await choose(messages, tools, engine, Options(), NOW, **more)
    engine.finish()
    return choice.calls, choice.text, engine


async def test_a_call_is_cleared_and_left_to_the_client() -> None:
    (call,), text, _ = await decide(FIND)
    assert (call.tool.name, call.arguments, text) == ("search_flights", TRIP, None)
    assert call.provenance["/departure_date"].source == "user"


async def test_a_reply_is_a_text() -> None:
    calls, text, _ = await decide(("ask_user", {"about": ["departure_date"]}))
    assert calls == ()
    assert text


async def test_a_text_is_in_the_language_of_the_client() -> None:
    german = Message("user", "Ich möchte bitte einen Flug von Berlin nach Paris")
    ask = ("ask_user", {"about": ["departure_date"]})
    _, text, _ = await decide(ask, messages=(german,))
    _, english, _ = await decide(ask)
    assert text != english


async def test_letters_and_their_accents_are_one_whatever_a_client_sends() -> None:
    apart = Message("user", "Ein Flug von Zu\u0308rich nach Paris am 3. Ma\u0308rz 2027")
    calls, _, engine = await decide((FIND[0], {**TRIP, "origin": "ZRH"}), messages=(apart,))
    assert "Zürich nach Paris am 3. März" in engine.prompts[0][-1].content
    assert calls[0].provenance["/departure_date"].source == "user"


async def test_what_is_not_cleared_goes_back_with_its_faults() -> None:
    def mended(prompt: Any) -> Any:
        assert "ungrounded_value /origin" in prompt[-1].content
        return FIND

    (call,), _, _ = await decide(("search_flights", {**TRIP, "origin": "ROM"}), mended)
    assert call.arguments == TRIP


async def test_every_proposal_is_told_with_its_verdicts_and_its_cost() -> None:
    steps = iter(["no act", act_text([("search_flights", {**TRIP, "origin": "ROM"})] * 2)])
    costs = (Completion("", 10, 4, 3, 1, 0.5), Completion("", 20, 8, 5, 2, 0.25))

    class Costly(ScriptedEngine):
        async def propose(self, *about: Any) -> Completion:
            done = await super().propose(*about)
            return replace(costs[len(self.prompts) - 1], text=done.text)

    engine = Costly([*steps])
    choice = await choose((WISH,), (SEARCH,), engine, Options(max_rejections=1), NOW)
    first, second = choice.tried
    assert [fault.code for bad in first.rejected for fault in bad.rejections] == ["malformed"]
    assert [bad.id for bad in second.rejected] == ["c2", "c3"]
    assert not first.cleared
    assert (choice.calls, choice.reply) == ((), None)
    assert choice.completion == Completion(second.completion.text, 30, 12, 8, 3, 0.75)


async def test_a_mended_call_keeps_a_number_of_its_own() -> None:
    engine = ScriptedEngine([[FIND, ("fly", {})], FIND])
    choice = await choose((WISH,), (SEARCH,), engine, Options(), NOW)
    assert [verdict.id for one in choice.tried for verdict in one.verdicts] == ["c1", "c2", "c3"]


@pytest.mark.parametrize(("most", "calls"), [(4, 0), (5, 5)])
async def test_how_many_calls_an_act_may_hold_is_the_callers_choice(most: int, calls: int) -> None:
    days = [("search_flights", {**TRIP, "adults": adults}) for adults in range(1, 6)]
    text = "One, 2, 3, 4 or 5 adults from Berlin to Paris on 3 March 2027"
    engine = ScriptedEngine([days])
    options = Options(max_rejections=0)
    choice = await choose(
        (Message("user", text),), (SEARCH,), engine, options, NOW, most_calls=most
    )
    assert len(choice.calls) == calls


async def test_after_bounded_tries_a_text_says_so() -> None:
    calls, text, engine = await decide(*(f"no act, {number}" for number in range(4)))
    assert calls == ()
    assert text
    assert len(engine.prompts) == Options().max_rejections + 1


async def test_a_refused_act_is_told_of_and_not_shown() -> None:
    _, _, engine = await decide(("search_flights", {**TRIP, "origin": "ROM"}), FIND)
    first, second = engine.prompts
    assert second[: len(first)] == first
    assert [message.role for message in second[len(first) :]] == ["tool"]
    assert "ungrounded_value /origin" in second[-1].content


async def test_what_is_made_up_again_after_its_refusal_is_the_last_try() -> None:
    wrong = {**TRIP, "origin": "ROM"}
    _, _, engine = await decide(
        ("search_flights", wrong), ("search_flights", {**wrong, "adults": 1})
    )
    assert len(engine.prompts) == 2


async def test_what_is_said_again_after_its_refusal_is_the_last_try() -> None:
    calls, text, engine = await decide(*["no act"] * 2)
    assert calls == ()
    assert text
    assert len(engine.prompts) == 2


@pytest.mark.parametrize("order", [1, -1])
async def test_a_reply_never_stands_among_calls(order: int) -> None:
    ask = ("ask_user", {"about": ["departure_date"]})
    (call,), text, _ = await decide([FIND, ask][::order], FIND)
    assert (call.tool.name, text) == ("search_flights", None)


async def test_the_same_call_twice_in_one_act_is_refused() -> None:
    calls, _, _ = await decide([FIND, FIND], FIND)
    assert len(calls) == 1


async def test_an_id_comes_from_a_result_that_the_client_sent() -> None:
    book = ("book_flight", {
        "offer_id": "off_a", "passengers": [{"given_name": "Ada", "born_on": "1990-05-12"}],
        "contact_email": "ada@example.com",
    })  # fmt: skip
    person = Message("user", "I am Ada, born 12 May 1990, ada@example.com")
    result = Message("tool", '{"data":[{"offer_id":"off_a","note":"or take off_b"}]}')
    # Without a schema of the result, the name of its member says what an id names.
    rules = {**BOOK.rules, "/offer_id": rule("entity", "result", entity="offer")}
    tool = replace(BOOK, rules=rules)
    (call,), _, _ = await decide(book, messages=(WISH, result, person), tools=(tool,))
    assert call.provenance["/offer_id"].source == "result"
    lured = ("book_flight", {**book[1], "offer_id": "off_b"})
    calls, _, _ = await decide(*[lured] * 2, messages=(WISH, result, person), tools=(tool,))
    assert calls == ()


async def test_required_means_no_reply_is_on_offer() -> None:
    _, _, engine = await decide(FIND, required=True)
    assert "ask_user" not in (engine.grammars[0] or "")
    assert "\nask_user(" not in engine.prompts[0][0].content


async def test_where_nothing_can_be_called_no_model_is_asked() -> None:
    calls, text, engine = await decide(
        messages=(Message("user", "hello"),), tools=(BOOK,), required=True
    )
    assert calls == ()
    assert text
    assert engine.prompts == []


async def test_a_tool_message_that_is_no_json_is_text() -> None:
    (call,), _, _ = await decide(
        ("ping", {}), messages=(WISH, Message("tool", "<html>")), tools=(PING,)
    )
    assert call.tool is PING
