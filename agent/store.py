"""The seam between the agent and wherever event logs are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.events import Event


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """One row of the conversation list. Times are RFC 3339, UTC."""

    id: str
    created_at: str
    updated_at: str
    title: str


class EventStore(Protocol):
    """Append-only logs, one per conversation, events numbered from 0 without gaps."""

    async def append(self, conversation_id: str, position: int, events: Sequence[Event]) -> None:
        """Append events so that the first gets number `position`; all of them or none, durably.

        Raises `tools.errors.ConcurrentTurn` when that number is taken (or a gap would open), and
        `tools.errors.ConversationNotFound` when `position` > 0 and the conversation is unknown.
        Position 0 creates the conversation.
        """
        ...

    async def load(self, conversation_id: str) -> Sequence[Event]:
        """The whole log. Raises `tools.errors.ConversationNotFound`."""
        ...

    async def conversations(
        self, limit: int, cursor: str | None
    ) -> tuple[Sequence[ConversationSummary], str | None]:
        """Newest first, and the cursor of the next page. Raises ValueError on a foreign cursor."""
        ...

    async def delete(self, conversation_id: str) -> None:
        """Forget a conversation. Raises `tools.errors.ConversationNotFound`."""
        ...

    async def unfinished(self) -> Sequence[str]:
        """Conversations whose log holds a `WriteIntended` without its `CallObserved`."""
        ...

    async def aclose(self) -> None:
        """Release connections. Idempotent."""
        ...
