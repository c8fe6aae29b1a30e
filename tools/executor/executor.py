"""Executes cleared calls over HTTP.

A read is retried; a write is sent once. What became of a write is either known or `Unknown`, and
then `read_back` finds out: it is never sent again blind.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx

from tools.executor.breaker import Breaker, BreakerPolicy
from tools.executor.requests import Api, RequestWriter, UnsendableArguments
from tools.executor.responses import no_answer, not_sent, outcome_of
from tools.executor.retry import RetryPolicy, retry_after_seconds
from tools.outcome import Failure, Outcome, Success, Unknown
from tools.pointers import MISSING, look_up
from tools.spec import ToolSpec

_IDEMPOTENCY_KEY = "$idempotency_key"
_NOTHING_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_OUR_FAULT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)
_DOWN = frozenset({502, 503, 504})


class ToolSource(Protocol):
    """Where tools are found by name: `tools.catalog.Catalog` is one."""

    def get(self, name: str) -> ToolSpec:
        """The tool. Raises `tools.errors.ToolNotFound`."""
        ...


@dataclass(frozen=True, slots=True)
class ExecutorOptions:
    """Limits. Seconds throughout.

    `timeout` is per phase, `deadline_s` for a whole attempt (None for no limit: then the client
    keeps one, which knows what it waits for). `read_back_pauses` are the pauses
    before each look at whether a write took place: it may still be on its way when its connection
    is lost, so one look too soon must not decide.
    """

    timeout: httpx.Timeout = field(
        default_factory=lambda: httpx.Timeout(connect=2.0, read=10.0, write=5.0, pool=5.0)
    )
    deadline_s: float | None = 30.0
    max_response_bytes: int = 4 * 1024 * 1024
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    read_back_pauses: tuple[float, ...] = (0.0, 0.2, 0.5)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Executor:
    """Executes calls against the APIs it knows.

    `client` is closed by `aclose` only if the executor made it. `sleep`, `draw` (a random number
    from 0 to 1), `monotonic` and `now` are what time and chance are, for tests to replace.
    """

    def __init__(
        self,
        apis: Mapping[str, Api],
        *,
        client: httpx.AsyncClient | None = None,
        options: ExecutorOptions | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._apis = dict(apis)
        self._options = options or ExecutorOptions()
        self._client = client or httpx.AsyncClient(timeout=self._options.timeout)
        self._owns_client = client is None
        self._sleep = sleep
        self._draw = draw
        self._monotonic = monotonic
        self._now = now
        self._writers: dict[tuple[str, str], RequestWriter] = {}
        self._breakers: dict[str, Breaker] = {}

    async def aclose(self) -> None:
        """Close the connections. Idempotent."""
        if self._owns_client:
            await self._client.aclose()

    async def execute(
        self,
        tool: ToolSpec,
        arguments: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """Send one call; every outcome is a value, none is raised.

        Cancelling a write while it is under way leaves its outcome unknown.

        `arguments` fit `tool.parameters` (internal ones may stand beside). `headers` go on top of
        the API's own. Raises ValueError when `tool.api` is not among the executor's APIs.
        """
        writer = self._writer(tool)
        try:
            request = writer.write(arguments, headers or {}, idempotency_key)
        except UnsendableArguments as error:
            return not_sent("unsendable_arguments", str(error), retryable=False)
        breaker = self._breaker(request.url)
        attempt = 0
        while True:
            if not breaker.admit():
                return not_sent("circuit_open", f"{request.url.host} is down", retryable=True)
            outcome, retry_after = await self._attempt(tool, request, breaker)
            if tool.effect == "write" or not _again(outcome):
                return outcome
            pause = self._options.retry.pause(attempt, self._draw(), retry_after)
            if pause is None:
                return outcome
            await self._sleep(pause)
            attempt += 1

    async def read_back(
        self,
        tool: ToolSpec,
        arguments: Mapping[str, Any],
        *,
        catalog: ToolSource,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Success | Unknown | None:
        """Whether a write whose answer was lost took place (`tool.read_back`).

        `arguments`, `headers` and `idempotency_key` are those of the lost write. Success carries
        the written object, None means that it did not take place, Unknown that even this cannot be
        learnt now. Raises `tools.errors.ToolNotFound` when the catalog lacks the reading tool.
        """
        spec = tool.read_back
        if spec is None:
            return Unknown(f"{tool.name} says nothing about how to read it back")
        reader = catalog.get(spec.operation)
        looked: dict[str, Any] = {}
        for name, origin in spec.arguments.items():
            value = idempotency_key if origin == _IDEMPOTENCY_KEY else look_up(arguments, origin)
            if value is None or value is MISSING:
                return Unknown(f"{tool.name} cannot be read back without {origin}")
            looked[name] = value
        for pause in self._options.read_back_pauses:
            if pause:
                await self._sleep(pause)
            outcome = await self.execute(reader, looked, headers=headers)
            if isinstance(outcome, Success):
                found = look_up(outcome.body, spec.found)
                if found is not None and found is not MISSING:
                    return Success(outcome.status, found)
            elif not isinstance(outcome, Failure) or outcome.status != 404:
                return Unknown(f"{spec.operation} could not be read")
        return None

    async def _attempt(
        self, tool: ToolSpec, request: httpx.Request, breaker: Breaker
    ) -> tuple[Outcome, float | None]:
        """One send, with the seconds that the API asks to wait. The breaker hears of it."""
        effect = tool.effect
        heard = False
        try:
            async with asyncio.timeout(self._options.deadline_s):
                response, content = await self._send(request)
            heard = True
            down = response.status_code in _DOWN
            (breaker.failed if down else breaker.succeeded)()
            if content is None:
                limit = f"more than {self._options.max_response_bytes} bytes"
                answered = response.status_code
                return no_answer(effect, "response_too_large", limit, status=answered), None
            wait = retry_after_seconds(response.headers.get("retry-after"), self._now())
            return outcome_of(effect, response, content), wait
        except _OUR_FAULT as error:
            return not_sent("unsendable_arguments", str(error), retryable=False), None
        except _NOTHING_LEFT as error:
            heard = True
            breaker.failed()
            return not_sent("unreachable", _said(error), retryable=True), None
        except (httpx.TimeoutException, TimeoutError) as error:
            heard = True
            breaker.failed()
            return no_answer(effect, "timeout", _said(error)), None
        except httpx.HTTPError as error:
            heard = True
            breaker.failed()
            return no_answer(effect, "connection_lost", _said(error)), None
        finally:
            if not heard:
                breaker.abandoned()

    async def _send(self, request: httpx.Request) -> tuple[httpx.Response, bytes | None]:
        """The response and its body, None for a body over the limit."""
        limit = self._options.max_response_bytes
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            length = response.headers.get("content-length", "")
            if length.isdecimal() and int(length) > limit:
                return response, None
            chunks: list[bytes] = []
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > limit:
                    return response, None
                chunks.append(chunk)
            return response, b"".join(chunks)
        finally:
            await response.aclose()

    def _writer(self, tool: ToolSpec) -> RequestWriter:
        key = (tool.api, tool.name)
        writer = self._writers.get(key)
        if writer is None or writer.tool is not tool:
            api = self._apis.get(tool.api)
            if api is None:
                raise ValueError(f"{tool.name} belongs to {tool.api}, which has no address here")
            writer = self._writers[key] = RequestWriter(tool, api, self._options.timeout)
        return writer

    def _breaker(self, url: httpx.URL) -> Breaker:
        host = url.netloc.decode()
        if host not in self._breakers:
            self._breakers[host] = Breaker(self._options.breaker, self._monotonic)
        return self._breakers[host]


def _again(outcome: Outcome) -> bool:
    return isinstance(outcome, Failure) and outcome.retryable


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
