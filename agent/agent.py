"""The agent as the service, the benchmark and the dataset see it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from agent.choice import Choice, choose
from agent.clock import Clock
from agent.conversation import Conversation, Numbered, cut_off, running
from agent.engines.base import Engine, Message
from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    ConversationStarted,
    Event,
    Replied,
    TurnEnded,
)
from agent.events import UserMessage as UserMessageEvent
from agent.evidence.language import detect
from agent.evidence.tokens import cut
from agent.offer import offer
from agent.options import Options
from agent.reply.formats import PlaceNames
from agent.speak import Speaker
from agent.state import IMPORTED
from agent.store import EventStore
from agent.turn import Desk, Turn, is_expired
from tools.catalog import Catalog
from tools.errors import ApprovalConflict, ApprovalNotFound, CallsignError
from tools.executor import Executor
from tools.spec import ToolSpec

_KEPT = 1024
_log = logging.getLogger(__name__)
_Begin = Callable[[], Coroutine[Any, Any, None]]
"""Runs one turn."""


class Agent:
    """Conversations over one catalog, one engine and one store."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        engine: Engine,
        executor: Executor,
        store: EventStore,
        clock: Clock,
        options: Options | None = None,
        places: PlaceNames | None = None,
    ) -> None:
        self.engine = engine
        self.store = store
        self.catalog = catalog
        self._clock = clock
        self._fold = offer(catalog).fold
        self._options = options or Options()
        speaker = Speaker(catalog, places)
        self._desk = Desk(catalog, engine, executor, speaker, self._options)
        self._conversations: OrderedDict[str, Conversation] = OrderedDict()

    async def start(self, sandbox: str = "default", history: Sequence[Message] = ()) -> str:
        """Open a conversation and return its id. `history` is what was said elsewhere before.

        Raises `tools.errors.SandboxNotFound` when the world does not exist.
        """
        now = await self._clock.now(sandbox)
        conversation = Conversation(uuid.uuid4().hex, self.store, self._fold)
        events: list[Event] = [ConversationStarted(sandbox, datetime.now(UTC).isoformat())]
        language = "en"
        for message in history:
            if message.role == "user":
                language = detect(message.content, cut(message.content)) or language
                events.append(UserMessageEvent(message.content, now.isoformat(), language))
            elif message.role == "assistant":
                events.append(Replied(IMPORTED, {}, message.content, language))
        await conversation.append(*events)
        self._keep(conversation)
        return conversation.id

    async def send(self, conversation_id: str, content: str) -> AsyncIterator[Numbered]:
        """Say something and run the turn; yields its events with their positions.

        Raises `tools.errors.ConversationNotFound`, `ConcurrentTurn`, and `EngineError` after the
        events that are durable by then.
        """
        conversation = await self._open(conversation_id)

        async def turn() -> None:
            state = conversation.state
            now = await self._clock.now(state.sandbox)
            language = detect(content, cut(content)) or state.language
            await Turn(conversation, self._desk).message(content, language, now)

        async with aclosing(self._run(conversation, turn)) as events:
            async for item in events:
                yield item

    async def decide(
        self, conversation_id: str, approval_id: str, decision: Literal["approve", "decline"]
    ) -> AsyncIterator[Numbered]:
        """Approve or decline a pending approval; yields the events of the turn that it starts.

        The same decision again yields the same events again and does nothing. Raises
        `tools.errors.ApprovalNotFound`, and `ApprovalConflict` when the approval was decided the
        other way, has expired or was made void.
        """
        conversation = await self._open(conversation_id)
        answered: list[Numbered] = []

        async def turn() -> None:
            try:
                answered.extend(_answered(conversation, approval_id, decision))
            except (ApprovalNotFound, ApprovalConflict):
                # Another process may have written to the log since it was read.
                await conversation.load()
                answered.extend(_answered(conversation, approval_id, decision))
            if not answered:
                now = await self._clock.now(conversation.state.sandbox)
                await Turn(conversation, self._desk).decide(decision, now)

        async with aclosing(self._run(conversation, turn)) as events:
            async for item in events:
                yield item
        for item in answered:
            yield item

    async def events(self, conversation_id: str) -> Sequence[Event]:
        """The whole log. Raises `tools.errors.ConversationNotFound`."""
        return await self.store.load(conversation_id)

    async def forget(self, conversation_id: str) -> None:
        """Delete a conversation. Raises `tools.errors.ConversationNotFound`."""
        self._conversations.pop(conversation_id, None)
        await self.store.delete(conversation_id)

    async def recover(self) -> int:
        """Follow up every write that a stopped process left without an answer; how many there were.

        Each is read back, and sent again under its own key only where the API shows that it did
        not take place, its approval holds, and nobody was told that its outcome is unknown. Then
        its turn goes on. One that cannot be followed up now is left as it is, for the next message
        to it or the next start, and does not hold up the others.
        """
        followed = 0
        for conversation_id in await self.store.unfinished():
            try:
                conversation = await self._open(conversation_id)
                async with conversation.lock:
                    now = await self._clock.now(conversation.state.sandbox)
                    turn = Turn(conversation, self._desk)
                    holds = _holds(conversation, now)
                    await self._ended(conversation, partial(turn.follow_up, may_send=holds))
            except CallsignError as error:
                _log.warning("conversation %s is not followed up yet: %s", conversation_id, error)
            else:
                followed += 1
        return followed

    async def choose(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, required: bool = False
    ) -> Choice:
        """Decide the next act over a client's own tools, under the same clearance.

        With `required` the model is offered no reply, only the tools.
        """
        now = datetime.now(UTC)
        return await choose(messages, tools, self.engine, self._options, now, required=required)

    def cut_off(self) -> None:
        """Stop the running turns as they are, when there is no time left to let them end.

        Their logs say how far they came; `recover` follows up a write that was under way.
        """
        cut_off()

    async def aclose(self) -> None:
        """Let running turns end, then release the engine and the store. Idempotent."""
        if running:
            await asyncio.wait(set(running))
        await self.engine.aclose()
        await self.store.aclose()

    async def _open(self, conversation_id: str) -> Conversation:
        kept = self._conversations.get(conversation_id)
        if kept is not None:
            self._conversations.move_to_end(conversation_id)
            return kept
        conversation = Conversation(conversation_id, self.store, self._fold)
        await conversation.load()
        # Another request may have opened it while this one was reading.
        return self._conversations.get(conversation_id) or self._keep(conversation)

    def _keep(self, conversation: Conversation) -> Conversation:
        self._conversations[conversation.id] = conversation
        for conversation_id in list(self._conversations)[:-_KEPT]:
            if not self._conversations[conversation_id].lock.locked():
                del self._conversations[conversation_id]
        return conversation

    async def _ended(self, conversation: Conversation, turn: _Begin) -> None:
        """Run a turn; one that fails after its first event gets its end in the log all the same."""
        begun = len(conversation.log)
        try:
            await turn()
        except Exception:
            if len(conversation.log) > begun:
                with suppress(CallsignError):
                    await Turn(conversation, self._desk).fail()
            raise

    async def _run(self, conversation: Conversation, turn: _Begin) -> AsyncGenerator[Numbered]:
        try:
            ended = self._ended(conversation, turn)
            async with aclosing(conversation.stream(ended)) as events:
                async for item in events:
                    yield item
        except Exception:
            # The log may be ahead of what is in memory: read it again before the next turn.
            self._conversations.pop(conversation.id, None)
            raise


