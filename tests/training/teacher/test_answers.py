"""What was answered once costs nothing again, in any process; and what it cost stays known."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.teacher.conftest import Opened
from tests.training.teacher.servers import URL, Server, lines, question, says
from tools.errors import DataError
from training.teacher.answers import Answer, open_answers
from training.teacher.bill import Usage, spent
from training.teacher.settings import teacher_settings
from training.teacher.teacher import Json


async def fine(_: Json) -> str:
    return ""


async def test_a_rerun_sends_nothing_and_ends_the_same_way(teacher: Opened) -> None:
    script = [says("{"), lines("Hello"), says(None, refusal="No.")]
    first, again = Server(script), Server([httpx.Response(500)])
    async with teacher(first) as one:
        answered = [await one.ask(question(text), fine) for text in "ab"]
    async with teacher(again) as one:
        assert [await one.ask(question(text), fine) for text in "ab"] == answered
        assert one.tally.from_cache == 5
    assert len(first.bodies) == 5
    assert again.bodies == []


async def test_equal_questions_at_the_same_time_are_sent_once(teacher: Opened) -> None:
    server = Server([lines("Hello")])
    async with teacher(server) as one:
        found = await asyncio.gather(*(one.ask(question(), fine) for _ in range(5)))
    assert found == [{"lines": ["Hello"]}] * 5
    assert len(server.bodies) == 1


async def test_every_answer_is_paid_for_the_flawed_ones_too(teacher: Opened) -> None:
    async with teacher(Server([says("{"), lines("Hello")])) as one:
        await one.ask(question(), fine)
        await one.ask(question(), fine)
        assert await one.answers.paid() == Usage(2, 20, 10)
        mark = await one.answers.mark()
        await one.ask(question("more"), fine)
        assert await one.answers.paid(mark, "big") == Usage(1, 10, 5)
        assert await one.answers.paid(0, "another") == Usage()


async def test_an_answer_without_tokens_is_counted_as_such(teacher: Opened) -> None:
    bare = httpx.Response(200, json={"choices": [{"message": {"content": '{"lines": []}'}}]})
    async with teacher(Server([bare])) as one:
        await one.ask(question(), fine)
        assert await one.answers.paid() == Usage(1, 0, 0, uncounted=1)


def test_money_is_shown_where_both_prices_are_known() -> None:
    settings = teacher_settings(url=URL, model="big")
    priced = teacher_settings(url=URL, model="big", price_prompt="0.15", price_completion="0.60")
    usage = Usage(3, 2_000_000, 500_000, 1)
    assert usage.cost(priced) == Decimal("0.6")
    assert usage.cost(settings) is None
    assert "0.6000 USD" in spent(usage, priced)
    assert "price unknown" in spent(usage, settings)
    assert "1 answers told no tokens" in spent(usage, settings)


async def test_writers_of_several_connections_agree_on_the_first_answer(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    async with AsyncExitStack() as stack:
        one, other = await asyncio.gather(
            *(stack.enter_async_context(open_answers(path)) for _ in range(2))
        )
        kept = await asyncio.gather(
            *(
                store.keep(f"k{n}", "big", Answer(f"{name} {n}", "", "stop", 1, 1))
                for n in range(20)
                for name, store in (("one", one), ("other", other))
            )
        )
        for n in range(20):
            assert kept[2 * n].text == kept[2 * n + 1].text
        assert await other.paid() == Usage(40, 40, 40)


async def test_a_file_that_holds_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_text("no database, and long enough to be looked at " * 9)
    with pytest.raises(DataError, match=r"a\.sqlite: file is not a database"):
        async with open_answers(path):
            pass


_TEXTS = st.text(max_size=8)


@given(_TEXTS, _TEXTS, st.integers(0, 9))
def test_the_key_tells_questions_apart_and_nothing_else(text: str, other: str, seed: int) -> None:
    asked = question(text, seed=seed)
    same = replace(asked, schema=dict(reversed(asked.schema.items())))
    assert asked.key(URL, "big") == same.key(URL, "big")
    assert (question(other, seed=seed).key(URL, "big") == asked.key(URL, "big")) is (text == other)
    assert asked.key(URL, "small") != asked.key(URL, "big")
    assert replace(asked, seed=seed + 1).key(URL, "big") != asked.key(URL, "big")
    assert asked.again("{", "broken").key(URL, "big") != asked.key(URL, "big")


class TestSettings:
    def test_come_from_the_environment_and_flags_stand_above(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CALLSIGN_TEACHER_URL", URL)
        monkeypatch.setenv("CALLSIGN_TEACHER_MODEL", "big")
        monkeypatch.setenv("CALLSIGN_TEACHER_KEY", "sk-secret")
        assert teacher_settings(model=None).model == "big"
        assert teacher_settings(model="other").model == "other"
        assert "sk-secret" not in repr(teacher_settings())

    def test_say_what_is_missing_and_keep_the_key_to_themselves(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CALLSIGN_TEACHER_KEY", "sk-secret")
        with pytest.raises(DataError, match="CALLSIGN_TEACHER_MODEL: Field required") as caught:
            teacher_settings(url=URL)
        assert "sk-secret" not in str(caught.value)
