"""A question becomes a checked object, whatever the server does; or there is a reason why not."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.training.teacher.conftest import Opened
from tests.training.teacher.servers import SCHEMA, Server, Stopwatch, lines, question, says
from tools.errors import TeacherRejected, TeacherUnavailable
from training.teacher import Unanswered
from training.teacher.teacher import Json


async def fine(_: Json) -> str:
    return ""


class TestWhatIsSent:
    async def test_the_model_the_schema_and_the_key(self, teacher: Opened) -> None:
        server = Server([lines("Hello")])
        async with teacher(server, key="sk-1") as one:
            assert await one.ask(question(seed=7), fine) == {"lines": ["Hello"]}
        (body,) = server.bodies
        assert body["model"] == "big"
        assert body["seed"] == 7
        assert body["response_format"]["json_schema"]["schema"] == SCHEMA
        assert server.headers[0]["authorization"] == "Bearer sk-1"

    @pytest.mark.parametrize("name", ["response_format", "seed", "temperature", "max_tokens"])
    async def test_what_a_server_does_not_take_is_left_out_from_then_on(
        self, teacher: Opened, name: str
    ) -> None:
        refusal = httpx.Response(400, json={"error": {"message": f"unsupported: {name}"}})
        server = Server([refusal, lines("Hello")])
        async with teacher(server) as one:
            assert await one.ask(question("a"), fine) == {"lines": ["Hello"]}
            await one.ask(question("b"), fine)
        assert [name in body for body in server.bodies] == [True, False, False]

    async def test_a_server_without_structured_outputs_may_write_around_the_object(
        self, teacher: Opened
    ) -> None:
        fenced = says('Here it is:\n```json\n{"lines": ["Hello"]}\n```')
        async with teacher(Server([fenced])) as one:
            assert await one.ask(question(), fine) == {"lines": ["Hello"]}


class TestFailuresForTheMoment:
    @pytest.mark.parametrize(
        "failure",
        [
            httpx.Response(500, text="oops"),
            httpx.Response(503),
            httpx.Response(429),
            httpx.Response(200, text="<html>"),
            httpx.Response(200, json={"choices": []}),
            httpx.ReadTimeout("slow"),
            httpx.ConnectError("down"),
            httpx.RemoteProtocolError("dropped"),
        ],
        ids=repr,
    )
    async def test_are_tried_again(
        self, teacher: Opened, failure: httpx.Response | Exception, stopwatch: Stopwatch
    ) -> None:
        async with teacher(Server([failure, failure, lines("Hello")])) as one:
            assert await one.ask(question(), fine) == {"lines": ["Hello"]}
            assert one.tally.sent == 3
            assert one.tally.resent.total() == 2
        assert stopwatch.slept == [0.5, 1.0]

    async def test_retry_after_holds_every_request(
        self, teacher: Opened, stopwatch: Stopwatch
    ) -> None:
        busy = httpx.Response(429, headers={"retry-after": "40"})
        async with teacher(Server([busy, lines("Hello")]), concurrency=1) as one:
            await asyncio.gather(*(one.ask(question(text), fine) for text in "ab"))
        assert stopwatch.slept == [40.0]

    async def test_a_server_that_answers_nobody_ends_it(self, teacher: Opened) -> None:
        async with teacher(Server([httpx.Response(503)]), attempts=3) as one:
            with pytest.raises(TeacherUnavailable, match="failed 3 times; at last: 503"):
                await one.ask(question(), fine)

    async def test_a_question_that_fails_while_others_are_answered_goes_unanswered(
        self, teacher: Opened, stopwatch: Stopwatch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def meanwhile(_: float) -> None:
            await one.ask(question("easy"), fine)

        monkeypatch.setattr(stopwatch, "sleep", meanwhile)
        server = Server([httpx.ReadTimeout("1"), lines("Hello"), httpx.ReadTimeout("2")])
        async with teacher(server, attempts=2) as one:
            found = await one.ask(question("hard"), fine)
        assert isinstance(found, Unanswered)
        assert found.reason == "no_answer"
        assert "failed 2 times" in found.detail

    @pytest.mark.parametrize(
        "failure",
        [
            httpx.Response(401, text="no such key"),
            httpx.Response(404, text="no such model"),
            httpx.Response(429, text='{"error": {"code": "insufficient_quota"}}'),
            httpx.Response(400, text="prompt too long"),
        ],
        ids=lambda one: str(one.status_code),
    )
    async def test_what_no_retry_mends_ends_it_at_once(
        self, teacher: Opened, failure: httpx.Response
    ) -> None:
        server = Server([failure])
        async with teacher(server) as one:
            with pytest.raises(TeacherRejected, match=str(failure.status_code)):
                await one.ask(question(), fine)
        assert len(server.bodies) == 1

    async def test_a_single_question_that_is_too_long_goes_unanswered(
        self, teacher: Opened
    ) -> None:
        server = Server([lines("Hello"), httpx.Response(400, text="prompt too long")])
        async with teacher(server) as one:
            await one.ask(question("short"), fine)
            found = await one.ask(question("long"), fine)
        assert isinstance(found, Unanswered)
        assert "prompt too long" in found.detail


class TestBadAnswers:
    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            (says('{"lines": ["Hel'), "broken_json"),
            (says('{"lines": ["Hel', ended="length"), "broken_json"),
            (says("[1]"), "broken_json"),
            (says(""), "broken_json"),
            (says('{"lines": "Hello"}'), "wrong_shape"),
            (says('{"lines": [], "more": 1}'), "wrong_shape"),
            (says(None, refusal="I will not."), "refused"),
            (says("", ended="content_filter"), "refused"),
            (says("I'm sorry, but I can't help with that."), "refused"),
            (httpx.Response(400, text='{"code": "content_filter"}'), "refused"),
        ],
    )
    async def test_are_told_apart_shown_to_the_teacher_and_bounded(
        self, teacher: Opened, bad: httpx.Response, reason: str
    ) -> None:
        server = Server([bad])
        async with teacher(server, tries=3) as one:
            found = await one.ask(question(), fine)
            assert one.tally.flawed == {reason: 3}
        assert isinstance(found, Unanswered)
        assert found.reason == reason
        assert len(server.bodies) == 3
        assert [len(body["messages"]) for body in server.bodies] == [1, 3, 5]
        assert found.detail in server.bodies[-1]["messages"][-1]["content"]

    async def test_one_that_is_mended_counts(self, teacher: Opened) -> None:
        async with teacher(Server([says("{"), lines("Hello")])) as one:
            assert await one.ask(question(), fine) == {"lines": ["Hello"]}

    async def test_what_the_check_finds_is_shown_too(self, teacher: Opened) -> None:
        async def polite(found: Json) -> str:
            return "" if "please" in found["lines"][0] else "line 1 lacks a please"

        server = Server([lines("Come"), lines("Come, please")])
        async with teacher(server) as one:
            assert await one.ask(question(), polite) == {"lines": ["Come, please"]}
            impolite = await one.ask(question("again", seed=1), fine)
        assert impolite == {"lines": ["Come, please"]}
        assert "line 1 lacks a please" in server.bodies[1]["messages"][-1]["content"]
        assert server.bodies[1]["messages"][-2] == {
            "role": "assistant",
            "content": '{"lines":["Come"]}',
        }
