"""A foreign server for tests: what it answers, in order, and what it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from agent.engines.base import Message
from training.teacher import Question
from training.teacher.pacing import Time

URL = "https://teacher.test/v1"
SCHEMA = {
    "type": "object",
    "properties": {"lines": {"type": "array", "items": {"type": "string"}}},
    "required": ["lines"],
    "additionalProperties": False,
}


def question(text: str = "Say hello.", **more: Any) -> Question:
    return Question((Message("user", text),), SCHEMA, **more)


def says(text: str | None, ended: str = "stop", **message: Any) -> httpx.Response:
    choice = {
        "message": {"role": "assistant", "content": text, **message},
        "finish_reason": ended,
    }
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    return httpx.Response(200, json={"choices": [choice], "usage": usage})


def lines(*said: str) -> httpx.Response:
    return says(orjson.dumps({"lines": said}).decode())


@dataclass
class Server:
    """Answers in order, the last one for ever."""

    script: Sequence[httpx.Response | Exception]
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[httpx.Headers] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(orjson.loads(request.content))
        self.headers.append(request.headers)
        now = self.script[min(len(self.bodies), len(self.script)) - 1]
        if isinstance(now, Exception):
            raise now
        return httpx.Response(now.status_code, headers=now.headers, content=now.content)


@dataclass
class Stopwatch:
    """Time that passes only when somebody sleeps."""

    at: float = 0.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    @property
    def time(self) -> Time:
        return Time(now=lambda: self.at, sleep=self.sleep, draw=lambda: 1.0)
