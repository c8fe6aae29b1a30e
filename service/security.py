"""Who may call, how often, with how much, and what a browser may do with the answers."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import Problem, problem_response
from service.settings import is_loopback

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. `owner` is None where no keys are set: then all is everybody's."""

    owner: str | None
    name: str


class Keyring:
    """The API keys that are let in."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._digests = [hashlib.sha256(key.encode()).digest() for key in keys]

    def admit(self, authorization: str | None, host: str) -> Caller:
        """The caller behind an ``Authorization`` header. Raises `Problem` (`unauthorized`).

        Keys are compared by digest, all of them and in constant time, and what is kept of an
        owner is a digest too.
        """
        if not self._digests:
            return Caller(owner=None, name=host)
        scheme, _, token = (authorization or "").partition(" ")
        given = hashlib.sha256(token.strip().encode()).digest()
        matches = [hmac.compare_digest(given, digest) for digest in self._digests]
        if scheme.lower() != "bearer" or not any(matches):
            raise Problem(
                "unauthorized",
                "Send one of this service's keys as 'Authorization: Bearer <key>'.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        owner = given.hex()[:32]
        return Caller(owner=owner, name=owner)


class RateLimit:
    """A token bucket for each caller: `per_minute` requests a minute, as many at once."""

    _MOST_CALLERS = 10_000

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, caller: str) -> None:
        """Take one request from a caller's bucket. Raises `Problem` (`rate_limited`)."""
        if not self._size:
            return
        now = self._clock()
        rate = self._size / 60
        tokens, then = self._buckets.pop(caller, (float(self._size), now))
        tokens = min(float(self._size), tokens + (now - then) * rate)
        allowed = tokens >= 1
        self._buckets[caller] = (tokens - allowed, now)
        if len(self._buckets) > self._MOST_CALLERS:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = max(1, math.ceil((1 - tokens) / rate))
            detail = f"At most {self._size} requests a minute; try again in {wait} s."
            raise Problem("rate_limited", detail, headers={"Retry-After": str(wait)})


class BodyLimit:
    """ASGI middleware: a body over `most` bytes is refused, before it is in memory."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body as it arrives; a chunked one has no length to ask beforehand."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise HTTPException(413, f"The body may have at most {self._most} bytes.")
            return message

        await self._app(scope, counted, send)


class KnownHosts:
    """ASGI middleware: requests under another name than this machine's own are refused.

    Where anybody on this machine may book without a key, a website whose name an attacker points to
    127.0.0.1 would be of the same origin as our page (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let requests through that name this machine."""
        if scope["type"] != "http" or self._is_known(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
            return
        detail = (
            "This service takes no keys and answers to this machine's own names only; add the name "
            "to CALLSIGN_ALLOWED_HOSTS, or set CALLSIGN_API_KEYS."
        )
        await problem_response(Problem("forbidden_host", detail))(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
        except ValueError:
            return False
        return name in self._names or name.endswith(".localhost") or is_loopback(name)


class SecurityHeaders:
    """ASGI middleware: headers that keep a browser from doing more than the page needs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
                headers.setdefault("X-Frame-Options", "DENY")
                headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
                headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
                if scope["path"].startswith("/v1/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, secured)
