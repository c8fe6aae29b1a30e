import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from agent.events import (
    ApprovalVoided,
    CallObserved,
    CallRejected,
    Replied,
    TurnEnded,
    WriteIntended,
)
from agent.evidence.reader import Reader
from agent.fold import Fold
from tests.agent.bench import BUY, BUY_OTHER, DONE, FIND, SHOW, WISH, Bench
from tools.errors import ApprovalConflict, ApprovalNotFound, EngineRefused


async def test_a_read_is_executed_and_shown_from_the_result(bench: Bench) -> None:
    conversation = await bench.agent.start()
    turn = await bench.say(conversation, WISH, FIND, ("present", {"result": "c1"}))
    (call,) = turn["calls"]
    assert call["status"] == "executed"
    assert call["provenance"]["/on"]["source"] in {"user", "context"}
    assert call["result"]["data"][0]["name"] == "Lamp"
    assert "Lamp" in turn["reply"]["text"]
    assert [card["data"]["item_id"] for card in turn["reply"]["cards"]] == ["it_aa", "it_bb"]


async def test_a_rejected_proposal_goes_back_to_the_model_with_what_is_allowed(
    bench: Bench,
) -> None:
    conversation = await bench.agent.start()
    wrong = ("find_items", {"on": "2031-01-01", "colour": "red"})

    def mended(prompt: Any) -> Any:
        assert "ungrounded_value /on" in prompt[-1].content
        assert "unknown_parameter /colour" in prompt[-1].content
        assert "2026-11-23" in prompt[-1].content
        return FIND

    turn = await bench.say(conversation, WISH, wrong, mended, ("present", {"result": "c2"}))
    assert [call["status"] for call in turn["calls"]] == ["rejected", "executed"]
    assert bench.shop.requests == [("GET", "/items")]


async def test_bounded_tries_then_the_user_is_asked(bench: Bench) -> None:
    conversation = await bench.agent.start()
    turn = await bench.say(conversation, WISH, "no act", "none either", "nor now")
    assert [call["status"] for call in turn["calls"]] == ["rejected"] * 3
    assert turn["reply"]["text"]
    assert bench.shop.requests == []


async def test_an_act_said_again_word_for_word_after_its_refusal_ends_the_turn(
    bench: Bench,
) -> None:
    conversation = await bench.agent.start()
    turn = await bench.say(conversation, WISH, *["no act"] * 2)
    assert [call["status"] for call in turn["calls"]] == ["rejected"] * 2
    assert "I could not work out the next step" in turn["reply"]["text"]
    again = await bench.say(
        conversation, "once more", "no act", FIND, ("present", {"result": "c4"})
    )
    assert [call["status"] for call in again["calls"]] == ["rejected", "executed"]


async def test_what_is_made_up_again_after_its_refusal_ends_the_turn(bench: Bench) -> None:
    conversation = await bench.agent.start()
    first = ("buy_it", {"item": "it1"})
    turn = await bench.say(conversation, WISH, first, ("buy_it", {"item": "it1", "gift": True}))
    assert [call["status"] for call in turn["calls"]] == ["rejected"] * 2
    assert "I could not work out the next step" in turn["reply"]["text"]
    other = ("take_it", {})
    turn = await bench.say(conversation, WISH, first, other, FIND, ("present", {"result": "c5"}))
    assert [call["status"] for call in turn["calls"]] == ["rejected", "rejected", "executed"]


async def test_reads_of_one_act_run_side_by_side_and_show_as_a_plan(bench: Bench) -> None:
    conversation = await bench.agent.start()
    await bench.say(conversation, WISH, FIND, ("present", {"result": "c1"}))
    both = [("get_item", {"item_id": "it_aa"}), ("get_item", {"item_id": "it_bb"})]
    turn = await bench.say(conversation, "compare them", both, ("present", {"result": "c2"}))
    assert [step["name"] for step in turn["plan"]] == ["get_item", "get_item"]
    assert [call["result"]["item_id"] for call in turn["calls"]] == ["it_aa", "it_bb"]


