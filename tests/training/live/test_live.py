"""Running APIs: asked at their pace, for reads only, and believed when they keep their word."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.collect.collecting import collect
from tests.training.library.document import PATH
from tests.training.library.served import Served, served
from tools.errors import DataError
from tools.outcome import Failure, Outcome, Success
from training.annotate.ground import Ground
from training.annotate.hands import Hands, Ledger
from training.annotate.stage import AnnotateStage
from training.collect.liveness import CheckAlive
from training.instruct.general import GeneralInstructions
from training.instruct.kits import GatherKits, Kit
from training.live import LiveApis, LiveExecutor, LivePlaces, live_apis
from training.live.api import HEADERS, _Careful
from training.live.pace import Pace
from training.live.place import LiveRows
from training.records import Chain, Collected, Instruction
from training.simulate import SimulatedApis
from training.verify.stage import VerifyStage

FAST = 10_000.0
URL = "http://library.example"


@dataclass(frozen=True, slots=True)
class Answered(LiveApis):
    """APIs that a function answers for."""

    answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(404)

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[httpx.AsyncClient]:
        careful = _Careful(httpx.MockTransport(self.answer), FAST)
        async with httpx.AsyncClient(transport=careful) as client:
            yield client


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with served() as library:
        yield library


@pytest.fixture
def apis(running: Served) -> LiveApis:
    return LiveApis({"": running.url}, FAST)


async def records() -> list[Collected]:
    return [one for one in await collect(PATH) if isinstance(one, Collected)]


def checked(apis: LiveApis, held: list[Collected]) -> dict[str, Collected]:
    found = CheckAlive(apis).reduce(held, 1)
    return {one.tool.name: one for one in found if isinstance(one, Collected)}


def filed_under(api: str, held: list[Collected]) -> list[Collected]:
    return [replace(one, api=api, tool=replace(one.tool, api=api)) for one in held]


@pytest.fixture(scope="module")
def collected() -> list[Collected]:
    return asyncio.run(records())


class TestCheck:
    def test_every_read_is_called_and_what_came_is_noted(
        self, apis: LiveApis, running: Served, collected: list[Collected]
    ):
        running.requests.clear()
        found = checked(apis, collected)
        assert {name: one.alive for name, one in found.items()} == {
            "findBooks": True, "getBook": True, "getMember": True, "listLoans": True,
            "getLoan": False, "lendBook": None, "extendLoan": None, "giveBack": None,
        }  # fmt: skip
        assert {one.partition(" ")[0] for one in running.requests} == {"GET"}
        assert [one.status for one in found["getLoan"].examples] == [404] * len(
            found["getLoan"].examples
        )

    def test_an_id_that_one_answer_shows_is_tried_with_the_next_operation(
        self, apis: LiveApis, collected: list[Collected]
    ):
        book = checked(apis, collected)["getBook"]
        worked = next(one for one in book.examples if one.status == 200)
        assert worked.arguments == {"book_id": "book_1"}
        assert worked.response["author"] == "Ursula K. Le Guin"
        assert book.tool.parameters["properties"]["book_id"]["examples"] == ["book_1"]

    def test_an_answer_unlike_its_schema_is_no_sign_of_life(
        self, apis: LiveApis, collected: list[Collected]
    ):
        odd = [
            replace(one, tool=replace(one.tool, returns={"type": "integer"})) for one in collected
        ]
        assert checked(apis, odd)["findBooks"].alive is False

    def test_apis_of_packages_and_of_other_names_are_left_alone(
        self, apis: LiveApis, running: Served, collected: list[Collected]
    ):
        running.requests.clear()
        packed = [replace(one, package="directory 1") for one in collected]
        assert {one.alive for one in checked(apis, packed).values()} == {None}
        assert running.requests == []
        found = CheckAlive(LiveApis({"another": running.url}, FAST)).reduce(
            [*collected, *filed_under("another", collected)], 1
        )
        held = [one for one in found if isinstance(one, Collected)]
        assert {one.alive for one in held if one.api != "another"} == {None}
        assert any(one.alive for one in held if one.api == "another")

    def test_documents_of_one_provider_and_file_name_are_apart_by_their_api(
        self, collected: list[Collected]
    ):
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200 if request.url.host == "one.example" else 404, json={})

        plain = [replace(one, tool=replace(one.tool, returns=None)) for one in collected]
        held = [*filed_under("one", plain), *filed_under("two", plain)]
        apis = Answered({"one": "http://one.example", "two": "http://two.example"}, answer=answer)
        found = [one for one in CheckAlive(apis).reduce(held, 1) if isinstance(one, Collected)]
        alive = {(one.api, one.alive) for one in found if one.tool.effect == "read"}
        assert alive == {("one", True), ("two", False)}

    def test_a_url_of_no_known_api_says_which_there_are(self, collected: list[Collected]):
        wrong = LiveApis({"town-librray": "http://127.0.0.1:9"}, FAST)
        with pytest.raises(DataError, match="there are: town-library"):
            checked(wrong, collected)

    def test_operations_that_are_down_do_not_keep_others_from_being_called(
        self, collected: list[Collected]
    ):
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path.startswith("/loans/"):
                return httpx.Response(200, json={})
            return httpx.Response(503, json={"retryable": False})

        held = [replace(one, tool=replace(one.tool, returns=None)) for one in collected]
        found = checked(Answered({"": URL}, answer=answer), held)
        assert [name for name, one in found.items() if one.alive] == ["getLoan"]
        down = [one for name, one in found.items() if one.alive is False]
        assert {call.status for one in down for call in one.examples if call.status} == {503}

    def test_where_nothing_answers_it_says_so(self, collected: list[Collected]):
        nowhere = LiveApis({"": "http://127.0.0.1:9"}, FAST)
        with pytest.raises(DataError, match="nothing answers there"):
            checked(nowhere, collected)


class TestExecuting:
    async def test_a_write_is_never_sent(self, apis: LiveApis, running: Served):
        running.requests.clear()
        lend = next(one.tool for one in await records() if one.tool.name == "lendBook")
        async with apis.client() as client:
            with pytest.raises(ValueError, match="not ours to write to"):
                await LiveExecutor(apis, client).execute(lend, {"book_id": "book_1"})
        assert running.requests == []

    async def test_headers_come_from_the_environment_and_are_kept_nowhere(
        self, apis: LiveApis, running: Served, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv(HEADERS, "Authorization: Bearer s3cret\nX-Team: books")
        find = next(one.tool for one in await records() if one.tool.name == "findBooks")
        async with apis.client() as client:
            assert isinstance(await LiveExecutor(apis, client).execute(find, {}), Success)
        assert running.headers[-1]["authorization"] == "Bearer s3cret"
        assert running.headers[-1]["x-team"] == "books"
        assert "s3cret" not in repr(apis) + repr(CheckAlive(apis).settings)

    @pytest.mark.parametrize(
        ("came", "seen"),
        [
            ({"id": "b1", "access_token": "s3cret"}, {"id": "b1"}),
            ([{"rows": [{"n": 1, "pwd": "s3cret"}]}], [{"rows": [{"n": 1}]}]),
            ("sk_live_s3crets3cret", None),
            ({"id": "b1"}, {"id": "b1"}),
        ],
    )
    async def test_nobody_sees_the_secrets_of_an_answer(self, came: Any, seen: Any):
        apis = Answered({"": URL}, answer=lambda _: httpx.Response(200, json=came))
        find = next(one.tool for one in await records() if one.tool.name == "findBooks")
        async with apis.client() as client:
            executor = LiveExecutor(apis, client)
            assert await executor.execute(replace(find, returns=None), {}) == Success(200, seen)

    async def test_an_answer_is_given_again_and_not_asked_for_twice(
        self, apis: LiveApis, running: Served
    ):
        running.requests.clear()
        get = next(one.tool for one in await records() if one.tool.name == "getBook")
        async with apis.client() as client:
            executor = LiveExecutor(apis, client)
            for _ in range(3):
                assert isinstance(await executor.execute(get, {"book_id": "book_2"}), Success)
                missing = await executor.execute(get, {"book_id": "none"})
                assert isinstance(missing, Failure)
                assert missing.status == 404
        assert sorted(running.requests) == ["GET /books/book_2", "GET /books/none"]

    async def test_conversations_about_what_is_alive_are_executed_there_and_verified(
        self, apis: LiveApis, collected: list[Collected], running: Served
    ):
        found = (await asyncio.to_thread(checked, apis, collected)).values()
        kits = [one for one in GatherKits(tasks=40).reduce(found, 1) if isinstance(one, Kit)]
        (kit,) = [one for one in kits if one.live]
        assert {tool.name for tool in kit.tools} == {
            "findBooks", "getBook", "getMember", "listLoans",
        }  # fmt: skip
        async with GeneralInstructions(apis).open() as worker:
            made = await worker.work(kit, random.Random(2))
        instructions = [one for one in made if isinstance(one, Instruction)]
        assert len(instructions) > 10
        places = (SimulatedApis(), LivePlaces(apis))
        running.requests.clear()
        async with (
            AnnotateStage(places).open() as annotator,
            VerifyStage(places).open() as verifier,
        ):
            for one in instructions:
                (chain,) = await annotator.work(one, random.Random(3))
                assert isinstance(chain, Chain)
                assert (chain.solved, chain.simulated) == (True, False), chain.unsolved
                (verified,) = await verifier.work(chain, random.Random(3))
                assert isinstance(verified, Chain), verified
        assert running.requests
        assert {one.partition(" ")[0] for one in running.requests} == {"GET"}


class TestPace:
    @given(st.lists(st.floats(0, 3), min_size=1, max_size=12))
    async def test_turns_are_never_closer_than_the_rate_allows(self, waits: list[float]):
        clock = Clock()
        key = f"test {random.random()}"
        paces = [Pace(key, 2.0, monotonic=clock.now, sleep=clock.sleep) for _ in range(2)]
        turns: list[float] = []
        for number, wait in enumerate(waits):
            clock.at += wait
            await paces[number % 2].turn()
            turns.append(clock.at)
        for path in {pace._path for pace in paces}:
            path.unlink()
        assert all(two - one >= 0.5 - 1e-9 for one, two in pairwise(turns))

    async def test_a_clock_that_began_anew_does_not_stop_everybody(self):
        clock = Clock(at=1e3)
        key = f"test {random.random()}"
        before = Pace(key, 1.0, boot=lambda: "1", monotonic=clock.now, sleep=clock.sleep)
        await before.turn()
        clock.at = 900.0
        later = Pace(key, 1.0, boot=lambda: "2", monotonic=clock.now, sleep=clock.sleep)
        await later.turn()
        await asyncio.to_thread(later._path.unlink)
        assert clock.at == 900.0

    def test_turns_far_ahead_are_booked_one_after_another_too(self):
        pace = Pace(f"test {random.random()}", 0.01, monotonic=Clock().now)
        booked = [pace._book() for _ in range(12)]
        pace._path.unlink()
        assert booked == [100.0 * number for number in range(12)]


class TestDeadline:
    """A request has its time from its turn on (the loop's clock passes when somebody sleeps)."""

    @pytest.fixture
    async def clock(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
        clock = Clock()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(asyncio.get_running_loop(), "time", clock.now)
        paced = partial(Pace, monotonic=clock.now, sleep=clock.sleep)
        monkeypatch.setattr("training.live.api.Pace", paced)
        return clock

    async def asked(self, clock: Clock, takes: float, *, searching: bool = False) -> Outcome:
        async def answer(_: httpx.Request) -> httpx.Response:
            await clock.sleep(takes)
            return httpx.Response(200, json=[])

        transport, apis = _Careful(httpx.MockTransport(answer), rate=0.001), LiveApis({"": URL})
        tool = next(one.tool for one in await records() if one.tool.name == "findBooks")
        async with httpx.AsyncClient(transport=transport) as client:
            rows = LiveRows({tool.api: apis.api(tool.api)}, client)
            search = Hands(Ground(rows), Ledger())
            executor = search if searching else LiveExecutor(apis, client)
            executor._sleep = clock.sleep
            first = await executor.execute(tool, {"author": "Le Guin"})
            assert await executor.execute(tool, {"author": "Austen"}) == first
        return first

    @pytest.mark.parametrize("searching", [False, True])
    async def test_waiting_for_ones_turn_is_no_time_that_the_api_takes(
        self, clock: Clock, searching: bool
    ):
        assert await self.asked(clock, takes=1.0, searching=searching) == Success(200, [])
        assert clock.at > 1000

    async def test_an_api_that_takes_too_long_is_not_waited_for(self, clock: Clock):
        outcome = await self.asked(clock, takes=40.0)
        assert isinstance(outcome, Failure)
        assert outcome.code == "timeout"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self, at: float = 0.0) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        # Whatever is due now comes first, as it would.
        for _ in range(3):
            await asyncio.sleep(0)


class TestStated:
    def test_urls_with_and_without_names(self):
        found = live_apis(["https://a.example/v1/", "b.example/x=http://localhost:1?k=v"], 2.0)
        assert found is not None
        assert found.url_of("anything") == "https://a.example/v1"
        assert found.url_of("anything", package="directory 1") is None
        assert found.url_of("b.example/x") == "http://localhost:1?k=v"
        assert live_apis([], 1.0) is None

    @pytest.mark.parametrize(
        "stated",
        [["http://a.example", "http://b.example"], ["a=http://a.example", "a=http://b.example"]],
    )
    def test_no_name_is_given_twice(self, stated: list[str]):
        with pytest.raises(DataError, match="with several APIs"):
            live_apis(stated, 1.0)

    @pytest.mark.parametrize("stated", ["a.example", "ftp://a.example", "https://", "x=y"])
    def test_what_is_no_url_says_what_is_expected(self, stated: str):
        with pytest.raises(DataError, match=r"\[NAME=\]http"):
            live_apis([stated], 1.0)

    def test_credentials_belong_elsewhere(self):
        with pytest.raises(DataError, match=HEADERS):
            live_apis(["https://me:s3cret@a.example"], 1.0)

    async def test_headers_that_are_none_say_so(
        self, apis: LiveApis, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv(HEADERS, "s3cret")
        with pytest.raises(DataError, match="'Name: value' is expected"):
            apis.api("library")
