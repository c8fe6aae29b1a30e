"""The bodies of requests and responses, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.calls import RejectionCode

MESSAGE_CHARACTERS = 8000
"""As many may a message of a user have."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewConversation(_Request):
    """What a conversation starts from."""

    sandbox: str = Field(
        default="default",
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="The world that all calls of this conversation go to.",
    )


class NewMessage(_Request):
    """A message of the user."""

    content: str = Field(
        min_length=1,
        max_length=MESSAGE_CHARACTERS,
        pattern=r"\S",
        examples=["A flight from Berlin to Lisbon on 3 March, one adult"],
    )


class NewDecision(_Request):
    """What the user decided on an approval."""

    decision: Literal["approve", "decline"]


class ConversationCreated(BaseModel):
    """A conversation that now exists."""

    id: str
    created_at: str


class Conversation(BaseModel):
    """One row of the list of conversations."""

    id: str
    created_at: str
    updated_at: str
    title: str


class PageMeta(BaseModel):
    """Where the next page starts; null on the last page."""

    next_cursor: str | None


class ConversationPage(BaseModel):
    """Conversations, newest first."""

    data: list[Conversation]
    meta: PageMeta


class ConversationLog(Conversation):
    """A conversation with its whole event log, oldest first; an event's index is its position."""

    events: list[dict[str, Any]]


class Money(BaseModel):
    """An amount as a decimal string, with its ISO 4217 code."""

    amount: str
    currency: str


class Provenance(BaseModel):
    """Where the value of an argument came from."""

    source: Literal["user", "result", "default", "context"]
    ref: str


class Rejection(BaseModel):
    """A fault that clearance found in a proposed call."""

    code: RejectionCode
    pointer: str
    message: str


class Call(BaseModel):
    """A call that the model proposed, and what became of it."""

    model_config = ConfigDict(extra="allow")

    id: str
    name: str
    arguments: Any
    effect: Literal["read", "write"]
    status: Literal["executed", "failed", "rejected", "awaiting_approval"]
    provenance: dict[str, Provenance]
    rejections: list[Rejection]
    result: Any = None


class Approval(BaseModel):
    """A write that waits for a person."""

    model_config = ConfigDict(extra="allow")

    id: str
    digest: str
    summary: str
    total: Money | None
    expires_at: str | None


class Reply(BaseModel):
    """What the agent says."""

    model_config = ConfigDict(extra="allow")

    text: str


class TurnResponse(BaseModel):
    """One turn."""

    model_config = ConfigDict(extra="allow")

    reply: Reply
    calls: list[Call]
    approval: Approval | None
    usage: dict[str, Any]


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether everything that a turn needs answers. `reasons` names what does not, and why."""

    status: Literal["ready", "not_ready"]
    reasons: dict[str, str]
