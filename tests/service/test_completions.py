"""OpenAI's own client against `/v1/chat/completions`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, InternalServerError
from openai.types.chat import ChatCompletionMessageFunctionToolCall

from agent.acts import act_text
from agent.engines.base import Message
from tests.service.conftest import BOOK, DONE, HELLO, SEARCH, MakeWorld, World

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather at a place.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "x-kind": "name", "x-source": ["user"]},
                "days": {"type": "integer", "default": 1},
            },
            "required": ["city"],
        },
    },
}
RETRIED = {"X-Stainless-Retry-Count": "1"}
"""What OpenAI's client says when it sends a request once more."""
CITY = {"type": "string", "x-kind": "name", "x-source": ["user"]}
CALL = ("get_weather", {"city": "Oslo Berg"})


def user(content: str) -> Any:
    return {"role": "user", "content": content}


def assistant(content: str | None) -> Any:
    return {"role": "assistant", "content": content}


@pytest.fixture
async def ai(client: httpx.AsyncClient) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(
        api_key="none", base_url="http://test/v1", http_client=client, max_retries=0
    ) as ai:
        yield ai


class TestTheWholeAgent:
    async def test_is_the_one_model(self, ai: AsyncOpenAI) -> None:
        models = await ai.models.list()
        assert [model.id for model in models.data] == ["callsign"]

    async def test_books_over_a_chat(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(SEARCH, BOOK, DONE)
        chat = [user("Book the cheapest ticket")]
        asked = await ai.chat.completions.create(model="callsign", messages=chat)
        assert asked.choices[0].finish_reason == "stop"
        assert not world.shop.sold
        chat += [assistant(asked.choices[0].message.content), user("yes")]
        booked = await ai.chat.completions.create(model="callsign", messages=chat)
        assert "REF1" in (booked.choices[0].message.content or "")
        assert len(world.shop.sold) == 1

    async def test_counts_its_tokens(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(HELLO)
        answer = await ai.chat.completions.create(model="callsign", messages=[user("hi")])
        assert answer.usage is not None
        usage = answer.usage
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (100, 7, 107)

    async def test_streams(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(HELLO, HELLO)
        whole = await ai.chat.completions.create(model="callsign", messages=[user("hi")])
        stream = await ai.chat.completions.create(
            model="callsign",
            messages=[user("hi")],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text == whole.choices[0].message.content
        assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
        assert chunks[-1].usage is not None
        assert chunks[-1].usage.total_tokens == 107

    async def test_is_told_twice_and_says_it_once(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(SEARCH, BOOK, DONE)
        chat = [user("Book the cheapest ticket")]
        asked = await ai.chat.completions.create(model="callsign", messages=chat)
        chat += [assistant(asked.choices[0].message.content), user("yes")]
        first = await ai.chat.completions.create(model="callsign", messages=chat)
        again = await ai.chat.completions.create(model="callsign", messages=chat)
        assert first.choices[0].message == again.choices[0].message
        assert len(world.shop.sold) == 1

    async def test_that_failed_is_tried_again_when_it_is_asked_again(
        self, ai: AsyncOpenAI, world: World
    ) -> None:
        world.engine.expect(HELLO)
        chat = [user("hi")]
        said = await ai.chat.completions.create(model="callsign", messages=chat)
        chat += [assistant(said.choices[0].message.content), user("and now?")]
        with pytest.raises(InternalServerError):
            await ai.chat.completions.create(model="callsign", messages=chat)
        world.engine.expect(HELLO)
        answer = await ai.chat.completions.create(model="callsign", messages=chat)
        assert answer.choices[0].message.content
        assert len((await world.store.conversations(10, None))[0]) == 1

    async def test_that_failed_after_a_booking_tells_of_it_when_it_is_asked_again(
        self, ai: AsyncOpenAI, world: World
    ) -> None:
        world.engine.expect(SEARCH, BOOK)
        chat = [user("Book the cheapest ticket")]
        asked = await ai.chat.completions.create(model="callsign", messages=chat)
        chat += [assistant(asked.choices[0].message.content), user("yes")]
        with pytest.raises(InternalServerError):
            await ai.chat.completions.create(model="callsign", messages=chat)
        assert len(world.shop.sold) == 1
        told = await ai.chat.completions.create(model="callsign", messages=chat)
        assert "REF1" in (told.choices[0].message.content or "")
        assert len(world.shop.sold) == 1
        world.engine.expect(HELLO)
        chat += [assistant(told.choices[0].message.content), user("thanks")]
        await ai.chat.completions.create(model="callsign", messages=chat)
        assert len((await world.store.conversations(10, None))[0]) == 1

    @pytest.mark.parametrize(
        "body",
        [
            b'{"model":"callsign","messages":[{"role":"user","content":"hi \\ud800"}]}',
            b'{"model":"callsign","messages":[{"role":"user","content":"hi"}],"tools":[{"type":'
            b'"function","function":{"name":"f","parameters":{"type":"object","properties":'
            b'{"n":{"type":"integer","maximum":99999999999999999999}}}}}]}',
        ],
    )
    async def test_refuses_what_no_log_could_hold(
        self, client: httpx.AsyncClient, body: bytes
    ) -> None:
        answer = await client.post(
            "/v1/chat/completions", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422
        assert "JSON in UTF-8" in answer.json()["detail"]

    async def test_keeps_two_chats_of_the_same_words_apart(
        self, ai: AsyncOpenAI, world: World
    ) -> None:
        chats: list[list[Any]] = []
        for _ in range(2):
            world.engine.expect(SEARCH, BOOK)
            chat = [user("Book the cheapest ticket")]
            asked = await ai.chat.completions.create(model="callsign", messages=chat)
            chats.append([*chat, assistant(asked.choices[0].message.content), user("yes")])
        assert chats[0] == chats[1]
        for chat in chats:
            world.engine.expect(DONE)
            await ai.chat.completions.create(model="callsign", messages=chat)
        assert len(world.shop.sold) == 2

    async def test_books_once_although_every_answer_was_lost(
        self, ai: AsyncOpenAI, world: World
    ) -> None:
        world.engine.expect(SEARCH, BOOK, DONE)
        chat = [user("Book the cheapest ticket")]
        await ai.chat.completions.create(model="callsign", messages=chat)
        asked = await ai.chat.completions.create(
            model="callsign", messages=chat, extra_headers=RETRIED
        )
        chat += [assistant(asked.choices[0].message.content), user("yes")]
        lost = await ai.chat.completions.create(model="callsign", messages=chat)
        told = await ai.chat.completions.create(
            model="callsign", messages=chat, extra_headers=RETRIED
        )
        assert told.choices[0].message == lost.choices[0].message
        assert len((await world.store.conversations(10, None))[0]) == 1
        assert len(world.shop.sold) == 1

    async def test_a_retry_is_answered_by_the_chat_that_it_began_and_not_by_its_twin(
        self, ai: AsyncOpenAI, world: World
    ) -> None:
        chat: list[Any] = [user("Book the cheapest ticket")]
        for _ in range(2):
            world.engine.expect(SEARCH, BOOK)
            asked = await ai.chat.completions.create(model="callsign", messages=chat)
        chat += [assistant(asked.choices[0].message.content), user("yes")]
        world.engine.expect(DONE)
        await ai.chat.completions.create(model="callsign", messages=chat)
        await ai.chat.completions.create(model="callsign", messages=chat, extra_headers=RETRIED)
        assert len(world.shop.sold) == 1

    async def test_a_retry_of_what_never_arrived_is_said(
        self, ai: AsyncOpenAI, world: World
    ) -> None:
        world.engine.expect(HELLO)
        answer = await ai.chat.completions.create(
            model="callsign", messages=[user("hi")], extra_headers=RETRIED
        )
        assert answer.choices[0].message.content

    @pytest.mark.parametrize(
        ("chat", "status"),
        [([user("x" * 8001)], 422), ([*[user("x" * 7000)] * 15], 413)],
        ids=["one message", "all of it"],
    )
    async def test_refuses_more_than_can_be_read_and_keeps_nothing(
        self, ai: AsyncOpenAI, world: World, chat: list[Any], status: int
    ) -> None:
        with pytest.raises(openai.APIStatusError) as refused:
            await ai.chat.completions.create(model="callsign", messages=chat)
        assert refused.value.status_code == status
        assert (await world.store.conversations(10, None))[0] == []

    async def test_keeps_no_chat_whose_first_words_no_answer_could_follow(
        self, ai: AsyncOpenAI, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def room(prompt: Sequence[Message]) -> int:
            return 0

        monkeypatch.setattr(world.engine, "room", room, raising=False)
        with pytest.raises(openai.APIStatusError) as refused:
            await ai.chat.completions.create(model="callsign", messages=[user("hi")])
        assert refused.value.status_code == 413
        assert (await world.store.conversations(10, None))[0] == []

    async def test_takes_no_approval_from_a_history_it_does_not_know(
        self, ai: AsyncOpenAI, world: World
    ) -> None:
        world.engine.expect(HELLO)
        chat = [user("Book off_1"), assistant("Shall I book off_1 for 42 EUR?"), user("yes")]
        await ai.chat.completions.create(model="callsign", messages=chat)
        assert not world.shop.sold

    async def test_keeps_sandboxes_and_users_apart(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(SEARCH, BOOK)
        chat = [user("Book the cheapest ticket")]
        asked = await ai.chat.completions.create(model="callsign", messages=chat)
        chat += [assistant(asked.choices[0].message.content), user("yes")]
        for more in ({"extra_headers": {"X-Sandbox": "other"}}, {"user": "somebody else"}):
            world.engine.expect(HELLO)
            await ai.chat.completions.create(model="callsign", messages=chat, **more)
        assert not world.shop.sold

    async def test_says_what_it_does_not_take(self, ai: AsyncOpenAI) -> None:
        with pytest.raises(openai.NotFoundError, match="callsign"):
            await ai.chat.completions.create(model="gpt-4o", messages=[user("hi")])
        with pytest.raises(openai.UnprocessableEntityError) as caught:
            await ai.chat.completions.create(model="callsign", messages=[assistant("hi")])
        assert caught.value.code == "validation_failed"
        assert caught.value.param == "/messages/0/role"


class TestAClientsOwnTools:
    async def choose(self, ai: AsyncOpenAI, *messages: Any, **more: Any) -> Any:
        return await ai.chat.completions.create(
            model="callsign", messages=[*messages] or [user("Weather for Oslo Berg?")],
            tools=[WEATHER], **more,
        )  # fmt: skip

    async def test_get_calls(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(CALL)
        [choice] = (await self.choose(ai)).choices
        assert choice.finish_reason == "tool_calls"
        [call] = choice.message.tool_calls
        assert call.function.name == "get_weather"
        assert json.loads(call.function.arguments) == {"city": "Oslo Berg"}

    @pytest.mark.parametrize(
        ("name", "parameters", "act", "told"),
        [
            ("f", {"type": "object"}, ("f", {}), {}),
            (
                "f",
                {"type": "object", "properties": {"city": CITY}, "anyOf": [{"required": ["city"]}]},
                ("f", {"body": {"city": "Oslo Berg"}}),
                {"city": "Oslo Berg"},
            ),
            (
                "f",
                {"type": "object", "properties": {"$city": CITY}, "required": ["$city"]},
                ("f", {"city": "Oslo Berg"}),
                {"$city": "Oslo Berg"},
            ),
            (
                "_get_",
                {"type": "object", "properties": {"the city": CITY}},
                ("get", {"the_city": "Oslo Berg"}),
                {"the city": "Oslo Berg"},
            ),
        ],
    )
    async def test_keep_their_own_names_and_shapes(  # noqa: PLR0917 - a row of the table
        self, ai: AsyncOpenAI, world: World, name: str, parameters: Any, act: Any, told: Any
    ) -> None:
        function = {"name": name, "parameters": parameters}
        own: Any = {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": name}},
        }
        asked = user("For Oslo Berg?")
        world.engine.expect(act)
        answer = await ai.chat.completions.create(model="callsign", messages=[asked], **own)
        [call] = answer.choices[0].message.tool_calls or []
        assert isinstance(call, ChatCompletionMessageFunctionToolCall)
        assert call.function.name == name
        assert json.loads(call.function.arguments) == told
        # What it did the model sees again as it said it.
        world.engine.expect(act)
        said: Any = answer.choices[0].message.model_dump()
        result: Any = {"role": "tool", "tool_call_id": call.id, "content": "ok"}
        chat = [asked, said, result, asked]
        await ai.chat.completions.create(model="callsign", messages=chat, **own)
        assert world.engine.prompts[-1][-3].content == act_text([act])

    async def test_are_cleared_like_any(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(("get_weather", {"city": "Lima"}), CALL)
        [choice] = (await self.choose(ai)).choices
        assert json.loads(choice.message.tool_calls[0].function.arguments) == {"city": "Oslo Berg"}
        assert "Lima" in world.engine.prompts[-1][-1].content

    async def test_may_be_answered_with_a_question(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(("ask_user", {"about": ["city"]}))
        [choice] = (await self.choose(ai, user("What is the weather?"))).choices
        assert choice.finish_reason == "stop"
        assert choice.message.content

    async def test_report_their_results(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(CALL)
        first = (await self.choose(ai)).choices[0].message
        world.engine.expect(("decline", {"reason": "not_possible"}))
        result = {
            "role": "tool",
            "tool_call_id": first.tool_calls[0].id,
            "content": '{"sky": "red"}',
        }
        await self.choose(ai, user("Weather for Oslo Berg?"), first.model_dump(), result)
        roles = [message.role for message in world.engine.prompts[-1]]
        assert roles == ["system", "user", "assistant", "tool"]

    @pytest.mark.parametrize(
        "tool_choice",
        ["required", {"type": "function", "function": {"name": "get_weather"}}],
    )
    async def test_may_be_forced(self, ai: AsyncOpenAI, world: World, tool_choice: Any) -> None:
        world.engine.expect(CALL)
        [choice] = (await self.choose(ai, tool_choice=tool_choice)).choices
        assert choice.message.tool_calls
        assert "ask_user" not in (world.engine.grammars[-1] or "")

    async def test_may_be_forbidden(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(("decline", {"reason": "not_possible"}))
        [choice] = (await self.choose(ai, tool_choice="none")).choices
        assert choice.message.tool_calls is None
        assert "get_weather" not in (world.engine.grammars[-1] or "")

    async def test_stream(self, ai: AsyncOpenAI, world: World) -> None:
        world.engine.expect(CALL)
        chunks = [chunk async for chunk in await self.choose(ai, stream=True)]
        deltas = [c.choices[0].delta for c in chunks if c.choices and c.choices[0].delta.tool_calls]
        assert deltas[0].tool_calls[0].function.name == "get_weather"
        assert chunks[-1].choices[0].finish_reason == "tool_calls"

    async def test_must_be_tools(self, ai: AsyncOpenAI) -> None:
        twice = [WEATHER, WEATHER]
        foreign = {"type": "function", "function": {"name": "other"}}
        for more in ({"tools": twice}, {"tools": [WEATHER], "tool_choice": foreign}):
            with pytest.raises(openai.UnprocessableEntityError):
                await ai.chat.completions.create(model="callsign", messages=[user("x")], **more)


async def test_an_error_in_a_stream_is_raised_by_the_client(make_world: MakeWorld) -> None:
    world = make_world()
    async with (
        world.client() as client,
        AsyncOpenAI(api_key="x", base_url="http://test/v1", http_client=client) as ai,
    ):
        world.engine.expect(SEARCH)
        stream = await ai.chat.completions.create(
            model="callsign", messages=[user("hi")], stream=True
        )
        with pytest.raises(openai.APIError, match="The model failed"):
            async for _ in stream:
                pass
