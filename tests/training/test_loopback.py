"""The short way to our own servers: what httpx would have answered, and raised."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.tools.raw_server import CUT_SHORT, RawServer, ok, raw_server
from training.loopback import Loopback

_CLOSING = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
_CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


@asynccontextmanager
async def client(
    server: RawServer, kept_s: float = 60.0, patience_s: float = 5.0
) -> AsyncGenerator[tuple[httpx.AsyncClient, Loopback]]:
    transport = Loopback(kept_s)
    async with httpx.AsyncClient(
        base_url=server.base_url, transport=transport, timeout=patience_s
    ) as made:
        yield made, transport


@pytest.fixture(autouse=True)
async def connections(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[list[asyncio.Task[None]]]:
    """What serves each connection that was made; all of it ends with the test."""
    serving: list[asyncio.Task[None]] = []
    serve = RawServer.serve

    async def noted(
        self: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.append(task)
        await serve(self, reader, writer)

    monkeypatch.setattr(RawServer, "serve", noted)
    yield serving
    await asyncio.gather(*serving)


async def test_a_request_arrives_as_httpx_wrote_it_and_its_answer_comes_back():
    async with raw_server(ok(b'{"a":1}')) as server, client(server) as (http, _):
        answer = await http.post("/things?x=1", json={"b": 2}, headers={"X-Sandbox": "w"})
        assert (answer.status_code, answer.json()) == (200, {"a": 1})
        assert answer.headers["content-type"] == "application/json"
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        first, *headers = head.decode().split("\r\n")
        assert (first, body) == ("POST /things?x=1 HTTP/1.1", b'{"b":2}')
        assert "X-Sandbox: w" in headers
        assert f"Host: {httpx.URL(server.base_url).netloc.decode()}" in headers


async def test_a_connection_is_used_again(connections: list[asyncio.Task[None]]):
    async with raw_server(ok(), ok(), _CLOSING, ok()) as server, client(server) as (http, _):
        for _ in range(3):
            assert (await http.get("/")).status_code == 200
        assert len(connections) == 1
        assert (await http.get("/")).status_code == 200
        assert len(connections) == 2


async def test_requests_at_once_have_connections_of_their_own(
    connections: list[asyncio.Task[None]],
):
    async with raw_server(*[ok()] * 6) as server, client(server) as (http, _):
        await asyncio.gather(*(http.get("/") for _ in range(3)))
        await asyncio.gather(*(http.get("/") for _ in range(3)))
        assert len(connections) == 3


async def test_one_that_was_idle_for_too_long_is_not(connections: list[asyncio.Task[None]]):
    async with raw_server(ok(), ok()) as server, client(server, kept_s=0.0) as (http, _):
        await http.get("/")
        await http.get("/")
        assert len(connections) == 2


async def test_a_body_may_come_in_pieces():
    async with raw_server(_CHUNKED) as server, client(server) as (http, _):
        assert (await http.get("/")).content == b"abcde"


@pytest.mark.parametrize(
    "script", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", CUT_SHORT], ids=["silence", "garbage", "cut short"]
)
async def test_an_answer_that_is_none_is_a_protocol_error(script: bytes):
    async with raw_server(script, ok()) as server, client(server) as (http, _):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await http.get("/")
        assert (await http.get("/")).status_code == 200


async def test_nobody_there_is_a_connect_error():
    async with raw_server() as server:
        pass
    async with client(server) as (http, _):
        with pytest.raises(httpx.ConnectError):
            await http.get("/")


class _Silent(RawServer):
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.read())
        writer.close()


async def test_a_server_that_thinks_for_too_long_is_a_read_timeout():
    server, asked = _Silent([]), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.serve(reader, writer)
        asked.set()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.base_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening, client(server, patience_s=0.01) as (http, _):
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/")
        await asked.wait()
    assert server.requests[0].startswith(b"GET / HTTP/1.1")


async def test_nothing_stays_open(connections: list[asyncio.Task[None]]):
    async with raw_server(ok()) as server:
        async with client(server) as (http, transport):
            await http.get("/")
            assert transport._idle
        assert not transport._idle
