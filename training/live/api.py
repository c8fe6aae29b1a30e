"""Where running APIs are, and a way to them that only reads, never too fast."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema_rs
import orjson

from tools.errors import DataError
from tools.executor import Api, BreakerPolicy, Executor, ExecutorOptions
from tools.nesting import is_too_deep
from tools.outcome import Failure, Outcome, Success
from tools.spec import ToolSpec
from training.collect.secrets import scrubbed
from training.live.pace import Pace

HEADERS = "CALLSIGN_API_HEADERS"
"""The environment variable that holds headers for running APIs, one ``Name: value`` a line."""

UNLIKE = "unlike_its_schema"
"""The code of an answer with success that does not keep its operation's schema."""

_MOST_ANSWERS = 4096
_NEVER = 1_000_000_000
_DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class LiveApis:
    """The base URLs of running APIs by their names, and how many requests a second they get.

    The URL under "" is that of every API that is from no package and has no URL of its own. What
    they want to see in every request (a key) is read from `HEADERS` and is kept nowhere.
    """

    urls: Mapping[str, str]
    rate: float = 5.0

    def __repr__(self) -> str:
        return f"LiveApis({dict(sorted(self.urls.items()))})"

    def url_of(self, api: str, package: str = "") -> str | None:
        """Where an API is; None where it does not run."""
        return self.urls.get(api) or (None if package else self.urls.get(""))

    def api(self, name: str) -> Api:
        """An API as the executor knows it. Raises KeyError where it does not run."""
        url = self.url_of(name)
        if url is None:
            raise KeyError(name)
        return Api(url, headers=_headers())

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[httpx.AsyncClient]:
        """A client that keeps the rate, and gives an answer without its secrets, and once again."""
        async with httpx.AsyncHTTPTransport() as transport:
            careful = _Careful(transport, self.rate)
            async with httpx.AsyncClient(transport=careful, trust_env=False) as client:
                yield client


class LiveExecutor(Executor):
    """Executes reads on running APIs, by the names of their tools' APIs.

    What a tool does not promise is no success: such an answer would not be verified later. Nor is
    an answer that keeps its schema only with the secrets that were taken out of it.
    """

    def __init__(self, apis: LiveApis, client: httpx.AsyncClient) -> None:
        # One operation that is down must not keep the others, which are asked once, from answering.
        breaker = BreakerPolicy(failures=_NEVER)
        # The client limits the time of a request, in which waiting for its turn is no part.
        options = ExecutorOptions(deadline_s=None, breaker=breaker)
        super().__init__({}, client=client, options=options)
        self._live = apis

    async def execute(
        self,
        tool: ToolSpec,
        arguments: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Outcome:
        """As `Executor.execute`, for reads of APIs that run; ValueError for anything else."""
        if tool.effect != "read":
            raise ValueError(f"{tool.name} writes, and {tool.api} is not ours to write to")
        if tool.api not in self._apis and self._live.url_of(tool.api) is not None:
            self._apis[tool.api] = self._live.api(tool.api)
        outcome = await super().execute(tool, arguments, headers=headers)
        if isinstance(outcome, Success) and not keeps(tool, outcome.body):
            problem = {"title": "Unlike its schema", "status": outcome.status}
            return Failure(outcome.status, UNLIKE, retryable=False, problem=problem)
        return outcome


def keeps(tool: ToolSpec, body: Any) -> bool:
    """Whether an answer is what its operation promises."""
    if tool.returns is None:
        return True
    return jsonschema_rs.is_valid(dict(tool.returns), body, validate_formats=True)


def live_apis(stated: list[str], rate: float) -> LiveApis | None:
    """What ``--base-url [NAME=]URL`` named, None for nothing.

    Raises `DataError` for what is no URL or holds credentials, and for a name given twice.
    """
    urls: dict[str, str] = {}
    for one in stated:
        name, _, url = one.partition("=") if _is_named(one) else ("", "", one)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DataError(f"--base-url {one}: [NAME=]http(s)://host/path is expected")
        if parts.username or parts.password:
            raise DataError(
                f"--base-url: no credentials in a URL, which is written down; put them in {HEADERS}"
                " ('Authorization: Bearer …')"
            )
        if name in urls:
            twice = f"{name}= is given twice" if name else "two URLs have no name"
            raise DataError(f"--base-url: {twice}; with several APIs say NAME=URL for each")
        urls[name] = url.rstrip("/")
    return LiveApis(urls, rate) if urls else None


class _Careful(httpx.AsyncBaseTransport):
    """Keeps the pace of each host, and the answers of reads for as long as it lives.

    Raises TimeoutError for a request that takes too long from its turn on.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, rate: float) -> None:
        self._inner = inner
        self._rate = rate
        self._paces: dict[str, Pace] = {}
        self._answers: dict[tuple[Any, ...], tuple[int, httpx.Headers, bytes]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        key = (request.method, str(request.url), body)
        if key not in self._answers:
            known = await self._sent(request)
            if known[0] >= 500 or known[0] == 429:
                return httpx.Response(known[0], headers=known[1], content=known[2])
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            self._answers[key] = known
        status, headers, content = self._answers[key]
        return httpx.Response(status, headers=headers, content=content)

    async def _sent(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        host = request.url.netloc.decode()
        if host not in self._paces:
            self._paces[host] = Pace(host, self._rate)
        await self._paces[host].turn()
        async with asyncio.timeout(_DEADLINE_S):
            response = await self._inner.handle_async_request(request)
            try:
                content = await response.aread()
            finally:
                await response.aclose()
        # The body is decoded now, and its length another.
        kept = {"content-type", "retry-after"}
        headers = {name: text for name, text in response.headers.items() if name.lower() in kept}
        return response.status_code, httpx.Headers(headers), _without_secrets(content)


def _without_secrets(content: bytes) -> bytes:
    """An answer's body as it came, but for what is called or looks like a secret."""
    try:
        value: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        value = content.decode(errors="replace")
    # The executor refuses what is too deep.
    clean = [value] if is_too_deep(value) else scrubbed([value])
    if clean == [value]:
        return content
    return orjson.dumps(clean[0]) if clean else b""


def _headers() -> Mapping[str, str]:
    lines = [one.partition(":") for one in os.environ.get(HEADERS, "").splitlines() if one.strip()]
    if any(not colon or not name.strip() for name, colon, _ in lines):
        raise DataError(f"{HEADERS}: 'Name: value' is expected, one a line")
    return {name.strip(): value.strip() for name, _, value in lines}


def _is_named(stated: str) -> bool:
    """Whether a name stands before the URL: an equals sign before its scheme."""
    return "=" in stated.partition("://")[0]
