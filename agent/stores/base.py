"""What a service needs of a store beyond the event logs themselves."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from agent.events import Event, UserMessage
from agent.store import ConversationSummary, EventStore

Clock = Callable[[], datetime]
TITLE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Link:
    """A transcript known by digest, and the conversation it is the transcript of.

    `position` is the length that the conversation's log had when the transcript was its whole
    text, `length` the one that it has now: equal means that nothing was said since.
    """

    conversation_id: str
    position: int
    length: int


class ConversationStore(EventStore, Protocol):
    """An event store that also knows whose a conversation is and which transcripts it answers to.

    Every method raises `tools.errors.StoreUnavailable` when the database does not answer.
    """

    async def conversations(
        self, limit: int, cursor: str | None, owner: str | None = None
    ) -> tuple[Sequence[ConversationSummary], str | None]:
        """As in `EventStore`; with `owner`, only the conversations assigned to that owner."""
        ...

    async def summary(self, conversation_id: str) -> ConversationSummary:
        """One row of the list. Raises `tools.errors.ConversationNotFound`."""
        ...

    async def assign(self, conversation_id: str, owner: str) -> None:
        """Make a conversation somebody's. Raises `tools.errors.ConversationNotFound`."""
        ...

    async def owner(self, conversation_id: str) -> str | None:
        """Whose it is, None if nobody's. Raises `tools.errors.ConversationNotFound`."""
        ...

    async def link(self, digest: str, conversation_id: str, position: int) -> None:
        """Note that a transcript's digest stands for a conversation at a length of its log.

        A digest may stand for many conversations; a second note for the same one replaces the
        first. Raises `tools.errors.ConversationNotFound`.
        """
        ...

    async def linked(self, digest: str) -> Sequence[Link]:
        """The conversations that a digest stands for, oldest first."""
        ...

    async def ping(self) -> None:
        """Return if the database answers."""
        ...


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """A moment in UTC with microseconds, so that texts sort as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def title_of(events: Iterable[Event]) -> str:
    """The first thing a user said, on one line and cut to `TITLE_LENGTH`; "" if nothing yet."""
    for event in events:
        if isinstance(event, UserMessage):
            beginning = event.content[: TITLE_LENGTH * 4]
            printable = "".join(c if c.isprintable() else " " for c in beginning)
            return " ".join(printable.split())[:TITLE_LENGTH]
    return ""


def encode_cursor(sequence: int) -> str:
    """An opaque cursor for the rows created before row number `sequence`."""
    return base64.urlsafe_b64encode(f"before:{sequence}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> int:
    """The row number that `encode_cursor` was given. Raises ValueError on a foreign cursor."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except ValueError as error:
        raise ValueError("this cursor was not made by this list") from error
    label, _, number = text.partition(":")
    if label != "before" or not number.isdigit() or len(number) > 18:
        raise ValueError("this cursor was not made by this list")
    return int(number)