def _holds(conversation: Conversation, now: datetime) -> bool:
    """Whether the approval of a write without an answer still lets it be sent.

    Not once it has expired, nor where the turn has ended: then the person was told that the
    outcome is unknown and nothing is sent again.
    """
    granted = conversation.state.granted
    ended = isinstance(conversation.log[-1], TurnEnded)
    return granted is not None and not ended and not is_expired(granted, now)


def _answered(
    conversation: Conversation, approval_id: str, decision: Literal["approve", "decline"]
) -> Sequence[Numbered]:
    """The events of the turn in which this approval was decided; empty while it is pending."""
    pending = conversation.state.pending
    if pending is not None and pending.approval_id == approval_id:
        return ()
    requested = decided = None
    for position, event in enumerate(conversation.log):
        match event:
            case ApprovalRequested(approval_id=known) if known == approval_id:
                requested = position
            case ApprovalDecided(approval_id=known) if known == approval_id:
                decided = position, event.decision
            case _:
                pass
    if requested is None:
        raise ApprovalNotFound(f"there is no approval {approval_id!r} in this conversation")
    if decided is None:
        raise ApprovalConflict(
            "the approval is void: it expired or was replaced by a newer one; send a message to be "
            "asked anew"
        )
    if decided[1] != decision:
        raise ApprovalConflict(
            f"the approval was already answered with {decided[1]!r}; the conversation says what "
            "came of it"
        )
    return _turn_from(conversation, decided[0])


def _turn_from(conversation: Conversation, position: int) -> list[Numbered]:
    events: list[Numbered] = []
    for item in conversation.since(position):
        events.append(item)
        if item[1].type == "turn_ended":
            break
    return events
