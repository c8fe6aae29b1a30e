"""What a turn of the agent costs beyond the requests that it makes.

One turn is two model calls and one tool call, over 30 tools, after 100 messages of history, with a
model server and an API that answer at once from a process of their own. The reference is a bare
httpx loop that sends the same three requests. Figures are CPU time of this process: medians of
runs in alternation, with the spread.

    python -m bench.overhead [--turns 40] [--rounds 7]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import orjson
from rich.console import Console
from rich.table import Table

from agent.agent import Agent
from agent.clock import Clock
from agent.engines.base import Message
from agent.engines.openai import OpenAIEngine
from agent.store import EventStore
from agent.stores import MemoryStore, open_store
from tools.catalog import Catalog
from tools.executor import Api, Executor
from tools.openapi import read_openapi
from training.benchmark.machine import machine

TOOLS = 30
HISTORY = 100
AT_ONCE = 100
_DAY = "2027-03-03"
_WISH = f"What is there on {_DAY}, please?"
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "


class FixedClock(Clock):
    """A clock that costs nothing."""

    async def now(self, sandbox: str) -> datetime:
        """Always the same instant."""
        return datetime(2026, 11, 22, tzinfo=UTC)


def document() -> dict[str, Any]:
    """An OpenAPI document of 30 reads that differ in name only."""
    rows = {"type": "array", "items": {"type": "object", "properties": {
        "thing_id": {"type": "string", "x-brief": True}, "name": {"type": "string"}}}}  # fmt: skip
    body = {"type": "object", "properties": {"data": rows}}
    day = {"type": "string", "format": "date", "x-source": ["user"]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            f"/things{n}": {
                "get": {
                    "operationId": f"list_things{n}",
                    "summary": f"List the things of kind {n} on a day.",
                    "parameters": [{"name": "on", "in": "query", "required": True, "schema": day}],
                    "responses": {
                        "200": {
                            "description": "OK",
                            "content": {"application/json": {"schema": body}},
                        }
                    },
                }
            }
            for n in range(TOOLS)
        },
    }


def _act(name: str, **arguments: str) -> bytes:
    text = orjson.dumps({"name": name, "arguments": arguments}).decode()
    usage = {"prompt_tokens": 1, "completion_tokens": 1}
    body = {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage}
    return orjson.dumps(body)


_CALL = _act("list_things7", on=_DAY)
_ROWS = orjson.dumps({"data": [{"thing_id": f"t{n}", "name": f"Thing {n}"} for n in range(5)]})


class _Answers(asyncio.Protocol):
    """Both servers: a model that calls and then presents, and an API that lists five things."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, rest = self._buffer.split(b"\r\n\r\n", 1)
            at = head.lower().find(b"content-length: ")
            length = int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(rest) < length:
                return
            request, self._buffer = rest[:length], rest[length:]
            body = _ROWS if head.startswith(b"GET") else _decide(request)
            self._transport.write(_HEAD + str(len(body)).encode() + b"\r\n\r\n" + body)


def _decide(request: bytes) -> bytes:
    last = request.rfind(b'{"role":"tool"')
    if last > request.rfind(b'{"role":"user"'):
        # The observation's head line names the call whose result is to be shown.
        call_id = request[last:].split(b'"content":"', 1)[1].split(b" ", 1)[0].decode()
        return _act("present", result=call_id)
    return _CALL


def _serve(pipe: Connection) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Answers, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


class Setup:
    """An agent over the fake servers, and conversations with 100 messages behind them."""

    def __init__(self, url: str, store: EventStore) -> None:
        # One pool for everything, as wide as the widest run needs.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=AT_ONCE * 2)
        self.client = httpx.AsyncClient(timeout=60, limits=limits)
        self.bodies: list[bytes] = []
        self.agent = Agent(
            catalog=Catalog(read_openapi(document(), api="things").tools),
            engine=OpenAIEngine(f"{url}/v1", "fake", client=self.client),
            executor=Executor({"things": Api(url)}, client=self.client),
            store=store,
            clock=FixedClock(),
        )

    async def conversations(self, count: int) -> list[str]:
        """Conversations whose history is 100 messages, half of them the user's."""
        history = [
            Message("user", f"I would like to go to Berlin on 3 March, wish number {n}")
            if n % 2 == 0
            else Message("assistant", f"Here is what I found for wish number {n}: nothing yet.")
            for n in range(HISTORY)
        ]
        return [await self.agent.start(history=history) for _ in range(count)]

    async def turn(self, conversation: str) -> None:
        """One turn; an answer that does not present the result is an error, not a fast run."""
        kinds = [event.type async for _, event in self.agent.send(conversation, _WISH)]
        if kinds.count("act_proposed") != 2 or "call_observed" not in kinds:
            raise RuntimeError(f"not the turn to be measured: {kinds}")

    async def record(self) -> Sequence[tuple[str, str, bytes]]:
        """The three requests of a turn, as they leave."""
        seen: list[tuple[str, str, bytes]] = []

        async def note(request: httpx.Request) -> None:
            seen.append((request.method, str(request.url), request.content))

        self.client.event_hooks["request"].append(note)
        await self.turn((await self.conversations(1))[0])
        self.client.event_hooks["request"].clear()
        return seen


