"""What the service needs of an agent: the facade of `agent.agent.Agent`, as a protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Literal, Protocol

from agent.calls import Cleared
from agent.engines.base import Completion, Message
from agent.events import Event
from tools.spec import ToolSpec

Decision = Literal["approve", "decline"]
Numbered = tuple[int, Event]


class Choice(Protocol):
    """What a model chose over a client's own tools: cleared calls, or text."""

    @property
    def calls(self) -> tuple[Cleared, ...]:
        """The calls that it wants made, all of them cleared."""
        ...

    @property
    def text(self) -> str | None:
        """What it says instead."""
        ...

    @property
    def completion(self) -> Completion:
        """What deciding cost."""
        ...


class AgentFacade(Protocol):
    """An agent with its conversations. Errors are those of `tools.errors`."""

    async def start(self, sandbox: str = "default", history: Sequence[Message] = ()) -> str:
        """Open a conversation and return its id."""
        ...

    def send(self, conversation_id: str, content: str) -> AsyncIterator[Numbered]:
        """A turn: events with their position, durable before they are yielded."""
        ...

    def decide(
        self, conversation_id: str, approval_id: str, decision: Decision
    ) -> AsyncIterator[Numbered]:
        """The turn that follows a decision; given twice, the events of the first."""
        ...

    async def events(self, conversation_id: str) -> Sequence[Event]:
        """The whole log."""
        ...

    async def forget(self, conversation_id: str) -> None:
        """Delete a conversation."""
        ...

    async def recover(self) -> int:
        """Read back the writes whose answers were lost; how many there were."""
        ...

    async def choose(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, required: bool = False
    ) -> Choice:
        """One decision over a client's own tools; with `required`, a call and no text."""
        ...

    def cut_off(self) -> None:
        """Stop the running turns as they are."""
        ...

    async def aclose(self) -> None:
        """Release the engine and the connections."""
        ...
