"""What to make of an act that did not do what it was meant to: mend, back up, retry or stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.events import CallObserved, CallRejected, Event
from agent.json_values import is_object

Kind = Literal["mend", "back_up", "retry", "stop"]

_MENDED = frozenset({400, 422})
"""The API names what is wrong with the arguments."""
_SHUT = frozenset({401, 403})
MOVED = frozenset({409, 410})
"""The world is no longer as it was, and may be otherwise again: sold, dearer, expired."""
_NOBODY_THERE = frozenset({"unreachable", "circuit_open", "unsendable_arguments"})
_UNPRICED = "unapproved_write"
_ORDER: Sequence[Kind] = ("stop", "back_up", "mend", "retry")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an act failed.

    `code` is a rejection code or the API's. `write` says that a write failed, `moved` that the
    world stood against it, and not the call.
    """

    kind: Kind
    code: str
    write: bool = False
    moved: bool = False


def troubles(events: Sequence[Event], writes: frozenset[str]) -> tuple[Trouble, ...]:
    """Everything that failed in the events of one act, the gravest first.

    `writes` are the ids of calls that write. A rejected call and one whose arguments the API
    refuses can be mended; what is gone, sold or not allowed in this state cannot, and another way
    must be taken; what the API calls retryable is sent again as it is; an API that cannot be
    reached, or does not let us in, stops the search.
    """
    found = [one for event in events if (one := _trouble(event, writes))]
    # A write whose price could not be read is turned down because of that read.
    unread = any(one.kind != "mend" for one in found)
    real = [one for one in found if not (unread and one.code == _UNPRICED)]
    return tuple(sorted(real, key=lambda one: _ORDER.index(one.kind)))


def _trouble(event: Event, writes: frozenset[str]) -> Trouble | None:
    match event:
        case CallRejected(rejections=rejections):
            return Trouble("mend", rejections[0].code)
        case CallObserved(ok=False, call_id=call_id, code=code):
            return Trouble(_kind(event), code, call_id in writes, event.status in MOVED)
        case _:
            return None


def _kind(event: CallObserved) -> Kind:
    retryable = is_object(event.result) and event.result.get("retryable") is True
    if event.status in _SHUT or event.code in _NOBODY_THERE:
        return "stop"
    if retryable:
        return "retry"
    return "mend" if event.status in _MENDED else "back_up"
