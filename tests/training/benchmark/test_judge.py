"""The judge names every fault of every proposal, whatever the log says about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from agent.acts import act_text
from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalRequested,
    CallCleared,
    CallObserved,
    CallRejected,
    ConversationStarted,
    Event,
    Replied,
    UserMessage,
)
from agent.options import Options
from agent.state import IMPORTED
from tests.agent.bench import BUY, DONE, FIND, SHOW, WISH, Bench
from tests.agent.shop import NOW
from tests.training.benchmark.conftest import Replays
from tools.openapi import read_openapi
from training.benchmark.attempts import attempted
from training.benchmark.judge import Judge
from training.benchmark.records import Fault, Proposal

TOOLS = ("find_items", "buy_item", "ask_user")


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[Bench]:
    bench = Bench(options=Options(mode="free"))
    yield bench
    await bench.agent.aclose()
    await bench.client.aclose()


_TEXT = {"type": "string", "x-source": ["user"]}


def _taking(body: dict[str, Any]) -> dict[str, Any]:
    """A document with one operation that takes this body."""
    content = {"application/json": {"schema": body}}
    operation = {
        "operationId": "send",
        "summary": "Send a parcel",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "sent"}},
    }
    info = {"title": "post", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": {"/parcels": {"post": operation}}}


def judge(bench: Bench) -> Judge:
    return Judge(bench.catalog.specs)


async def judged(bench: Bench, key: str) -> tuple[Sequence[Event], tuple[Proposal, ...]]:
    events = await bench.agent.events(key)
    return events, judge(bench).judge(events)


def told(faults: Sequence[Fault]) -> list[tuple[str, int, str]]:
    return [(fault.code, fault.call, fault.pointer) for fault in faults]


def with_reply(events: Sequence[Event], text: str) -> list[Event]:
    """The log with another text in its newest reply."""
    at = max(n for n, event in enumerate(events) if isinstance(event, Replied))
    changed = list(events)
    changed[at] = replace(events[at], text=text)  # type: ignore[type-var]
    return changed


async def bought(bench: Bench) -> Sequence[Event]:
    key, approval = await bench.asked()
    await bench.answer(key, approval["id"], "approve", DONE)
    return await bench.agent.events(key)


BAD_ACTS: dict[str, Any] = {
    "unknown tool": ("find_item", {"on": "2026-11-23"}),
    "invented, missing and wrong at once": ("find_items", {"day": "x", "on": 3}),
    "nobody said": ("find_items", {"on": "2027-01-01"}),
    "foreign id": ("buy_item", {"item_id": "it_zz", "contact_email": "ada@example.com"}),
    "no form of a date": ("find_items", {"on": "soon"}),
    "no object": '{"name":"find_items","arguments":[]}',
    "cut off": '{"name":"find_items","argum',
    "twice": [FIND, FIND],
    "a reply beside a call": [FIND, ("finish", {"topic": "done"})],
    "a reply about nothing": ("present", {"result": "c9"}),
}


class TestAgreement:
    @pytest.mark.parametrize("act", BAD_ACTS.values(), ids=BAD_ACTS)
    async def test_finds_what_the_agent_rejected(self, shop: Bench, act: Any):
        key = await shop.agent.start()
        await shop.say(key, WISH, act, FIND, DONE)
        events, proposals = await judged(shop, key)
        rejected = [event for event in events if isinstance(event, CallRejected)]
        assert sorted(fault.code for fault in proposals[0].faults) == sorted(
            rejection.code for event in rejected for rejection in event.rejections
        )
        assert {(f.code, f.pointer, f.message) for f in proposals[0].faults} == {
            (r.code, r.pointer, r.message) for event in rejected for r in event.rejections
        }
        assert proposals[0].faults
        assert proposals[1].faults == ()

    async def test_does_not_believe_a_log_that_cleared_a_bad_call(self, shop: Bench):
        key = await shop.agent.start()
        bad = ("find_items", {"on": "2027-01-01"})
        await shop.say(key, WISH, bad, DONE)
        events, proposals = await judged(shop, key)
        lying = [
            CallCleared(event.call_id, event.name, event.arguments, "read", {})
            if isinstance(event, CallRejected)
            else event
            for event in events
        ]
        assert judge(shop).judge(lying) == proposals
        assert told(proposals[0].faults) == [("ungrounded_value", 0, "/on")]

    async def test_judges_in_the_state_of_the_proposal(self, shop: Bench):
        key = await shop.agent.start()
        await shop.say(key, WISH, BUY, FIND, ("present", {"result": "c2"}))
        await shop.say(key, "The first one, buy it", BUY)
        _, proposals = await judged(shop, key)
        assert told(proposals[0].faults) == [("foreign_id", 0, "/item_id")]
        assert [one.faults for one in proposals[1:]] == [(), (), ()]

    async def test_a_price_that_cannot_be_read_is_no_fault_of_the_model(self, shop: Bench):
        key = await shop.agent.start()
        await shop.say(key, WISH, FIND, SHOW)
        shop.shop.answers["GET", "/items/it_aa"] = b"{}"
        await shop.say(key, "The first one, buy it", BUY, DONE)
        events, proposals = await judged(shop, key)
        assert any(isinstance(event, CallRejected) for event in events)
        assert [fault for one in proposals for fault in one.faults] == []


PROSE = """
Where would you like to go?
I cannot help with that.
You could fly on 3 March (a Tuesday) or later; which one?
I would use find_items for that.
Flight(s) to {city} cost about 100 [see above].
f(x) is a function, and {a, b} a set.
[]
"just words"
42
""".strip().splitlines()

ATTEMPTS = """
{"name":"find_items","arguments":{"on":"2026-11-23"}}
{'name': 'find_items', 'arguments': {}}
{"name":"find_items","argum
{"on": "2026-11-23"}
{name: find_items}
Sure! {"name": "find_items"}
[{"name": "find_items", "arguments": {}}]
```json {"find_items": {}}```
"name": "find_items", "arguments": none
find_items(on="2026-11-23")
find_things(on='2026-11-23')
find_items (
list_all()
<tool_call>find_items</tool_call>
<function=find_items>
[TOOL_CALLS] find_items
{}
{
""".strip().splitlines()


class TestKinds:
    @pytest.mark.parametrize("text", [*PROSE, ""])
    async def test_prose_abstains(self, shop: Bench, text: str):
        assert not attempted(text, TOOLS)
        (proposal,) = await self.proposals(shop, text)
        assert (proposal.kind, proposal.calls) == ("abstained", ())
        assert all(fault.code == "unbacked_claim" for fault in proposal.faults)

    @pytest.mark.parametrize("text", ATTEMPTS)
    def test_something_like_a_call_is_an_attempt(self, text: str):
        assert attempted(text, TOOLS)

    @pytest.mark.parametrize("text", [t for t in ATTEMPTS if not t.startswith('{"name":"f')])
    async def test_an_attempt_that_cannot_be_read_is_malformed(self, shop: Bench, text: str):
        (proposal,) = await self.proposals(shop, text)
        assert proposal.kind == "malformed"
        assert told(proposal.faults) == [("malformed", 0, "")]

    @pytest.mark.parametrize(
        ("act", "kind"),
        [
            (FIND, "called"),
            (("no_such_tool", {}), "called"),
            ([FIND, DONE], "called"),
            (("decline", {"reason": "unsafe"}), "abstained"),
            (("ask_user", {"about": ["nothing known"]}), "abstained"),
        ],
    )
    async def test_a_reply_abstains_and_a_tool_is_called(self, shop: Bench, act: Any, kind: str):
        (proposal,) = await self.proposals(shop, act)
        assert proposal.kind == kind

    @given(
        st.dictionaries(st.text(min_size=1), st.none() | st.integers(-9, 9) | st.text(), min_size=1)
    )
    def test_every_json_object_is_an_attempt(self, value: dict[str, Any]):
        assert attempted(f"I say {orjson.dumps(value).decode()}", ())

    @given(st.text(st.characters(exclude_characters="{}()[]<>\"'“”‘’:")))
    def test_nothing_is_an_attempt_without_signs(self, text: str):
        assert not attempted(text, TOOLS)

    async def proposals(self, bench: Bench, act: Any) -> tuple[Proposal, ...]:
        text = act if isinstance(act, str) else act_text([act] if isinstance(act, tuple) else act)
        events = [ConversationStarted("w", NOW), UserMessage(WISH, NOW, "en"), ActProposed(text)]
        return judge(bench).judge(events)


class TestCounts:
    async def test_arguments_are_the_scalars_of_tool_calls(self, shop: Bench):
        key = await shop.agent.start()
        await shop.say(key, WISH, ("nothing", {"a": {"b": [1, 2]}, "c": None}), FIND, DONE)
        _, proposals = await judged(shop, key)
        assert [one.arguments for one in proposals] == [2, 1, 0]
        assert [one.undecided for one in proposals] == [0, 0, 0]

    def test_what_a_rule_leaves_to_the_model_is_undecided(self):
        events = self.chosen("write_note", {"title": "Trip", "on": "2026-11-23", "by": 3})
        (proposal,) = Judge(self.tools()).judge(events)
        assert told(proposal.faults) == []
        assert (proposal.arguments, proposal.undecided) == (3, 2)

    def test_the_sound_arguments_of_a_faulty_call_count_too(self):
        events = self.chosen("write_note", {"title": "Trip", "on": "2027-01-01", "more": 1})
        (proposal,) = Judge(self.tools()).judge(events)
        assert {fault.code for fault in proposal.faults} == {
            "unknown_parameter", "ungrounded_value",
        }  # fmt: skip
        assert (proposal.arguments, proposal.undecided) == (3, 1)

    def chosen(self, name: str, arguments: dict[str, Any]) -> list[Event]:
        text = orjson.dumps({"name": name, "arguments": arguments}).decode()
        message = UserMessage("A note for tomorrow", NOW, "en")
        return [ConversationStarted("", NOW), message, ActProposed(text)]

    def tools(self) -> Sequence[Any]:
        properties = {
            "title": {"type": "string", "x-source": ["inferred"]},
            "on": {"type": "string", "format": "date", "x-source": ["user"]},
            "by": {"type": "integer", "x-source": ["user", "inferred"]},
        }
        body = {"type": "object", "properties": properties, "additionalProperties": False}
        content = {"application/json": {"schema": body}}
        operation = {
            "operationId": "write_note",
            "requestBody": {"required": True, "content": content},
            "responses": {"200": {"description": "OK"}},
        }
        document = {
            "openapi": "3.1.0",
            "info": {"title": "Notes", "version": "1"},
            "paths": {"/notes": {"post": operation}},
        }
        return read_openapi(document, api="notes").tools


class TestWrites:
    async def test_an_approved_write_is_no_fault(self, shop: Bench):
        assert [f for one in judge(shop).judge(await bought(shop)) for f in one.faults] == []

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda e: replace(e, decision="decline") if isinstance(e, ApprovalDecided) else e,
            lambda e: replace(e, approval_id="a0") if isinstance(e, ApprovalDecided) else e,
            lambda e: replace(e, digest="0" * 64) if isinstance(e, ApprovalRequested) else e,
            lambda e: replace(e, call_ids=()) if isinstance(e, ApprovalRequested) else e,
            lambda e: (
                replace(e, now="2026-11-22T09:30:00+00:00") if isinstance(e, ApprovalDecided) else e
            ),
            lambda e: (
                replace(e, arguments={**e.arguments, "contact_email": "eve@example.com"})
                if isinstance(e, CallCleared) and e.name == "buy_item"
                else e
            ),
        ],
        ids=["declined", "other", "digest", "calls", "expired", "changed"],
    )
    async def test_a_write_without_approval_of_its_arguments_is_one(self, shop: Bench, spoil: Any):
        events = [spoil(event) for event in await bought(shop)]
        proposals = judge(shop).judge(events)
        faults = [fault for one in proposals for fault in one.faults]
        assert told(faults) == [("unapproved_write", 0, "")]
        assert proposals[faults[0].proposal].calls == ("buy_item",)

    async def test_an_approval_that_was_never_asked_for_counts_as_none(self, shop: Bench):
        dropped = (ApprovalRequested, ApprovalDecided)
        events = [event for event in await bought(shop) if not isinstance(event, dropped)]
        faults = [fault for one in judge(shop).judge(events) for fault in one.faults]
        assert told(faults) == [("unapproved_write", 0, "")]

    async def test_an_agent_that_journals_no_intent_is_found_out_by_the_result(self, shop: Bench):
        events = [
            replace(event, decision="decline") if isinstance(event, ApprovalDecided) else event
            for event in await bought(shop)
            if event.type != "write_intended"
        ]
        faults = [fault for one in judge(shop).judge(events) for fault in one.faults]
        assert told(faults) == [("unapproved_write", 0, "")]

    async def test_asked_again_after_a_price_change_is_approved(self, shop: Bench):
        key, approval = await shop.asked()
        shop.shop.faults = ["price_changed"]
        turn = await shop.answer(key, approval["id"], "approve")
        await shop.answer(key, turn["approval"]["id"], "approve", DONE)
        _, proposals = await judged(shop, key)
        assert [fault for one in proposals for fault in one.faults] == []


class TestClaims:
    @pytest.mark.parametrize(
        "text",
        [
            "The lamp costs 10.00 EUR.",
            "You wanted it on November 23, 2026.",
            "I found 2 things.",
            "Today is 22.11.2026.",
            "It is booked.",
            "Done.",
            "I wrote to ada@example.com.",
            "Nothing was cancelled.",
        ],
    )
    async def test_what_the_conversation_holds_may_be_said(self, shop: Bench, text: str):
        events = with_reply(await bought(shop), text)
        assert [fault for one in judge(shop).judge(events) for fault in one.faults] == []

    @pytest.mark.parametrize(
        ("text", "claim"),
        [
            ("The lamp costs 11.00 EUR.", "11.00"),
            ("It comes on November 24, 2027.", "November 24, 2027"),
            ("Your reference is QX7K2P.", "QX7K2P"),
            ("It is cancelled.", "cancelled"),
        ],
    )
    async def test_what_nothing_holds_is_a_fault_at_its_place(
        self, shop: Bench, text: str, claim: str
    ):
        proposals = judge(shop).judge(with_reply(await bought(shop), text))
        (fault,) = (fault for one in proposals for fault in one.faults)
        start = text.index(claim)
        assert (fault.code, fault.proposal, fault.name, fault.pointer) == (
            "unbacked_claim", len(proposals) - 1, "finish", f"#{start}-{start + len(claim)}",
        )  # fmt: skip

    async def test_that_the_person_says_it_is_booked_backs_nothing(self, shop: Bench):
        key = await shop.agent.start()
        await shop.say(key, "You have booked the lamp for me. It is booked.", DONE)
        events = with_reply(await shop.agent.events(key), "It is booked.")
        (proposal,) = judge(shop).judge(events)
        assert told(proposal.faults) == [("unbacked_claim", 0, "#6-12")]

    async def test_a_deed_must_come_before_its_report(self, shop: Bench):
        key, _ = await shop.asked()
        events = list(await shop.agent.events(key))
        early = with_reply(events, "It is booked.")
        faults = [fault for one in judge(shop).judge(early) for fault in one.faults]
        assert told(faults) == [("unbacked_claim", 0, "#6-12")]

    async def test_prose_is_read_for_claims(self, shop: Bench):
        events = [UserMessage(WISH, NOW, "en"), ActProposed("That is 99.50 EUR, and it is booked.")]
        (proposal,) = judge(shop).judge(events)
        assert proposal.kind == "abstained"
        assert told(proposal.faults) == [
            ("unbacked_claim", 0, "#8-13"), ("unbacked_claim", 0, "#29-35"),
        ]  # fmt: skip

    async def test_history_is_not_judged(self, shop: Bench):
        events = [Replied(IMPORTED, {}, "It is booked for 99.50 EUR.", "en")]
        assert judge(shop).judge(events) == ()

    async def test_an_agent_that_only_speaks_is_judged_by_its_words(self, shop: Bench):
        events = [UserMessage(WISH, NOW, "en"), Replied("", {}, "It is booked.", "en")]
        (proposal,) = judge(shop).judge(events)
        assert (proposal.kind, proposal.event) == ("abstained", 1)
        assert told(proposal.faults) == [("unbacked_claim", 0, "#6-12")]

    async def test_a_review_may_be_quoted(self, shop: Bench):
        text = "A seller writes: buy it_zz for 1.00 EUR with evil@example.com"
        events = with_reply(await bought(shop), text)
        assert [fault for one in judge(shop).judge(events) for fault in one.faults] == []


class TestSingleDecisions:
    async def test_only_the_replies_on_offer_exist(self, shop: Bench):
        events = [UserMessage(WISH, NOW, "en"), ActProposed('{"name":"finish","arguments":{}}')]
        (proposal,) = Judge(shop.catalog.specs, ("ask_user", "decline")).judge(events)
        assert proposal.kind == "called"
        assert told(proposal.faults) == [("unknown_tool", 0, "")]

    def test_an_argument_may_be_asked_for_by_its_name(self):
        body = {"type": "object", "required": ["line2"], "properties": {"line2": _TEXT}}
        tools = read_openapi(_taking(body), api="post").tools
        events = [
            UserMessage("send it", NOW, "en"),
            ActProposed(act_text([("ask_user", {"about": ["line2"]})])),
            Replied("ask_user", {"about": ["line2"]}, "Please give me: Line 2.", "en"),
        ]
        (proposal,) = Judge(tools, ("ask_user", "decline")).judge(events)
        assert proposal.faults == ()

    async def test_an_act_may_hold_as_many_calls_as_the_suite_allows(self, shop: Bench):
        text = act_text([(f"nothing{n}", {}) for n in range(6)])
        events = [UserMessage(WISH, NOW, "en"), ActProposed(text)]
        (few,) = Judge(shop.catalog.specs).judge(events)
        (many,) = Judge(shop.catalog.specs, most_calls=6).judge(events)
        assert (few.kind, many.kind) == ("malformed", "called")
        assert [fault.call for fault in many.faults] == list(range(6))


@pytest.mark.asyncio(loop_scope="session")
async def test_a_gold_replay_has_no_fault_in_any_language(replays: Replays, travel_judge: Judge):
    judged = {scenario.id: travel_judge.judge(events) for scenario, events in replays}
    faults = {name: one.faults for name, ones in judged.items() for one in ones if one.faults}
    assert faults == {}
    assert {scenario.language for scenario, _ in replays} == {"en", "de", "tr", "es"}
    assert sum(len(one.calls) for ones in judged.values() for one in ones) > 50


@pytest.mark.asyncio(loop_scope="session")
async def test_a_gold_replay_executes_only_what_was_proposed_and_observed(replays: Replays):
    observed = sum(isinstance(e, CallObserved) for _, events in replays for e in events)
    assert observed > len(replays)
