"""The event log's vocabulary. A conversation is a fold over these; nothing else is state.

Every event is a frozen dataclass tagged by `type`; `encode` and `decode` turn them into JSON
objects and back (pydantic at this edge, checked).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from agent.calls import Provenance, Rejection
from tools.spec import Effect

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as a decimal string with its ISO 4217 code."""

    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """First event of every log. `sandbox` names the world that all calls go to."""

    sandbox: str
    created_at: str
    type: Literal["conversation_started"] = "conversation_started"


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A message as typed, with the conversation's clock (RFC 3339) and its language (BCP 47)."""

    content: str
    now: str
    language: str
    type: Literal["user_message"] = "user_message"


@dataclass(frozen=True, slots=True)
class ActProposed:
    """What the model decoded, verbatim, with what it cost."""

    text: str
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    forced_tokens: int = 0
    seconds: float = 0.0
    type: Literal["act_proposed"] = "act_proposed"


@dataclass(frozen=True, slots=True)
class CallRejected:
    """A proposed call that clearance refused."""

    call_id: str
    name: str
    arguments: Any
    rejections: tuple[Rejection, ...]
    type: Literal["call_rejected"] = "call_rejected"


@dataclass(frozen=True, slots=True)
class CallCleared:
    """A proposed call that may run (a write: once it is approved)."""

    call_id: str
    name: str
    arguments: Arguments
    effect: Effect
    provenance: Mapping[str, Provenance]
    type: Literal["call_cleared"] = "call_cleared"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One call of a plan."""

    id: str
    name: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class PlanMade:
    """What one act sets out to do: reads side by side, or writes in this order."""

    steps: tuple[PlanStep, ...]
    type: Literal["plan_made"] = "plan_made"


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A person is asked. `digest` binds call ids, names, exact arguments, total and expiry."""

    approval_id: str
    digest: str
    call_ids: tuple[str, ...]
    summary: str
    total: Money | None
    terms: Mapping[str, Any]
    expires_at: str | None
    totals: tuple[Money, ...] = ()
    type: Literal["approval_requested"] = "approval_requested"


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    """The person's answer."""

    approval_id: str
    decision: Literal["approve", "decline"]
    now: str
    type: Literal["approval_decided"] = "approval_decided"


@dataclass(frozen=True, slots=True)
class ApprovalVoided:
    """A pending approval that can no longer be given."""

    approval_id: str
    reason: Literal["changed", "expired", "price_changed"]
    type: Literal["approval_voided"] = "approval_voided"


@dataclass(frozen=True, slots=True)
class WriteIntended:
    """Journalled before a write leaves. A log that ends here has an unknown outcome."""

    call_id: str
    idempotency_key: str
    type: Literal["write_intended"] = "write_intended"


@dataclass(frozen=True, slots=True)
class CallObserved:
    """What the API answered. `status` is the HTTP status, 0 where none came.

    `result` is the whole body; where `ok` is false, the problem, with its `code` beside it.
    `read_back` says that the answer was lost and the outcome was looked up.
    """

    call_id: str
    ok: bool
    status: int
    result: Any
    code: str = ""
    read_back: bool = False
    type: Literal["call_observed"] = "call_observed"


@dataclass(frozen=True, slots=True)
class Replied:
    """Text for the user, rendered from events. `act` is the reply act's name and arguments."""

    act: str
    arguments: Any
    text: str
    language: str
    cards: tuple[Mapping[str, Any], ...] = field(default=())
    type: Literal["replied"] = "replied"


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """Closes a turn. `reason` "exhausted" means that the bounded tries ran out."""

    reason: Literal["replied", "awaiting_approval", "exhausted", "failed"]
    type: Literal["turn_ended"] = "turn_ended"


Event = (
    ConversationStarted | UserMessage | ActProposed | CallRejected | CallCleared | PlanMade
    | ApprovalRequested | ApprovalDecided | ApprovalVoided | WriteIntended | CallObserved
    | Replied | TurnEnded
)  # fmt: skip

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


def encode(event: Event) -> bytes:
    """An event as one JSON object (UTF-8)."""
    return _ADAPTER.dump_json(event)


def decode(data: bytes | str) -> Event:
    """The event that `encode` wrote. Raises `pydantic.ValidationError` on anything else."""
    return _ADAPTER.validate_json(data)
