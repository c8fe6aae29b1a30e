"""A turn as server-sent events, over a real server, whose clients come and go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from httpx_sse import ServerSentEvent, aconnect_sse

from service.streams import kept_alive
from tests.service.conftest import (
    DONE,
    HELLO,
    PRESENT,
    SEARCH,
    MakeWorld,
    World,
    ask_to_book,
    new_conversation,
)

STREAM = {"Accept": "text/event-stream"}


@asynccontextmanager
async def served(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The service under uvicorn on a free port: ASGI transports deliver a stream only whole."""
    config = uvicorn.Config(world.app, port=0, log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.001)
    await world.ready()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def live(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with served(world) as client:
        yield client


async def stream(
    client: httpx.AsyncClient, method: str, path: str, stop_after: int | None = None, **more: Any
) -> list[ServerSentEvent]:
    headers = {**STREAM, **more.pop("headers", {})}
    events: list[ServerSentEvent] = []
    async with aconnect_sse(client, method, path, headers=headers, **more) as source:
        assert source.response.status_code == 200
        async for event in source.aiter_sse():
            events.append(event)
            if len(events) == stop_after:
                break
    return events


def names(events: list[ServerSentEvent]) -> list[str]:
    return [event.event for event in events]


async def test_a_turn_tells_each_step_as_it_happens(live: httpx.AsyncClient, world: World) -> None:
    world.engine.expect(SEARCH, PRESENT)
    path = f"/v1/conversations/{await new_conversation(live)}/messages"
    events = await stream(live, "POST", path, json={"content": "Which tickets?"})
    assert names(events) == ["plan", "call", "observation", "plan", "message", "done"]
    plan, call, observation, plan_after, message, done = (event.json() for event in events)
    step = {"id": "c1", "name": "search_offers", "effect": "read"}
    assert plan == {"steps": [{**step, "status": "running"}]}
    assert plan_after == {"steps": [{**step, "status": "executed"}]}
    assert (call["id"], call["status"], call["rejections"]) == ("c1", "running", [])
    assert (observation["id"], observation["status"]) == ("c1", "executed")
    assert observation["result"] == done["calls"][0]["result"]
    assert message["text"] == done["reply"]["text"]


async def test_its_last_event_is_the_json_turn(live: httpx.AsyncClient, world: World) -> None:
    world.engine.expect(SEARCH, PRESENT, SEARCH, PRESENT)
    turns: list[Any] = []
    for headers in (STREAM, {}):
        path = f"/v1/conversations/{await new_conversation(live)}/messages"
        answer = await live.post(path, json={"content": "Which?"}, headers=headers)
        streamed = answer.text.rpartition("data: ")[2].partition("\n")[0]
        turns.append(json.loads(streamed if headers else answer.text))
    assert turns[0] == turns[1]


async def test_an_approval_is_streamed_and_so_is_its_decision(
    live: httpx.AsyncClient, world: World
) -> None:
    conversation, approval = await ask_to_book(live, world)
    world.engine.expect(DONE)
    path = f"/v1/conversations/{conversation}/approvals/{approval['id']}"
    events = await stream(live, "POST", path, json={"decision": "approve"})
    assert names(events) == ["observation", "message", "done"]
    assert events[0].json()["result"]["booking_reference"] == "REF1"


async def test_a_refusal_is_a_status_and_no_stream(live: httpx.AsyncClient) -> None:
    path = "/v1/conversations/nobody/messages"
    answer = await live.post(path, json={"content": "hi"}, headers=STREAM)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


async def test_an_engine_that_fails_ends_the_stream_with_an_error(
    live: httpx.AsyncClient, world: World
) -> None:
    world.engine.expect(SEARCH)
    path = f"/v1/conversations/{await new_conversation(live)}/messages"
    events = await stream(live, "POST", path, json={"content": "Which?"})
    assert events[-1].event == "error"
    assert events[-1].json()["code"] == "engine_failed"
    assert "done" not in names(events)
    replayed = await stream(live, "GET", path.replace("/messages", "/events"))
    assert names(replayed)[-1] == "done"


class TestAClientThatGoesAway:
    async def test_misses_nothing_when_it_comes_back(
        self, live: httpx.AsyncClient, world: World
    ) -> None:
        conversation = f"/v1/conversations/{await new_conversation(live)}"
        world.engine.expect(SEARCH, PRESENT)
        body = {"content": "Which?"}
        seen = await stream(live, "POST", f"{conversation}/messages", 3, json=body)
        last = {"Last-Event-ID": seen[-1].id}
        rest = await stream(live, "POST", f"{conversation}/messages", json=body, headers=last)
        assert names(seen + rest)[-3:] == ["plan", "message", "done"]
        log = (await live.get(conversation)).json()["events"]
        assert sum(event["type"] == "user_message" for event in log) == 1

    async def test_does_not_stop_the_turn(self, live: httpx.AsyncClient, world: World) -> None:
        conversation = f"/v1/conversations/{await new_conversation(live)}"
        world.engine.expect(HELLO)
        world.engine.gate.clear()
        gone = asyncio.create_task(
            live.post(f"{conversation}/messages", json={"content": "Hi"}, headers=STREAM)
        )
        await world.engine.asked.wait()
        gone.cancel()
        await asyncio.wait((gone,))
        follower = asyncio.create_task(stream(live, "GET", f"{conversation}/events"))
        await asyncio.sleep(0)
        world.engine.gate.set()
        assert names(await follower) == ["message", "done"]

    async def test_may_read_the_conversation_from_its_beginning(
        self, live: httpx.AsyncClient, world: World
    ) -> None:
        conversation, _ = await ask_to_book(live, world)
        events = await stream(live, "GET", f"/v1/conversations/{conversation}/events")
        assert names(events).count("approval") == 1
        assert names(events)[-1] == "done"

    @pytest.mark.parametrize("last", ["x", "--1", "-5", "99999999999", "1.5", "²"])
    async def test_must_name_an_event(self, live: httpx.AsyncClient, last: str) -> None:
        path = f"/v1/conversations/{await new_conversation(live)}/events"
        answer = await live.get(path, headers={"Last-Event-ID": last.encode()})
        assert answer.status_code == 422


async def test_silence_is_filled_with_comments() -> None:
    release = asyncio.Event()

    async def frames() -> AsyncIterator[bytes]:
        await release.wait()
        yield b"data: 1\n\n"

    seen: list[bytes] = []
    async for chunk in kept_alive(frames(), 0.001):  # type: ignore[arg-type]
        seen.append(chunk)
        if len(seen) == 2:
            release.set()
    assert seen[0] == seen[1] == b": keep-alive\n\n"
    assert seen[-1] == b"data: 1\n\n"


async def test_the_service_stops_with_a_turn_under_way(make_world: MakeWorld) -> None:
    world = make_world(shutdown_seconds=0)
    async with world.client() as client:
        conversation = await new_conversation(client)
        world.engine.expect(HELLO)
        world.engine.gate.clear()
        path = f"/v1/conversations/{conversation}/messages"
        waiting = asyncio.create_task(client.post(path, json={"content": "Hi"}))
        await world.engine.asked.wait()
    await asyncio.wait((waiting,))
    assert (await world.store.load(conversation))[1].type == "user_message"
