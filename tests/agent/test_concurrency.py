"""Many conversations at once, and one conversation spoken to from several sides."""

import asyncio
from contextlib import aclosing
from typing import Any

from agent.acts import act_text
from agent.engines.base import Completion, Message, Sampling
from agent.events import CallObserved, Event, TurnEnded, UserMessage, WriteIntended
from agent.view import turn_view
from tests.agent.bench import BUY, DONE, FIND, SHOW, WISH, Bench


class Reflex:
    """An engine for many conversations: it finds, shows, buys and closes by the last message."""

    name = "reflex"

    async def propose(
        self, prompt: list[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        await asyncio.sleep(0)
        last = prompt[-1]
        if last.role == "user" and last.content.startswith("buy"):
            act = BUY
        elif last.role == "user" and last.content.startswith(WISH):
            act = FIND
        elif "find_items" in last.content:
            act = SHOW
        else:
            act = DONE
        return Completion(act_text([act]))

    async def aclose(self) -> None: ...


def reflexive(bench: Bench) -> Bench:
    bench.agent._desk.engine = Reflex()  # type: ignore[assignment]
    return bench


async def turn(bench: Bench, conversation: str, text: str) -> list[Event]:
    return [event async for _, event in bench.agent.send(conversation, text)]


async def booked(bench: Bench) -> list[Event]:
    conversation = await bench.agent.start()
    for text in (WISH, "buy it", "yes"):
        await turn(bench, conversation, text)
    return list(await bench.agent.events(conversation))


async def test_fifty_conversations_at_once_each_buy_their_own(bench: Bench) -> None:
    reflexive(bench)
    logs = await asyncio.gather(*(booked(bench) for _ in range(50)))
    keys = {e.idempotency_key for log in logs for e in log if isinstance(e, WriteIntended)}
    assert len(keys) == 50
    assert bench.shop.orders.keys() == keys
    shapes = {tuple(event.type for event in log) for log in logs}
    assert len(shapes) == 1


async def test_two_messages_at_once_are_both_answered_in_order(bench: Bench) -> None:
    reflexive(bench)
    conversation = await bench.agent.start()
    first, second = await asyncio.gather(
        turn(bench, conversation, WISH), turn(bench, conversation, "thanks")
    )
    assert [type(events[0]) for events in (first, second)] == [UserMessage, UserMessage]
    assert [type(events[-1]) for events in (first, second)] == [TurnEnded, TurnEnded]
    assert list(await bench.agent.events(conversation))[1:] == [*first, *second]


async def test_each_listener_hears_its_own_turn_only(bench: Bench) -> None:
    reflexive(bench)
    conversation = await bench.agent.start()
    heard = await asyncio.gather(*(turn(bench, conversation, f"thanks {n}") for n in range(5)))
    said = [[e.content for e in events if isinstance(e, UserMessage)] for events in heard]
    assert said == [[f"thanks {n}"] for n in range(5)]


async def test_a_second_message_waits_while_a_write_is_on_its_way(bench: Bench) -> None:
    conversation, approval = await bench.asked()
    bench.shop.gate = asyncio.Event()
    bench.engine.expect(DONE, DONE)
    deciding = asyncio.create_task(_decide(bench, conversation, approval["id"]))
    await _until_intended(bench, conversation)
    speaking = asyncio.create_task(turn(bench, conversation, "and a chair"))
    await asyncio.sleep(0)
    assert not speaking.done()
    bench.shop.gate.set()
    decided, spoken = await asyncio.gather(deciding, speaking)
    assert any(isinstance(event, CallObserved) for event in decided)
    assert isinstance(spoken[0], UserMessage)


async def test_a_write_completes_when_its_consumer_is_cancelled(bench: Bench) -> None:
    conversation, approval = await bench.asked()
    bench.shop.gate = asyncio.Event()
    bench.engine.expect(DONE)
    consumer = asyncio.create_task(_decide(bench, conversation, approval["id"]))
    await _until_intended(bench, conversation)
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)
    assert consumer.cancelled()
    bench.shop.gate.set()
    await bench.agent.aclose()
    events = await bench.store.load(conversation)
    assert [e.ok for e in events if isinstance(e, CallObserved)][-1]
    assert isinstance(events[-1], TurnEnded)
    assert len(bench.shop.orders) == 1
    assert await bench.store.unfinished() == []


async def test_a_consumer_that_leaves_early_stops_no_turn(bench: Bench) -> None:
    conversation = await bench.agent.start()
    bench.engine.expect(FIND, SHOW)
    async with aclosing(bench.agent.send(conversation, WISH)) as events:  # type: ignore[type-var]
        async for _ in events:
            break
    await bench.agent.aclose()
    log = await bench.store.load(conversation)
    assert turn_view(log, 1)["calls"][0]["status"] == "executed"
    assert isinstance(log[-1], TurnEnded)


async def _decide(bench: Bench, conversation: str, approval: str) -> list[Event]:
    return [event async for _, event in bench.agent.decide(conversation, approval, "approve")]


async def _until_intended(bench: Bench, conversation: str) -> None:
    while True:
        log: Any = await bench.store.load(conversation)
        if any(isinstance(event, WriteIntended) for event in log):
            return
        await asyncio.sleep(0)
