"""From a chat that a client sends whole, each time, to the conversation that it is.

OpenAI's protocol has no conversations: each request carries all messages so far. The digest of
those messages leads to the conversation whose transcript they are, so that its events, results
and pending approvals are still there. A transcript that nobody knows opens a new conversation
with the messages as its history, which grounds what the user said but no result and no approval.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from agent.engines.base import Message
from agent.events import Event, TurnEnded, UserMessage
from agent.view import turn_view
from service.runtime import Runtime
from service.security import Caller
from service.turns import Turn
from tools.errors import PromptTooLong


@dataclass(frozen=True, slots=True)
class Transcript:
    """The messages so far, and whose they are and in which sandbox: all of it is the identity."""

    caller: Caller
    user: str
    sandbox: str
    messages: tuple[Message, ...]

    def digest(self, *more: Message) -> str:
        """The digest of these messages and the ones after them."""
        said = [[item.role, item.content.strip()] for item in (*self.messages, *more)]
        identity = [self.caller.owner, self.user, self.sandbox, said]
        return hashlib.sha256(orjson.dumps(identity)).hexdigest()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message and the turn that answers it. `first` is where the turn begins in the log."""

    conversation_id: str
    first: int
    turn: Turn | None

    async def view(self, runtime: Runtime) -> dict[str, Any]:
        """The turn's JSON, once it is over. Raises the error that ended it."""
        if self.turn is not None:
            await self.turn.finished()
        log = await runtime.parts.agent.events(self.conversation_id)
        return _view(log, self.first)


async def say(
    runtime: Runtime, transcript: Transcript, content: str, *, again: bool = False
) -> Exchange:
    """Say something in the conversation that a transcript leads to, and begin its turn.

    The same request again, because its answer was lost on the way, is shown the turn that it
    began and says nothing twice. Two chats with the same words are two conversations all the
    same: each takes one whose end is the transcript, unless the client says (`again`) that it
    sends the very request once more.
    """
    for link in await runtime.parts.store.linked(_asked(transcript, content)) if again else ():
        exchange = await _asked_before(runtime, link.conversation_id, link.position, content)
        if exchange is not None and not await _came_to_nothing(runtime, exchange):
            return exchange
    for link in await runtime.parts.store.linked(transcript.digest()):
        if link.length == link.position:
            return await _send(runtime, transcript, link.conversation_id, content)
    for link in await runtime.parts.store.linked(transcript.digest()):
        exchange = await _asked_before(runtime, link.conversation_id, link.position, content)
        if exchange is not None and await _came_to_nothing(runtime, exchange):
            return await _send(runtime, transcript, link.conversation_id, content)
        if exchange is not None:
            return exchange
    parts = runtime.parts
    conversation_id = await parts.agent.start(transcript.sandbox, transcript.messages)
    if transcript.caller.owner is not None:
        await parts.store.assign(conversation_id, transcript.caller.owner)
    try:
        return await _send(runtime, transcript, conversation_id, content)
    except PromptTooLong:
        # Nobody was answered, and nobody could go on with it.
        await parts.agent.forget(conversation_id)
        raise


def _asked(transcript: Transcript, content: str) -> str:
    """The digest of a request, whatever was answered; that of no transcript."""
    request = f"request {transcript.digest(Message('user', content))}"
    return hashlib.sha256(request.encode()).hexdigest()


async def _send(
    runtime: Runtime, transcript: Transcript, conversation_id: str, content: str
) -> Exchange:
    agent, store = runtime.parts.agent, runtime.parts.store

    async def remember(first: int, last: int) -> None:
        log = await agent.events(conversation_id)
        text = _view(log, first)["reply"]["text"]
        if not text:
            # A turn that failed before it did anything: what is said next continues the old words.
            return
        reply = Message("assistant", text)
        digest = transcript.digest(Message("user", content), reply)
        await store.link(digest, conversation_id, last + 1)

    turn = runtime.send(conversation_id, content, afterwards=remember)
    first = await turn.begun()
    await store.link(_asked(transcript, content), conversation_id, first)
    return Exchange(conversation_id, first, turn)


async def _asked_before(
    runtime: Runtime, conversation_id: str, position: int, content: str
) -> Exchange | None:
    turn = runtime.turns.running(conversation_id)
    log = await runtime.parts.agent.events(conversation_id)
    asked = log[position]
    if isinstance(asked, UserMessage) and asked.content == content:
        return Exchange(conversation_id, position, turn)
    return None


async def _came_to_nothing(runtime: Runtime, exchange: Exchange) -> bool:
    """Whether a turn failed before it could say anything, and nothing was said since."""
    log = await runtime.parts.agent.events(exchange.conversation_id)
    failed = exchange.turn is None and log[-1] == TurnEnded("failed")
    return failed and not _view(log, exchange.first)["reply"]["text"]


def _view(log: Sequence[Event], first: int) -> dict[str, Any]:
    ends = (at for at in range(first, len(log)) if isinstance(log[at], TurnEnded))
    return turn_view(log[: next(ends, len(log)) + 1], first)
