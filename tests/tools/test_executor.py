"""Calls are executed: reads are retried, writes are sent once, lost writes are read back."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
import respx

from tests.tools.raw_server import CUT_SHORT, ok, raw_server
from tools.catalog import Catalog
from tools.executor import Api, BreakerPolicy, Executor, ExecutorOptions, RetryPolicy
from tools.openapi import read_openapi
from tools.outcome import Failure, Success, Unknown

BASE = "http://api.test/v1"
NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
DOCUMENT = """
openapi: 3.1.0
paths:
  /orders:
    get:
      operationId: list_orders
      parameters:
      - {name: key, in: query, x-internal: true, schema: {type: string}}
    post:
      operationId: book
      parameters: [{name: Idempotency-Key, in: header, required: true, schema: {type: string}}]
      x-read-back: {operation: list_orders, arguments: {key: $idempotency_key}, found: /data/0}
      requestBody:
        content:
          application/json: {schema: {type: object, properties: {offer_id: {type: string}}}}
  /orders/{order_id}:
    get: {operationId: get_order}
  /quotes/{quote_id}/confirm:
    post:
      operationId: confirm
      x-read-back: {operation: get_quote, arguments: {quote_id: /quote_id}, found: /confirmation}
  /quotes/{quote_id}:
    get: {operationId: get_quote}
