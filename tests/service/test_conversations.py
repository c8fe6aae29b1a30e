"""Conversations over HTTP, as the contract lists them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from agent.engines.base import Message
from tests.service.conftest import (
    BOOK,
    DONE,
    HELLO,
    PRESENT,
    SEARCH,
    World,
    ask_to_book,
    new_conversation,
    say,
)


def is_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert len(problem["detail"]) > 20
    return problem


class TestCreating:
    async def test_gives_an_id_and_the_time(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/v1/conversations", json={})
        assert response.status_code == 201
        assert set(response.json()) == {"id", "created_at"}

    async def test_needs_no_body(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/v1/conversations")).status_code == 201

    async def test_takes_a_sandbox_that_exists(self, client: httpx.AsyncClient) -> None:
        known = await client.post("/v1/conversations", json={"sandbox": "other"})
        unknown = await client.post("/v1/conversations", json={"sandbox": "elsewhere"})
        assert known.status_code == 201
        is_problem(unknown, 404, "sandbox_not_found")

    async def test_points_at_what_is_wrong(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/v1/conversations", json={"sandbx": "x", "sandbox": 3})
        problem = is_problem(response, 422, "validation_failed")
        assert {error["pointer"] for error in problem["errors"]} == {"/sandbx", "/sandbox"}


class TestReading:
    async def test_lists_the_newest_first_page_by_page(self, client: httpx.AsyncClient) -> None:
        made = [await new_conversation(client) for _ in range(3)]
        first = (await client.get("/v1/conversations?limit=2")).json()
        cursor = first["meta"]["next_cursor"]
        second = (await client.get(f"/v1/conversations?limit=2&cursor={cursor}")).json()
        assert [row["id"] for row in first["data"] + second["data"]] == made[::-1]
        assert second["meta"]["next_cursor"] is None

    async def test_refuses_a_foreign_cursor(self, client: httpx.AsyncClient) -> None:
        is_problem(await client.get("/v1/conversations?cursor=zzz"), 422, "validation_failed")

    async def test_gives_the_whole_event_log(self, client: httpx.AsyncClient, world: World) -> None:
        world.engine.expect(HELLO)
        conversation = await new_conversation(client)
        await say(client, conversation, "Hello")
        log = (await client.get(f"/v1/conversations/{conversation}")).json()
        assert log["id"] == conversation
        assert log["title"] == "Hello"
        assert [event["type"] for event in log["events"]] == [
            "conversation_started", "user_message", "act_proposed", "replied", "turn_ended",
        ]  # fmt: skip

    async def test_forgets_what_is_deleted(self, client: httpx.AsyncClient) -> None:
        path = f"/v1/conversations/{await new_conversation(client)}"
        assert (await client.delete(path)).status_code == 204
        is_problem(await client.get(path), 404, "not_found")
        is_problem(await client.delete(path), 404, "not_found")
        is_problem(await client.post(f"{path}/messages", json={"content": "x"}), 404, "not_found")


class TestATurn:
    async def test_is_the_contracts_json(self, client: httpx.AsyncClient, world: World) -> None:
        world.engine.expect(SEARCH, PRESENT)
        turn = await say(client, await new_conversation(client), "Which tickets are there?")
        [call] = turn["calls"]
        assert (call["name"], call["effect"], call["status"]) == (
            "search_offers",
            "read",
            "executed",
        )
        assert call["result"]["data"][0]["offer_id"] == "off_1"
        assert "42" in turn["reply"]["text"]
        assert turn["approval"] is None
        assert turn["usage"]["prompt_tokens"] == 200

    async def test_that_would_write_asks_first(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        conversation, approval = await ask_to_book(client, world)
        assert approval["total"] == {"amount": "42.00", "currency": "EUR"}
        assert approval["digest"]
        assert approval["summary"]
        assert not world.shop.sold
        world.engine.expect(HELLO)
        later = await say(client, conversation, "wait, who are you?")
        assert later["approval"]["id"] == approval["id"]

    async def test_says_nothing_empty(self, client: httpx.AsyncClient) -> None:
        path = f"/v1/conversations/{await new_conversation(client)}/messages"
        for content in ("", "  \n ", "x" * 8001, None, 3):
            is_problem(await client.post(path, json={"content": content}), 422, "validation_failed")
        is_problem(await client.post(path, content=b"{"), 422, "validation_failed")

    async def test_whose_model_fails_is_told_as_such(self, client: httpx.AsyncClient) -> None:
        path = f"/v1/conversations/{await new_conversation(client)}/messages"
        problem = is_problem(await client.post(path, json={"content": "hi"}), 502, "engine_failed")
        assert "the script is over" not in problem["detail"]
        log = (await client.get(path.removesuffix("/messages"))).json()["events"]
        assert log[-1] == {"type": "turn_ended", "reason": "failed"}

    async def test_that_no_model_could_answer_is_not_kept(
        self, client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def room(prompt: Sequence[Message]) -> int:
            return 8192 - sum(len(message.content) for message in prompt)

        monkeypatch.setattr(world.engine, "room", room, raising=False)
        conversation = await new_conversation(client)
        path = f"/v1/conversations/{conversation}/messages"
        long = await client.post(path, json={"content": "x" * 7990})
        assert "new conversation" in is_problem(long, 413, "payload_too_large")["detail"]
        world.engine.expect(HELLO)
        assert (await say(client, conversation, "Hello"))["reply"]["text"]

    async def test_needs_json(self, client: httpx.AsyncClient) -> None:
        path = f"/v1/conversations/{await new_conversation(client)}/messages"
        headers = {"Content-Type": "text/plain"}
        answer = await client.post(path, content=b'{"content": "hi"}', headers=headers)
        problem = is_problem(answer, 422, "validation_failed")
        assert problem["errors"][0]["pointer"] == "/Content-Type"

    async def test_refuses_another_while_it_runs(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        conversation = await new_conversation(client)
        world.engine.expect(HELLO)
        world.engine.gate.clear()
        first = asyncio.create_task(say(client, conversation, "Hello"))
        await world.engine.asked.wait()
        path = f"/v1/conversations/{conversation}"
        second = await client.post(f"{path}/messages", json={"content": "Hello?"})
        is_problem(second, 409, "turn_in_progress")
        is_problem(await client.delete(path), 409, "turn_in_progress")
        world.engine.gate.set()
        assert (await first)["reply"]["text"]


class TestAnApproval:
    async def decide(
        self, client: httpx.AsyncClient, conversation: str, approval: str, decision: str
    ) -> httpx.Response:
        path = f"/v1/conversations/{conversation}/approvals/{approval}"
        return await client.post(path, json={"decision": decision})

    async def test_lets_the_write_through(self, client: httpx.AsyncClient, world: World) -> None:
        conversation, approval = await ask_to_book(client, world)
        world.engine.expect(DONE)
        turn = (await self.decide(client, conversation, approval["id"], "approve")).json()
        [call] = turn["calls"]
        assert (call["name"], call["status"]) == ("book_offer", "executed")
        assert "REF1" in turn["reply"]["text"]
        assert turn["approval"] is None
        assert list(world.shop.sold.values()) == ["off_1"]

    async def test_may_be_a_plain_yes(self, client: httpx.AsyncClient, world: World) -> None:
        conversation, _ = await ask_to_book(client, world)
        world.engine.expect(DONE)
        turn = await say(client, conversation, "Yes, please")
        assert turn["calls"][0]["status"] == "executed"
        assert len(world.shop.sold) == 1

    async def test_may_be_declined(self, client: httpx.AsyncClient, world: World) -> None:
        conversation, approval = await ask_to_book(client, world)
        turn = (await self.decide(client, conversation, approval["id"], "decline")).json()
        assert turn["approval"] is None
        assert turn["reply"]["text"]
        assert not world.shop.sold

    async def test_given_twice_is_the_same_turn(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        conversation, approval = await ask_to_book(client, world)
        world.engine.expect(DONE)
        first = await self.decide(client, conversation, approval["id"], "approve")
        second = await self.decide(client, conversation, approval["id"], "approve")
        assert first.json() == second.json()
        assert len(world.shop.sold) == 1

    async def test_given_twice_at_once_is_executed_once(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        conversation, approval = await ask_to_book(client, world)
        world.engine.expect(DONE)
        answers = await asyncio.gather(
            *(self.decide(client, conversation, approval["id"], "approve") for _ in range(5))
        )
        assert [answer.status_code for answer in answers] == [200] * 5
        assert all(answer.json() == answers[0].json() for answer in answers)
        assert len(world.shop.sold) == 1

    async def test_cannot_be_taken_back(self, client: httpx.AsyncClient, world: World) -> None:
        conversation, approval = await ask_to_book(client, world)
        world.engine.expect(DONE)
        await self.decide(client, conversation, approval["id"], "approve")
        late = await self.decide(client, conversation, approval["id"], "decline")
        is_problem(late, 409, "approval_conflict")

    async def test_is_void_once_the_wish_has_changed(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        conversation, approval = await ask_to_book(client, world)
        world.engine.expect(("book_offer", {"offer_id": "off_2"}))
        changed = await say(client, conversation, "The other one instead")
        assert changed["approval"]["id"] != approval["id"]
        old = await self.decide(client, conversation, approval["id"], "approve")
        is_problem(old, 409, "approval_conflict")
        assert not world.shop.sold

    async def test_must_have_been_asked_for(self, client: httpx.AsyncClient, world: World) -> None:
        conversation = await new_conversation(client)
        is_problem(await self.decide(client, conversation, "a9", "approve"), 404, "not_found")

    @pytest.mark.parametrize("decision", ["yes", "", None, True])
    async def test_is_one_of_two_words(
        self, client: httpx.AsyncClient, world: World, decision: object
    ) -> None:
        conversation, approval = await ask_to_book(client, world)
        path = f"/v1/conversations/{conversation}/approvals/{approval['id']}"
        answer = await client.post(path, json={"decision": decision})
        problem = is_problem(answer, 422, "validation_failed")
        assert problem["errors"][0]["pointer"] == "/decision"


async def test_a_rejected_call_says_why(client: httpx.AsyncClient, world: World) -> None:
    world.engine.expect(("book_offer", {"offer_id": "off_9"}), HELLO)
    turn = await say(client, await new_conversation(client), "Book offer 9")
    call = turn["calls"][0]
    assert call["status"] == "rejected"
    assert call["rejections"][0]["code"] == "foreign_id"
    assert call["rejections"][0]["pointer"] == "/offer_id"


async def test_the_script_is_played_to_its_end(client: httpx.AsyncClient, world: World) -> None:
    world.engine.expect(SEARCH, BOOK, DONE)
    conversation = await new_conversation(client)
    await say(client, conversation, "Book the cheapest")
    await say(client, conversation, "yes")
    world.engine.finish()
