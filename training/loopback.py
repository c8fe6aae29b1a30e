"""HTTP to servers of one's own on this machine, at a third of what a full client costs.

A dataset is tens of requests for each conversation, all to two servers on loopback. `Loopback` is
the transport of an ordinary `httpx.AsyncClient`, so callers see no difference; it leaves out what
nobody needs here: TLS, proxies, redirects, other versions of HTTP, and any way to read a body but
as a whole.
"""

from __future__ import annotations

import asyncio
import time
from typing import cast

import httpx
from httptools import HttpParserError, HttpResponseParser

_Address = tuple[str, int]
_FALLBACK_S = 30.0


class Loopback(httpx.AsyncBaseTransport):
    """HTTP/1.1 over kept connections; each carries one request at a time.

    A connection that was idle for `kept_s` seconds is not used again. Raises as httpx does:
    `httpx.ConnectError`, `ReadTimeout`, and `RemoteProtocolError` or `ReadError` where a connection
    ends before its answer. The client's time-out for reading is that of the whole answer.
    """

    def __init__(self, kept_s: float) -> None:
        self._kept_s = kept_s
        self._idle: dict[_Address, list[_Connection]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and read its answer."""
        data = _written(request, await request.aread())
        address = request.url.host, request.url.port or 80
        timeouts = request.extensions.get("timeout", {})
        connection = self._kept(address) or await _connected(address, timeouts.get("connect"))
        try:
            async with asyncio.timeout(timeouts.get("read") or _FALLBACK_S):
                response = await connection.ask(data)
        except TimeoutError as error:
            connection.close()
            raise httpx.ReadTimeout("", request=request) from error
        except BaseException:
            connection.close()
            raise
        if connection.reusable:
            self._idle.setdefault(address, []).append(connection)
        else:
            connection.close()
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    def _kept(self, address: _Address) -> _Connection | None:
        """The connection that was used last, if the server can be trusted to hold it still."""
        idle = self._idle.get(address, [])
        while idle:
            connection = idle.pop()
            if connection.reusable and time.monotonic() - connection.since < self._kept_s:
                return connection
            connection.close()
        return None


class _Connection(asyncio.Protocol):
    """One connection, and the answer that it waits for. The parser calls the ``on_`` methods."""

    def __init__(self) -> None:
        self.since = 0.0
        self.reusable = True
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[httpx.Response] | None = None
        self._begin()

    async def ask(self, data: bytes) -> httpx.Response:
        """Send a request; its answer, body and all."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return await self._answer

    def close(self) -> None:
        """Close it; what it waits for will not come."""
        self.reusable = False
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._fail(httpx.RemoteProtocolError(str(error)))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self.reusable = False
        if exc is None:
            self._fail(httpx.RemoteProtocolError("the server left without an answer"))
        else:
            self._fail(httpx.ReadError(str(exc)))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        """Some of its body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The answer is whole."""
        response = httpx.Response(
            self._parser.get_status_code(),
            headers=self._headers,
            stream=httpx.ByteStream(bytes(self._body)),
            extensions={"http_version": b"HTTP/1.1"},
        )
        self.reusable = self.reusable and self._parser.should_keep_alive()
        self.since = time.monotonic()
        self._begin()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(response)

    def _begin(self) -> None:
        self._parser = HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    def _fail(self, error: httpx.TransportError) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


async def _connected(address: _Address, timeout: float | None) -> _Connection:  # noqa: ASYNC109 - httpx's
    try:
        async with asyncio.timeout(timeout or _FALLBACK_S):
            _, made = await asyncio.get_running_loop().create_connection(_Connection, *address)
    except TimeoutError as error:
        raise httpx.ConnectTimeout(f"{address} does not answer") from error
    except OSError as error:
        raise httpx.ConnectError(str(error)) from error
    return made


def _written(request: httpx.Request, body: bytes) -> bytes:
    """A request as it travels: head and body in one piece."""
    head = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    head += [b"%s: %s" % (name, value) for name, value in request.headers.raw]
    return b"\r\n".join((*head, b"", body))
