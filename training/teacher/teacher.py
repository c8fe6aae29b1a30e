"""The teacher: a question in, a checked object out, or why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakValueDictionary

import httpx

from tools.executor import RetryPolicy
from training.teacher.answers import Answer, Answers, open_answers
from training.teacher.bill import Tally, spent
from training.teacher.pacing import Pacer, Time
from training.teacher.question import Question
from training.teacher.reading import Flaw, Unusable, read
from training.teacher.settings import TeacherSettings
from training.teacher.wire import Silence, Wire

Json = Mapping[str, Any]
Check = Callable[[Json], Awaitable[str]]
"""What is wrong with an object, in words that the teacher can mend it by; "" for nothing."""

_BACKOFF_S, _MOST_BACKOFF_S, _MOST_RETRY_AFTER_S = 0.5, 30.0, 600.0


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No try gave a usable object. `reason` is the last one's: the answer was a refusal, no JSON,
    not of the schema, or did not pass the check; or none came although the server answers others.
    """

    reason: Flaw | Literal["unfit", "no_answer"]
    detail: str


@dataclass(slots=True)
class Teacher:
    """Asks, and keeps what was answered. `open_teacher` makes one."""

    url: str
    model: str
    tries: int
    wire: Wire
    answers: Answers
    tally: Tally
    _asking: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary[str, asyncio.Lock]
    )

    async def ask(self, question: Question, check: Check) -> Json | Unanswered:
        """The object that answers a question and passes the check.

        What is wrong with an answer is shown to the teacher, which may answer `tries` times in
        all. Everything it writes is kept, faults included, so the same question ends the same way
        without a request. Raises `TeacherRejected`, and `TeacherUnavailable` when no question is
        answered any more.
        """
        last = Unanswered("no_answer", "")
        for _ in range(self.tries):
            answer = await self._answer(question)
            if isinstance(answer, Silence):
                return Unanswered("no_answer", answer.detail)
            found = read(answer, question.schema)
            if isinstance(found, Unusable):
                last = Unanswered(found.flaw, found.fault)
            else:
                fault = await check(found)
                if not fault:
                    return found
                last = Unanswered("unfit", fault)
            self.tally.flawed[last.reason] += 1
            question = question.again(answer.refusal or answer.text, last.detail)
        return last

    async def _answer(self, question: Question) -> Answer | Silence:
        """From the cache or the wire. Of equal questions at the same time one is sent."""
        key = question.key(self.url, self.model)
        lock = self._asking.setdefault(key, asyncio.Lock())
        async with lock:
            kept = await self.answers.get(key)
            if kept is not None:
                self.tally.from_cache += 1
                return kept
            sent = await self.wire.send(question)
            if isinstance(sent, Silence):
                return sent
            return await self.answers.keep(key, self.model, sent)


@asynccontextmanager
async def open_teacher(
    settings: TeacherSettings, time: Time | None = None
) -> AsyncGenerator[Teacher]:
    """A teacher for as long as the block lasts. Raises `DataError` for a broken file of answers."""
    clock, tally = time or Time(), Tally()
    url = str(settings.url).rstrip("/")
    headers = {"authorization": f"Bearer {settings.key.get_secret_value()}"} if settings.key else {}
    limits = httpx.Limits(max_connections=settings.concurrency)
    retries = RetryPolicy(settings.attempts, _BACKOFF_S, _MOST_BACKOFF_S, _MOST_RETRY_AFTER_S)
    async with (
        open_answers(settings.answers) as answers,
        httpx.AsyncClient(headers=headers, timeout=settings.timeout_s, limits=limits) as client,
    ):
        pacer = Pacer(settings.concurrency, clock)
        wire = Wire(client, url, settings.model, retries, pacer, clock, tally)
        yield Teacher(url, settings.model, settings.tries, wire, answers, tally)


async def paid_so_far(settings: TeacherSettings) -> str:
    """One line on what this model's answers in the settings' file cost, all runs together.

    Raises `DataError` for a broken file of answers.
    """
    async with open_answers(settings.answers) as answers:
        return spent(await answers.paid(model=settings.model), settings)