async def bare_turn(client: httpx.AsyncClient, requests: Sequence[tuple[str, str, Any]]) -> None:
    """The same requests by hand: encode, send, decode."""
    for method, url, body in requests:
        if body is None:
            response = await client.get(url)
        else:
            response = await client.request(method, url, json=body)
        response.json()


async def cpu_ms(turns: Sequence[Callable[[], Awaitable[None]]]) -> float:
    """CPU milliseconds of this process for each of the turns, run one after the other."""
    gc.collect()
    start = time.process_time()
    for turn in turns:
        await turn()
    return (time.process_time() - start) * 1000 / len(turns)


async def rate(turns: Sequence[Callable[[], Awaitable[None]]]) -> float:
    """Turns per second, all of them at once."""
    gc.collect()
    start = time.perf_counter()
    await asyncio.gather(*(turn() for turn in turns))
    return len(turns) / (time.perf_counter() - start)


async def measure(url: str, turns: int, rounds: int) -> dict[str, list[float]]:
    """CPU per turn and turns per second of the three, in alternation."""
    with tempfile.TemporaryDirectory() as folder:
        memory = Setup(url, MemoryStore())
        journal = Setup(url, await open_store(f"sqlite:///{Path(folder) / 'bench.db'}"))
        requests = [(m, u, orjson.loads(b) if b else None) for m, u, b in await memory.record()]

        def bare(count: int) -> list[Callable[[], Awaitable[None]]]:
            return [lambda: bare_turn(memory.client, requests)] * count

        async def ours(setup: Setup, count: int) -> list[Callable[[], Awaitable[None]]]:
            ids = await setup.conversations(count)
            return [lambda i=i: setup.turn(i) for i in ids]

        found: dict[str, list[float]] = {}
        for number in range(rounds + 1):
            figures = {
                "bare": await cpu_ms(bare(turns)),
                "agent": await cpu_ms(await ours(memory, turns)),
                "agent + journal": await cpu_ms(await ours(journal, turns)),
                "bare, at once": await rate(bare(AT_ONCE)),
                "agent, at once": await rate(await ours(memory, AT_ONCE)),
                "agent + journal, at once": await rate(await ours(journal, AT_ONCE)),
            }
            if number:  # the first round warms caches and pools
                for name, value in figures.items():
                    found.setdefault(name, []).append(value)
        for setup in (memory, journal):
            await setup.agent.aclose()
            await setup.client.aclose()
    return found


def report(found: dict[str, list[float]]) -> None:
    """Two tables: CPU per turn against the bare loop, and turns per second against it."""
    console = Console(width=100)
    console.print(machine())
    console.print(
        f"one turn = 2 model calls + 1 tool call; {TOOLS} tools, {HISTORY} messages of history, "
        "grounded grammar and clearance on"
    )
    for title, unit, names, inverse in (
        ("CPU per turn", "ms", ("bare", "agent", "agent + journal"), False),
        (
            f"{AT_ONCE} conversations at once",
            "turns/s",
            ("bare, at once", "agent, at once", "agent + journal, at once"),
            True,
        ),
    ):
        table = Table(
            "", f"{unit} (median)", "min to max", "multiple of bare (median)", title=title
        )
        reference = found[names[0]]
        for name in names:
            values = found[name]
            pairs = [b / v if inverse else v / b for v, b in zip(values, reference, strict=True)]
            spread = f"{min(values):.2f} to {max(values):.2f}"
            ratio = f"{statistics.median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})"
            table.add_row(name, f"{statistics.median(values):.2f}", spread, ratio)
        console.print(table)


def main() -> None:
    """Start the servers in a process of their own, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--turns", type=int, default=40, help="turns in one sample (default 40)")
    parser.add_argument("--rounds", type=int, default=7, help="samples of each kind (default 7)")
    chosen = parser.parse_args()
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    server.start()
    try:
        url = f"http://127.0.0.1:{here.recv()}"
        report(asyncio.run(measure(url, chosen.turns, chosen.rounds)))
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
