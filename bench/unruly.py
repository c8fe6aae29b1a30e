"""An OpenAI-compatible server that misbehaves at given rates, in a process of its own.

It answers the tasks of `training.instruct.teacher` by putting purposes and values side by side.
What goes wrong is drawn by seed, request and how often that very request came: the same in every
run. ``GET /counts`` tells what it did.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import orjson

_DECLINED = "I'm sorry, but I can't help with that."
_USAGE = {"prompt_tokens": 100, "completion_tokens": 20}


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of all requests; `never` is the share of tasks that are refused every time."""

    busy: float = 0.10
    failing: float = 0.03
    silent: float = 0.03
    broken: float = 0.08
    refused: float = 0.03
    never: float = 0.02


_CALM = Rates(0, 0, 0, 0, 0, 0)


class _Unruly(asyncio.Protocol):
    """One connection. All share what was counted and seen."""

    def __init__(self, rates: Rates, seed: int, counts: Counter[str], seen: Counter[bytes]) -> None:
        self._rates, self._seed = rates, seed
        self._counts, self._seen = counts, seen
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
            if head.startswith(b"GET"):
                self._write(200, dict(self._counts))
            else:
                self._answer(request)

    def _answer(self, request: bytes) -> None:
        self._seen[request] += 1
        messages = orjson.loads(request)["messages"]
        fate = self._fate(request, messages)
        self._counts[fate] += 1
        match fate:
            case "busy":
                self._write(429, {"error": {"message": "slow down"}}, b"retry-after: 0\r\n")
            case "failing":
                self._write(500, {"error": {"message": "oops"}})
            case "silent":
                return
            case "broken":
                self._say('{"lines": ["What is there')
            case "refused":
                self._say(_DECLINED)
            case _:
                self._say(_worded(messages[1]["content"]))

    def _fate(self, request: bytes, messages: Any) -> str:
        task = messages[1]["content"].encode()
        if _draw(b"%d never " % self._seed + task) < self._rates.never:
            return "refused"
        drawn = _draw(b"%d %d " % (self._seed, self._seen[request]) + request)
        for fate in ("busy", "failing", "silent", "broken", "refused"):
            drawn -= getattr(self._rates, fate)
            if drawn < 0:
                return fate
        return "answered"

    def _say(self, text: str) -> None:
        message = {"role": "assistant", "content": text}
        self._write(200, {"choices": [{"message": message}], "usage": _USAGE})

    def _write(self, status: int, body: Mapping[str, Any], header: bytes = b"") -> None:
        content = orjson.dumps(body)
        head = b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n"
        self._transport.write(head % (status, header, len(content)) + content)


def _worded(task: str) -> str:
    told = orjson.loads(task.partition("\n")[2])
    lines = [
        " ".join([*one["wants"], *(value["said"] for value in one["values"])]) or one["means"]
        for one in told
    ]
    return orjson.dumps({"lines": lines}).decode()


def _draw(what: bytes) -> float:
    return int.from_bytes(hashlib.sha256(what).digest()[:4]) / 2**32


def _serve(pipe: Connection, rates: Rates, seed: int) -> None:
    counts, seen = Counter[str](), Counter[bytes]()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: _Unruly(rates, seed, counts, seen), "127.0.0.1", 0
        )
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def unruly(rates: Rates = _CALM, seed: int = 0) -> Generator[str]:
    """The base URL of a running server; without rates it always answers."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, rates, seed), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