async def test_the_same_read_twice_in_a_turn_is_not_executed_twice(bench: Bench) -> None:
    conversation = await bench.agent.start()
    turn = await bench.say(conversation, WISH, FIND, FIND, ("present", {"result": "c1"}))
    assert turn["calls"][1]["rejections"][0]["code"] == "duplicate_call"
    assert bench.shop.requests == [("GET", "/items")]


async def test_each_act_is_sampled_with_a_seed_of_its_own(bench: Bench) -> None:
    conversation = await bench.agent.start()
    await bench.say(conversation, WISH, FIND, FIND, ("present", {"result": "c1"}))
    seeds = [sampling.seed for sampling in bench.engine.samplings]
    assert len(set(seeds)) == 3


class TestApproval:
    async def test_a_write_waits_and_shows_total_and_expiry_read_afresh(self, bench: Bench) -> None:
        _, approval = await bench.asked()
        assert approval["total"] == {"amount": "10.00", "currency": "EUR"}
        assert approval["expires_at"] == bench.shop.expires_at
        assert bench.shop.requests[-1] == ("GET", "/items/it_aa")
        assert bench.shop.orders == {}

    async def test_approve_executes_exactly_these_arguments(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        turn = await bench.answer(conversation, approval["id"], "approve", DONE)
        assert [o["item_id"] for o in bench.shop.orders.values()] == ["it_aa"]
        assert turn["calls"][0]["status"] == "executed"
        assert turn["approval"] is None

    async def test_a_plain_yes_means_approve(self, bench: Bench) -> None:
        conversation, _ = await bench.asked()
        await bench.say(conversation, "yes please", DONE)
        assert len(bench.shop.orders) == 1

    async def test_a_yes_after_other_talk_asks_again_instead_of_paying(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        await bench.say(conversation, "is it a lamp?", ("answer", {"about": "it_aa"}))
        turn = await bench.say(conversation, "yes")
        assert bench.shop.orders == {}
        assert turn["reply"]["text"] == approval["summary"]
        await bench.say(conversation, "yes", DONE)
        assert len(bench.shop.orders) == 1

    async def test_decline_buys_nothing(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        turn = await bench.answer(conversation, approval["id"], "decline")
        assert bench.shop.orders == {}
        assert turn["approval"] is None
        assert turn["reply"]["text"]

    async def test_stays_pending_while_something_else_is_talked_about(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        turn = await bench.say(
            conversation, "what was the lamp again?", ("answer", {"about": "it_aa"})
        )
        assert turn["approval"]["id"] == approval["id"]

    async def test_a_changed_wish_makes_it_void(self, bench: Bench) -> None:
        conversation, first = await bench.asked()
        turn = await bench.say(conversation, "no wait, the chair", BUY_OTHER)
        assert turn["approval"]["digest"] != first["digest"]
        with pytest.raises(ApprovalConflict):
            await bench.answer(conversation, first["id"], "approve")
        assert bench.shop.orders == {}

    async def test_an_expired_one_cannot_be_given(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        bench.clock.time = datetime.fromisoformat("2026-11-22T10:00:00+00:00")
        turn = await bench.answer(conversation, approval["id"], "approve")
        assert bench.shop.orders == {}
        assert turn["approval"] is None

    async def test_an_unknown_one_is_refused(self, bench: Bench) -> None:
        conversation, _ = await bench.asked()
        with pytest.raises(ApprovalNotFound):
            await bench.answer(conversation, "a999", "approve")

    async def test_given_twice_it_buys_once_and_tells_the_same(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        bench.engine.expect(DONE)
        decide = bench.agent.decide
        first = [item async for item in decide(conversation, approval["id"], "approve")]
        again = [item async for item in decide(conversation, approval["id"], "approve")]
        assert again == first
        assert len(bench.shop.orders) == 1
        with pytest.raises(ApprovalConflict):
            await bench.answer(conversation, approval["id"], "decline")

    async def test_two_at_once_buy_once(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        bench.engine.expect(DONE)

        async def press() -> list[Any]:
            events = bench.agent.decide(conversation, approval["id"], "approve")
            return [item async for item in events]

        first, second = await asyncio.gather(press(), press())
        assert len(bench.shop.orders) == 1
        assert [e for _, e in first if isinstance(e, CallObserved)]
        assert [e for _, e in second if isinstance(e, CallObserved)]


class TestWrites:
    async def test_intent_is_in_the_log_before_the_request_leaves(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        await bench.answer(conversation, approval["id"], "approve", DONE)
        kinds = [event.type for event in await bench.agent.events(conversation)]
        assert kinds.index("write_intended") == kinds.index("approval_decided") + 1

    async def test_a_lost_response_is_read_back_not_sent_again(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        bench.shop.faults = ["lost_response"]
        turn = await bench.answer(conversation, approval["id"], "approve", DONE)
        assert bench.shop.requests.count(("POST", "/orders")) == 1
        assert len(bench.shop.orders) == 1
        assert turn["calls"][0]["status"] == "executed"
        assert turn["calls"][0]["read_back"]

    async def test_a_lost_request_is_sent_again_under_its_key_once_it_is_known_lost(
        self, bench: Bench
    ) -> None:
        conversation, approval = await bench.asked()
        bench.shop.faults = ["lost_request"]
        await bench.answer(conversation, approval["id"], "approve", DONE)
        assert len(bench.shop.orders) == 1

    async def test_an_outcome_that_cannot_be_learnt_is_said_and_followed_up(
        self, bench: Bench
    ) -> None:
        conversation, approval = await bench.asked()
        bench.shop.faults = ["lost_response", "orders_down"]
        turn = await bench.answer(conversation, approval["id"], "approve")
        assert turn["reply"]["text"]
        assert len(bench.shop.orders) == 1
        bench.shop.faults = []
        turn = await bench.say(conversation, "and now?", DONE)
        assert turn["calls"][0]["status"] == "executed"
        assert len(bench.shop.orders) == 1

    @pytest.mark.parametrize("said", ["No, don't book it", "never mind, I booked elsewhere", "?"])
    async def test_whoever_was_told_that_nothing_is_sent_again_is_right(
        self, bench: Bench, said: str
    ) -> None:
        conversation, approval = await bench.asked()
        bench.shop.faults = ["lost_request", "orders_down"]
        turn = await bench.answer(conversation, approval["id"], "approve")
        assert "not send it again" in turn["reply"]["text"]
        bench.shop.faults = []
        turn = await bench.say(conversation, said)
        assert turn["calls"][0]["status"] == "failed"
        assert "nothing was done" in turn["reply"]["text"]
        assert bench.shop.orders == {}
        restarted = Bench(bench.store, bench.shop)
        assert await restarted.agent.recover() == 0
        assert bench.shop.orders == {}

    async def test_what_is_still_wanted_is_asked_for_once_more(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        bench.shop.faults = ["lost_request", "orders_down"]
        await bench.answer(conversation, approval["id"], "approve")
        bench.shop.faults = []
        await bench.say(conversation, "so?")
        turn = await bench.say(conversation, "then book it", BUY)
        assert turn["approval"]["id"] != approval["id"]
        await bench.answer(conversation, turn["approval"]["id"], "approve", DONE)
        assert len(bench.shop.orders) == 1

    async def test_a_changed_price_is_asked_again_with_the_new_total(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        bench.shop.faults = ["price_changed"]
        turn = await bench.answer(conversation, approval["id"], "approve")
        assert turn["approval"]["total"]["amount"] == "12.50"
        assert turn["approval"]["id"] != approval["id"]
        assert "10" in turn["reply"]["text"]
        assert bench.shop.orders == {}
        events = await bench.agent.events(conversation)
        assert any(isinstance(e, ApprovalVoided) and e.reason == "price_changed" for e in events)
        await bench.answer(conversation, turn["approval"]["id"], "approve", DONE)
        assert [o["total"]["amount"] for o in bench.shop.orders.values()] == ["12.50"]

    async def test_an_unavailable_api_is_tried_again_after_a_pause(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        bench.shop.faults = ["unavailable"]
        await bench.answer(conversation, approval["id"], "approve", DONE)
        assert len(bench.shop.orders) == 1
        assert bench.slept

    async def test_of_two_writes_the_second_failing_the_user_hears_what_stands(
        self, bench: Bench
    ) -> None:
        conversation = await bench.agent.start()
        await bench.say(conversation, WISH, FIND, ("present", {"result": "c1"}))
        turn = await bench.say(conversation, "both please", [BUY, BUY_OTHER])
        assert turn["approval"]["total"]["amount"] == "30.00"
        bench.shop.faults = ["", "sold_out"]
        turn = await bench.answer(conversation, turn["approval"]["id"], "approve")
        assert [call["status"] for call in turn["calls"]] == ["executed", "failed"]
        assert [o["item_id"] for o in bench.shop.orders.values()] == ["it_aa"]
        assert "or_0" in str(turn["reply"]["cards"])

    async def test_the_same_write_again_is_a_duplicate(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        await bench.answer(conversation, approval["id"], "approve", DONE)
        turn = await bench.say(conversation, "buy it", BUY, DONE)
        assert turn["calls"][0]["rejections"][0]["code"] == "duplicate_call"
        assert len(bench.shop.orders) == 1


class Killed(BaseException):
    """Ends a turn as a kill does: nothing of it goes on."""


class TestRestart:
    async def test_a_conversation_goes_on_from_its_log(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        other = Bench(bench.store, bench.shop)
        await other.answer(conversation, approval["id"], "approve", DONE)
        assert len(bench.shop.orders) == 1

    @pytest.mark.parametrize("committed", [True, False])
    async def test_killed_between_intent_and_answer_there_is_one_order(
        self, bench: Bench, committed: bool
    ) -> None:
        conversation, approval = await bench.asked()
        log = bench.store
        append = log.append

        async def die(conversation_id: str, position: int, events: Any) -> None:
            if any(isinstance(event, CallObserved) for event in events):
                raise Killed
            await append(conversation_id, position, events)

        log.append = die  # type: ignore[method-assign]
        bench.shop.faults = [] if committed else ["unavailable"] * 3
        with pytest.raises(Killed):
            await bench.answer(conversation, approval["id"], "approve")
        log.append = append  # type: ignore[method-assign]
        assert len(bench.shop.orders) == int(committed)
        restarted = Bench(log, bench.shop)
        restarted.engine.expect(DONE)
        assert await restarted.agent.recover() == 1
        assert len(bench.shop.orders) == 1
        events = await restarted.agent.events(conversation)
        assert sum(isinstance(event, WriteIntended) for event in events) == 1
        assert await restarted.agent.recover() == 0

    @pytest.mark.parametrize(("later", "orders"), [(5, 1), (60, 0)])
    async def test_a_restart_sends_only_what_its_approval_still_allows(
        self, bench: Bench, later: int, orders: int
    ) -> None:
        conversation, approval = await bench.asked()
        append = bench.store.append

        async def killed(conversation_id: str, position: int, events: Any) -> None:
            if any(isinstance(event, CallObserved) for event in events):
                raise Killed
            await append(conversation_id, position, events)

        bench.store.append = killed  # type: ignore[method-assign]
        bench.shop.faults = ["unavailable"] * 3
        with pytest.raises(Killed):
            await bench.answer(conversation, approval["id"], "approve")
        bench.store.append = append  # type: ignore[method-assign]
        restarted = Bench(bench.store, bench.shop)
        restarted.clock.time += timedelta(minutes=later)
        restarted.engine.expect(*[DONE] * orders)
        assert await restarted.agent.recover() == 1
        restarted.engine.finish()
        assert len(bench.shop.orders) == orders

    async def test_one_that_was_told_as_unknown_is_only_looked_up(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        bench.shop.faults = ["lost_request", "orders_down"]
        await bench.answer(conversation, approval["id"], "approve")
        bench.shop.faults = []
        restarted = Bench(bench.store, bench.shop)
        assert await restarted.agent.recover() == 1
        assert bench.shop.orders == {}
        told = [e for e in await restarted.agent.events(conversation) if isinstance(e, Replied)]
        assert "nothing was done" in told[-1].text

    async def test_another_process_that_has_asked_since_is_noticed(self, bench: Bench) -> None:
        conversation = await bench.agent.start()
        other = Bench(bench.store, bench.shop)
        await other.say(conversation, WISH, FIND, SHOW)
        turn = await other.say(conversation, "that one", BUY)
        await bench.answer(conversation, turn["approval"]["id"], "approve", DONE)
        assert len(bench.shop.orders) == 1

    async def test_one_that_cannot_be_followed_up_does_not_hold_up_the_others(
        self, bench: Bench
    ) -> None:
        first, approval = await bench.asked()
        second, later = await bench.asked()
        bench.shop.faults = ["lost_response", "orders_down"]
        await bench.answer(first, approval["id"], "approve")
        bench.shop.faults = ["lost_response", "orders_down"]
        await bench.answer(second, later["id"], "approve")
        bench.shop.faults = []
        restarted = Bench(bench.store, bench.shop)
        restarted.engine.expect(DONE)
        # The script has one step: the turn of the second conversation finds none and fails.
        assert await restarted.agent.recover() == 1
        assert len(bench.shop.orders) == 2


async def test_a_log_folds_to_the_state_that_was_live(bench: Bench) -> None:
    conversation, approval = await bench.asked()
    await bench.answer(conversation, approval["id"], "approve", DONE)
    live = bench.agent._conversations[conversation].state  # pyright: ignore[reportPrivateUsage]
    fold = Fold(bench.catalog, Reader(bench.catalog.specs))
    assert fold.replay(await bench.agent.events(conversation)) == live


async def test_an_engine_that_fails_loses_nothing(bench: Bench) -> None:
    conversation = await bench.agent.start()
    with pytest.raises(EngineRefused):
        await bench.say(conversation, WISH)
    turn = await bench.say(conversation, "again?", FIND, ("present", {"result": "c1"}))
    assert turn["calls"][0]["status"] == "executed"
    assert not any(isinstance(e, CallRejected) for e in await bench.agent.events(conversation))


class TestATurnThatFails:
    async def test_has_an_end_in_the_log(self, bench: Bench) -> None:
        conversation = await bench.agent.start()
        with pytest.raises(EngineRefused):
            await bench.say(conversation, WISH)
        log = await bench.agent.events(conversation)
        assert [event.type for event in log[-2:]] == ["user_message", "turn_ended"]
        assert log[-1] == TurnEnded("failed")

    async def test_tells_what_its_writes_came_to(self, bench: Bench) -> None:
        conversation, approval = await bench.asked()
        with pytest.raises(EngineRefused):
            await bench.answer(conversation, approval["id"], "approve")
        assert len(bench.shop.orders) == 1
        decided = bench.agent.decide(conversation, approval["id"], "approve")
        (told,) = [event async for _, event in decided if isinstance(event, Replied)]
        assert "or_0" in str(told.cards)
        assert "went wrong" in told.text
        assert len(bench.shop.orders) == 1

    async def test_that_never_began_leaves_nothing(self, bench: Bench) -> None:
        conversation = await bench.agent.start()
        before = await bench.agent.events(conversation)
        with pytest.raises(ApprovalNotFound):
            await bench.answer(conversation, "a9", "approve")
        assert await bench.agent.events(conversation) == before
