"""One question over HTTP: sent, sent again where that helps, and its answer read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import orjson

from agent.json_values import is_object
from tools.errors import TeacherRejected, TeacherUnavailable
from tools.executor import RetryPolicy
from tools.executor.retry import retry_after_seconds
from training.teacher.answers import Answer
from training.teacher.bill import Tally
from training.teacher.pacing import Pacer, Time
from training.teacher.question import Question

_BUSY = frozenset({408, 409, 425, 429})
_OPTIONAL = ("response_format", "json_schema", "max_tokens", "temperature", "seed")
"""What a server may not know; `json_schema` is a form of `response_format`."""
_SPENT, _FILTERED = "insufficient_quota", "content_filter"
_ITS_OWN_FAULT = frozenset({400, 413, 422})
"""What a single question can be at fault for: its length, or its form."""
_SHOWN = 300


class _Again(Exception):
    """A try that failed for the moment; never leaves this module."""

    def __init__(self, cause: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer to this one question, from a server that answers others."""

    detail: str


@dataclass(slots=True)
class Wire:
    """An OpenAI-compatible server's chat completions.

    A request parameter that the server says it does not take is left out from then on; without
    `response_format` the schema in the prompt has to do.
    """

    client: httpx.AsyncClient
    url: str
    model: str
    retries: RetryPolicy
    pacer: Pacer
    time: Time
    tally: Tally
    _untaken: set[str] = field(default_factory=set[str])

    async def send(self, question: Question) -> Answer | Silence:
        """The answer to a question.

        Time-outs, broken connections, 429, 5xx and bodies that are no completion are tried again,
        after `Retry-After` where the server gives one. When the last try fails too, the question
        is at fault where others were answered since the try before; else the server is, which
        raises `TeacherUnavailable`. Raises `TeacherRejected` for what no retry mends.
        """
        attempt, answered = 0, self.tally.answered
        while True:
            answer = await self._tried(question)
            if not isinstance(answer, _Again):
                self.tally.answered += isinstance(answer, Answer)
                return answer
            self.tally.resent[answer.cause] += 1
            pause = self.retries.pause(attempt, self.time.draw(), answer.retry_after)
            attempt += 1
            if pause is None:
                return self._given_up(answered, attempt, answer)
            answered = self.tally.answered
            if answer.retry_after is None:
                await self.time.sleep(pause)
            else:
                self.pacer.pause(pause)

    async def _tried(self, question: Question) -> Answer | Silence | _Again:
        try:
            async with self.pacer.slot():
                return await self._try(question)
        except _Again as failure:
            return failure

    def _given_up(self, answered: int, tries: int, failure: _Again) -> Silence:
        said = f"{self.url} failed {tries} times; at last: {failure}"
        if self.tally.answered > answered:
            return Silence(said)
        raise TeacherUnavailable(f"{said}; start that server, or name another") from failure

    async def _try(self, question: Question) -> Answer | Silence:
        while True:
            body = self.body(question)
            self.tally.sent += 1
            try:
                response = await self.client.post(f"{self.url}/chat/completions", json=body)
            except httpx.TimeoutException as error:
                raise _Again("timeout", type(error).__name__) from error
            except httpx.TransportError as error:
                raise _Again("connection", repr(error)) from error
            if response.is_success:
                return _answer(response)
            untaken = _untaken(response, body)
            if untaken is None:
                return self._unsuccessful(response)
            self._untaken.add(untaken)

    def _unsuccessful(self, response: httpx.Response) -> Answer | Silence:
        status, said = response.status_code, response.text[:_SHOWN]
        if status >= 500 or (status in _BUSY and _SPENT not in response.text):
            after = retry_after_seconds(response.headers.get("retry-after"), datetime.now(UTC))
            raise _Again(str(status), said, after)
        if status == 400 and _FILTERED in response.text:
            return Answer("", said, _FILTERED, 0, 0)
        if status in _ITS_OWN_FAULT and self.tally.answered:
            return Silence(f"{self.url} answered {status}: {said}")
        raise TeacherRejected(f"{self.url} answered {status}: {said}")

    def body(self, question: Question) -> dict[str, Any]:
        """A question as the request's JSON, without what the server does not take."""
        described = {"name": question.name, "schema": question.schema, "strict": True}
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": one.role, "content": one.content} for one in question.messages],
            "temperature": question.temperature,
            "seed": question.seed,
            "max_tokens": question.max_tokens,
            "response_format": {"type": "json_schema", "json_schema": described},
        }
        return {name: value for name, value in body.items() if name not in self._untaken}


def _untaken(response: httpx.Response, sent: dict[str, Any]) -> str | None:
    """The parameter of a request that a 400 or 422 is about, where it can be left out."""
    if response.status_code not in (400, 422):
        return None
    named = next((name for name in _OPTIONAL if name in response.text), None)
    name = "response_format" if named == "json_schema" else named
    return name if name in sent else None


def _answer(response: httpx.Response) -> Answer:
    try:
        body: Any = orjson.loads(response.content)
        choice = body["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content") or "", message.get("refusal") or ""
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError) as error:
        raise _Again("no completion", response.text[:_SHOWN]) from error
    if not isinstance(text, str) or not isinstance(refusal, str):
        raise _Again("no completion", "its content is no text")
    return Answer(
        text,
        refusal,
        str(choice.get("finish_reason") or "stop"),
        _count(body, "prompt_tokens"),
        _count(body, "completion_tokens"),
    )


def _count(body: Any, name: str) -> int | None:
    usage = body.get("usage")
    found = cast("dict[str, Any]", usage).get(name) if is_object(usage) else None
    return found if isinstance(found, int) else None
