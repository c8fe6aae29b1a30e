"""What a benchmark run leaves behind: one `Result` for each attempt at a task.

A result carries the event log of the attempt, so that every figure can be opened down to the
call: the log is the trace, and `training.benchmark.judge` reads the faults from it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter

from agent.calls import RejectionCode
from agent.events import Event

FaultCode = RejectionCode | Literal["unbacked_claim"]
"""What can be wrong with a call (the contract's rejection codes) or with a reply."""

HALLUCINATIONS: tuple[FaultCode, ...] = (
    "unknown_tool", "unknown_parameter", "invalid_value", "ungrounded_value", "foreign_id",
    "unapproved_write", "unbacked_claim",
)  # fmt: skip
"""Faults in which something is made up: a tool, a parameter, a value, a permission, a claim.

The others (`malformed`, `missing_parameter`, `wrong_type`, `duplicate_call`) are mistakes of form.
"""

ProposalKind = Literal["called", "abstained", "malformed"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and where: the proposal's index, its call's index, a JSON pointer (RFC 6901).

    For a claim in a text `call` is 0 and `pointer` is ``#<start>-<end>``, offsets into that text.
    """

    code: FaultCode
    proposal: int
    call: int
    name: str
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One act of the model, judged. `event` is the position of its `ActProposed` in the log.

    "called": at least one call was proposed that is no reply; "abstained": a reply act, or prose
    with no call in it; "malformed": an attempt at a call that cannot be read. `arguments` counts
    the scalar arguments of its tool calls, `undecided` those of them for which the evidence cannot
    tell either way (values that a rule leaves to the model).
    """

    event: int
    kind: ProposalKind
    calls: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    arguments: int = 0
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """What an attempt took. Tokens are the engine's; `seconds` is wall time inside the engine."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    forced_tokens: int = 0
    seconds: float = 0.0
    acts: int = 0
    executed_calls: int = 0
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Asking:
    """Decisions where a value was missing: how often the model asked for it, or made it up."""

    due: int = 0
    asked: int = 0
    guessed: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """One attempt of one contestant at one task.

    `unsolved` says in words what of the goal does not hold; an attempt is solved when it is empty
    and nothing failed (`error`). `missed` are calls of the gold chain that were not made,
    `surplus` executed calls that it does not hold.
    """

    suite: str
    task: str
    template: str
    categories: tuple[str, ...]
    language: str
    contestant: str
    mode: str
    trial: int
    unsolved: tuple[str, ...]
    proposals: tuple[Proposal, ...]
    missed: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    asking: Asking = field(default_factory=Asking)
    cost: Cost = field(default_factory=Cost)
    error: str = ""
    tools: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def solved(self) -> bool:
        """Whether the goal holds."""
        return not self.unsolved and not self.error

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What makes an attempt one of its kind: suite, task, contestant, mode, trial."""
        return self.suite, self.task, self.contestant, self.mode, self.trial

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of all proposals."""
        return tuple(fault for proposal in self.proposals for fault in proposal.faults)


_RESULT: TypeAdapter[Result] = TypeAdapter(Result)


def encode_result(result: Result) -> bytes:
    """A result as one JSON object (UTF-8)."""
    return _RESULT.dump_json(result)


def decode_result(line: bytes) -> Result:
    """The result that `encode_result` wrote. Raises `pydantic.ValidationError` otherwise."""
    return _RESULT.validate_json(line)


def as_json(result: Result) -> Mapping[str, Any]:
    """A result as plain JSON values, for reports."""
    return _RESULT.dump_python(result, mode="json")