"""
CATALOG = Catalog(read_openapi(DOCUMENT, api="orders").tools)
LIST, BOOK, GET = (CATALOG.get(name) for name in ("list_orders", "book", "get_order"))


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


def executor_at(base_url: str, time: Time, **options: Any) -> Executor:
    return Executor(
        {"orders": Api(base_url, {"Authorization": "Bearer k"})},
        options=ExecutorOptions(**options),
        sleep=time.sleep,
        draw=lambda: 0.5,
        monotonic=time.monotonic,
        now=lambda: NOW,
    )


@pytest.fixture
async def executor(time: Time) -> Any:
    executor = executor_at(BASE, time)
    yield executor
    await executor.aclose()


class TestRequests:
    @respx.mock
    async def test_headers_of_api_call_and_key_are_sent(self, executor: Executor) -> None:
        route = respx.post(f"{BASE}/orders").respond(201, json={"order_id": "o1"})
        outcome = await executor.execute(
            BOOK, {"offer_id": "f1"}, headers={"X-Sandbox": "s"}, idempotency_key="k1"
        )
        sent = route.calls.last.request
        assert outcome == Success(201, {"order_id": "o1"})
        assert orjson.loads(sent.content) == {"offer_id": "f1"}
        assert sent.headers["authorization"] == "Bearer k"
        assert sent.headers["x-sandbox"] == "s"
        assert sent.headers["idempotency-key"] == "k1"
        assert sent.headers["content-type"] == "application/json"

    @pytest.mark.parametrize("order_id", ["", ".", ".."])
    async def test_a_path_that_means_another_resource_never_leaves(
        self, executor: Executor, order_id: str
    ) -> None:
        outcome = await executor.execute(GET, {"order_id": order_id})
        assert isinstance(outcome, Failure)
        assert (outcome.code, outcome.retryable) == ("unsendable_arguments", False)

    async def test_a_missing_path_part_never_leaves(self, executor: Executor) -> None:
        outcome = await executor.execute(GET, {})
        assert isinstance(outcome, Failure)
        assert "order_id" in outcome.problem["detail"]

    async def test_a_header_cannot_smuggle_a_line_break(self, executor: Executor) -> None:
        outcome = await executor.execute(GET, {"order_id": "1"}, headers={"X-Sandbox": "a\r\nb: c"})
        assert isinstance(outcome, Failure)
        assert outcome.code == "unsendable_arguments"

    async def test_a_tool_of_an_api_without_address_is_a_programmers_error(self) -> None:
        executor = Executor({})
        with pytest.raises(ValueError, match="orders"):
            await executor.execute(GET, {"order_id": "1"})
        await executor.aclose()


class TestResponses:
    @respx.mock
    async def test_a_problem_is_handed_on(self, executor: Executor) -> None:
        problem = {"title": "Sold", "status": 409, "code": "sold_out", "retryable": False}
        respx.post(f"{BASE}/orders").respond(409, json=problem)
        assert await executor.execute(BOOK, {}) == Failure(
            409, "sold_out", retryable=False, problem=problem
        )

    @respx.mock
    async def test_other_refusals_get_the_shape_of_a_problem(self, executor: Executor) -> None:
        respx.get(f"{BASE}/orders/1").respond(404, text="<h1>gone</h1>")
        outcome = await executor.execute(GET, {"order_id": "1"})
        assert isinstance(outcome, Failure)
        assert outcome.problem == {
            "type": "about:blank", "title": "Not Found", "status": 404,
            "detail": "<h1>gone</h1>", "code": "not_found", "retryable": False,
        }  # fmt: skip

    @respx.mock
    @pytest.mark.parametrize(
        ("content", "media_type", "body"),
        [
            (b"", "text/plain", None),
            (b"hello", "text/plain", "hello"),
            (b'{"a":1}', "text/html", {"a": 1}),
            (b"[oops", "text/plain", "[oops"),
        ],
    )
    async def test_a_success_need_not_be_json(
        self, executor: Executor, content: bytes, media_type: str, body: Any
    ) -> None:
        respx.get(f"{BASE}/orders").respond(200, content=content, content_type=media_type)
        assert await executor.execute(LIST, {}) == Success(200, body)

    @respx.mock
    async def test_broken_json_is_a_failed_read_and_an_unknown_write(
        self, executor: Executor
    ) -> None:
        broken = {"content": b"{", "headers": {"content-type": "application/json"}}
        respx.get(f"{BASE}/orders").respond(200, **broken)
        respx.post(f"{BASE}/orders").respond(201, **broken)
        read = await executor.execute(LIST, {})
        assert isinstance(read, Failure)
        assert (read.code, read.status) == ("malformed_response", 200)
        assert isinstance(await executor.execute(BOOK, {}), Unknown)

    @respx.mock
    async def test_a_body_over_the_limit_is_not_taken_in(self, time: Time) -> None:
        executor = executor_at(BASE, time, max_response_bytes=10)
        respx.get(f"{BASE}/orders").respond(200, json={"a": "long enough"})
        outcome = await executor.execute(LIST, {})
        assert isinstance(outcome, Failure)
        assert (outcome.code, time.slept) == ("response_too_large", [])
        await executor.aclose()


class TestReads:
    @respx.mock
    async def test_they_are_retried_with_jitter(self, executor: Executor, time: Time) -> None:
        route = respx.get(f"{BASE}/orders")
        route.side_effect = [httpx.Response(503), httpx.ReadError("x"), httpx.Response(200)]
        assert await executor.execute(LIST, {}) == Success(200, None)
        assert time.slept == [0.05, 0.1]

    @respx.mock
    async def test_the_last_refusal_is_the_outcome(self, executor: Executor) -> None:
        route = respx.get(f"{BASE}/orders").respond(503)
        outcome = await executor.execute(LIST, {})
        assert isinstance(outcome, Failure)
        assert (outcome.code, outcome.retryable, route.call_count) == ("unavailable", True, 3)

    @respx.mock
    @pytest.mark.parametrize("asked", ["3", "Mon, 01 Mar 2027 12:00:03 GMT"])
    async def test_retry_after_is_waited_for(
        self, executor: Executor, time: Time, asked: str
    ) -> None:
        route = respx.get(f"{BASE}/orders")
        route.side_effect = [
            httpx.Response(429, headers={"Retry-After": asked}), httpx.Response(200),
        ]  # fmt: skip
        assert isinstance(await executor.execute(LIST, {}), Success)
        assert time.slept == [3.0]

    @respx.mock
    async def test_a_wait_over_the_cap_gives_up(self, executor: Executor, time: Time) -> None:
        respx.get(f"{BASE}/orders").respond(429, headers={"Retry-After": "3600"})
        outcome = await executor.execute(LIST, {})
        assert isinstance(outcome, Failure)
        assert (outcome.code, time.slept) == ("rate_limited", [])

    @respx.mock
    async def test_what_the_api_calls_final_is_not_retried(self, executor: Executor) -> None:
        route = respx.get(f"{BASE}/orders").respond(503, json={"code": "shut", "retryable": False})
        await executor.execute(LIST, {})
        assert route.call_count == 1

    async def test_a_dropped_connection_is_tried_again(self, time: Time) -> None:
        async with raw_server(b"", CUT_SHORT, ok(b'{"data":[]}')) as server:
            executor = executor_at(server.base_url, time)
            assert await executor.execute(LIST, {}) == Success(200, {"data": []})
            assert len(server.requests) == 3
            await executor.aclose()


class TestWrites:
    @respx.mock
    @pytest.mark.parametrize(
        ("status", "said"),
        [(429, None), (503, {"code": "unavailable", "retryable": True})],
        ids=["rate limited", "the API itself is down"],
    )
    async def test_a_refusal_is_a_failure_and_is_not_sent_again(
        self, executor: Executor, time: Time, status: int, said: dict[str, Any] | None
    ) -> None:
        headers = {"Retry-After": "1"}
        route = respx.post(f"{BASE}/orders").respond(status, headers=headers, json=said)
        outcome = await executor.execute(BOOK, {})
        assert isinstance(outcome, Failure)
        assert (outcome.retryable, route.call_count, time.slept) == (True, 1, [])

    @respx.mock
    @pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 524, 599])
    async def test_a_gateways_word_leaves_the_outcome_open(
        self, executor: Executor, status: int
    ) -> None:
        respx.post(f"{BASE}/orders").respond(status, text="Bad gateway")
        assert isinstance(await executor.execute(BOOK, {}), Unknown)

    @respx.mock
    async def test_the_apis_own_word_does_not(self, executor: Executor) -> None:
        respx.post(f"{BASE}/orders").respond(502, json={"code": "unavailable"})
        assert isinstance(await executor.execute(BOOK, {}), Failure)

    async def test_refused_connections_are_failures_since_nothing_left(self, time: Time) -> None:
        async with raw_server() as server:
            address = server.base_url
        executor = executor_at(address, time)
        outcome = await executor.execute(BOOK, {})
        assert isinstance(outcome, Failure)
        assert (outcome.code, outcome.retryable) == ("unreachable", True)
        await executor.aclose()

    @pytest.mark.parametrize("answer", [b"", CUT_SHORT])
    async def test_a_lost_answer_is_unknown_and_sent_once(self, time: Time, answer: bytes) -> None:
        async with raw_server(answer, ok()) as server:
            executor = executor_at(server.base_url, time)
            assert isinstance(await executor.execute(BOOK, {}), Unknown)
            assert len(server.requests) == 1
            await executor.aclose()

    @respx.mock
    async def test_a_timeout_is_unknown(self, executor: Executor) -> None:
        respx.post(f"{BASE}/orders").mock(side_effect=httpx.ReadTimeout("slow"))
        assert isinstance(await executor.execute(BOOK, {}), Unknown)

    @respx.mock
    async def test_an_answer_after_the_deadline_is_unknown(self, time: Time) -> None:
        async def never(request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError

        executor = executor_at(BASE, time, deadline_s=0.01)
        respx.post(f"{BASE}/orders").mock(side_effect=never)
        assert isinstance(await executor.execute(BOOK, {}), Unknown)
        await executor.aclose()


class TestReadBack:
    async def read_back(self, executor: Executor, key: str | None = "k1") -> Any:
        return await executor.read_back(
            BOOK, {"offer_id": "f1"}, catalog=CATALOG, idempotency_key=key
        )

    @respx.mock
    async def test_a_write_that_took_place_is_found_by_its_key(self, executor: Executor) -> None:
        route = respx.get(f"{BASE}/orders", params={"key": "k1"})
        route.respond(json={"data": [{"order_id": "o1"}]})
        assert await self.read_back(executor) == Success(200, {"order_id": "o1"})

    @respx.mock
    async def test_it_looks_more_than_once_before_it_says_no(
        self, executor: Executor, time: Time
    ) -> None:
        route = respx.get(f"{BASE}/orders").respond(json={"data": []})
        assert await self.read_back(executor) is None
        assert (route.call_count, time.slept) == (3, [0.2, 0.5])

    @respx.mock
    async def test_a_write_that_arrives_late_is_found(self, executor: Executor) -> None:
        route = respx.get(f"{BASE}/orders")
        route.side_effect = [
            httpx.Response(200, json={"data": []}), httpx.Response(200, json={"data": ["late"]}),
        ]  # fmt: skip
        assert await self.read_back(executor) == Success(200, "late")

    @respx.mock
    async def test_an_api_that_cannot_say_leaves_it_unknown(self, executor: Executor) -> None:
        respx.get(f"{BASE}/orders").respond(503)
        assert isinstance(await self.read_back(executor), Unknown)

    async def test_without_its_key_it_cannot_be_learnt(self, executor: Executor) -> None:
        assert isinstance(await self.read_back(executor, key=None), Unknown)

    async def test_without_instructions_it_cannot_be_learnt(self, executor: Executor) -> None:
        outcome = await executor.read_back(LIST, {}, catalog=CATALOG)
        assert isinstance(outcome, Unknown)

    @respx.mock
    @pytest.mark.parametrize(
        ("confirmation", "took_place"), [({"status": "done"}, True), (None, False)]
    )
    async def test_arguments_of_the_write_lead_back_to_it(
        self, executor: Executor, confirmation: Any, took_place: bool
    ) -> None:
        respx.get(f"{BASE}/quotes/q1").respond(json={"confirmation": confirmation})
        outcome = await executor.read_back(
            CATALOG.get("confirm"), {"quote_id": "q1"}, catalog=CATALOG
        )
        assert outcome == (Success(200, confirmation) if took_place else None)


class TestBreaker:
    @respx.mock
    async def test_a_host_that_is_down_is_left_alone_then_probed(self, time: Time) -> None:
        executor = executor_at(
            BASE, time, retry=RetryPolicy(attempts=1), breaker=BreakerPolicy(failures=2, open_s=9)
        )
        route = respx.get(f"{BASE}/orders").mock(side_effect=httpx.ConnectError("refused"))
        outcomes = [await executor.execute(LIST, {}) for _ in range(4)]
        codes = [outcome.code for outcome in outcomes if isinstance(outcome, Failure)]
        assert codes == ["unreachable", "unreachable", "circuit_open", "circuit_open"]
        assert route.call_count == 2

        time.seconds += 9
        await executor.execute(LIST, {})
        assert isinstance(await executor.execute(BOOK, {}), Failure)
        assert route.call_count == 3

        time.seconds += 9
        route.mock(return_value=httpx.Response(200))
        assert [await executor.execute(LIST, {}) for _ in range(2)] == [Success(200, None)] * 2
        await executor.aclose()

    @respx.mock
    async def test_a_cancelled_probe_lets_the_next_one_through(self, time: Time) -> None:
        executor = executor_at(
            BASE, time, retry=RetryPolicy(attempts=1), breaker=BreakerPolicy(failures=1, open_s=9)
        )
        started = asyncio.Event()

        async def hang(request: httpx.Request) -> httpx.Response:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

        route = respx.get(f"{BASE}/orders").mock(side_effect=httpx.ConnectError("refused"))
        await executor.execute(LIST, {})
        time.seconds += 9
        route.mock(side_effect=hang)
        probe = asyncio.create_task(executor.execute(LIST, {}))
        await started.wait()
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        route.mock(side_effect=None, return_value=httpx.Response(200))
        assert await executor.execute(LIST, {}) == Success(200, None)
        await executor.aclose()
