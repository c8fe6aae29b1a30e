"""An attempt as the report shows it: the conversation, step by step, with each fault marked.

A trace is JSON: short keys are not worth it (it is compressed), whole responses are: they are cut
to what the calls used and a few things more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from agent.clearance import leaves
from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    CallCleared,
    CallObserved,
    CallRejected,
    Event,
    Replied,
    TurnEnded,
    UserMessage,
)
from agent.json_values import is_array, is_object
from agent.observation import objects, row_text
from training.benchmark.records import Fault, Proposal, Result
from training.benchmark.report.marks import Parts, mark_call, mark_text

Json = dict[str, Any]

_SHOWN_ITEMS = 2
_SHOWN_ROWS = 3
_SHOWN_TEXT = 400
_SHORTEST_ID = 6


@dataclass(frozen=True, slots=True)
class _Act:
    """A proposal with its event and what followed it until the next one."""

    event: ActProposed
    proposal: Proposal
    followers: Sequence[Event]
    faults: Sequence[tuple[int, Fault]]


def entry(result: Result) -> Json:
    """What the list of attempts shows of one and what its filters look at."""
    return {
        "suite": result.suite,
        "task": result.task,
        "template": result.template,
        "categories": list(result.categories),
        "language": result.language,
        "model": result.contestant,
        "mode": result.mode,
        "trial": result.trial,
        "solved": result.solved,
        "error": bool(result.error),
        "faults": sorted({fault.code for fault in result.faults}),
        "said": next((e.content for e in result.events if isinstance(e, UserMessage)), ""),
    }


def trace(result: Result) -> Json:
    """One attempt whole: ``{"unsolved", "error", "missed", "surplus", "asking", "cost", "tools",
    "faults", "steps"}``.

    Each step has a `kind`: user, act, refused, observed, approval, decided, void, reply, ended.
    Texts with marks are lists of parts: a string, or ``[text, [fault…], absent]`` with positions
    in `faults`. A fault that no step shows (its proposal is not in the log) is still listed.
    """
    return {
        "unsolved": list(result.unsolved),
        "error": result.error,
        "missed": list(result.missed),
        "surplus": list(result.surplus),
        "asking": asdict(result.asking),
        "cost": asdict(result.cost),
        "tools": list(result.tools),
        "faults": [asdict(fault) for fault in result.faults],
        "steps": list(_steps(result)),
    }


def _steps(result: Result) -> Iterator[Json]:
    acts = _acts(result)
    names: dict[str, str] = {}
    used = _used(result.events)
    claims: list[tuple[int, Fault]] = []
    for position, event in enumerate(result.events):
        match event:
            case UserMessage():
                yield {"kind": "user", "text": event.content, "language": event.language}
            case ActProposed():
                act = acts.get(position)
                calls = None if act is None else _calls(act)
                claims = [] if act is None else [it for it in act.faults if _is_claim(it[1])]
                yield _act_step(event, act, calls)
            case CallCleared():
                names[event.call_id] = event.name
            case CallRejected():
                names[event.call_id] = event.name
                yield _refused(event)
            case CallObserved():
                yield _observed(event, names.get(event.call_id, ""), used)
            case Replied():
                faults = [it for it in claims if it[1].name == event.act]
                yield {
                    "kind": "reply",
                    "act": event.act,
                    "parts": as_json(mark_text(event.text, faults)),
                    "faults": [index for index, _ in faults],
                }
            case _:
                yield from _rest(event)


def _rest(event: Event) -> Iterator[Json]:
    match event:
        case ApprovalRequested():
            total = event.total
            yield {
                "kind": "approval",
                "text": event.summary,
                "total": f"{total.amount} {total.currency}" if total else "",
            }
        case ApprovalDecided():
            yield {"kind": "decided", "decision": event.decision}
        case ApprovalVoided():
            yield {"kind": "void", "reason": event.reason}
        case TurnEnded(reason="exhausted" | "failed"):
            yield {"kind": "ended", "reason": event.reason}
        case _:
            return


def _acts(result: Result) -> Mapping[int, _Act]:
    """The judged acts by the position of their event."""
    places = sorted(proposal.event for proposal in result.proposals)
    acts: dict[int, _Act] = {}
    numbered = 0
    for proposal in result.proposals:
        faults = list(enumerate(proposal.faults, numbered))
        numbered += len(proposal.faults)
        if not 0 <= proposal.event < len(result.events):
            continue
        event = result.events[proposal.event]
        if not isinstance(event, ActProposed):
            continue
        until = next((at for at in places if at > proposal.event), len(result.events))
        followers = result.events[proposal.event + 1 : until]
        acts[proposal.event] = _Act(event, proposal, followers, faults)
    return acts


def _act_step(event: ActProposed, act: _Act | None, calls: Sequence[Json] | None) -> Json:
    faults = [it for it in act.faults if not _is_claim(it[1])] if act else []
    shown = (
        {"calls": calls} if calls is not None else {"parts": as_json(mark_text(event.text, faults))}
    )
    return {
        "kind": "act",
        "judged": act.proposal.kind if act else "",
        "tokens": [event.prompt_tokens, event.cached_tokens, event.completion_tokens],
        "seconds": round(event.seconds, 3),
        "faults": [index for index, _ in faults],
        **shown,
    }


def _calls(act: _Act) -> list[Json] | None:
    """The calls of an act, marked, each with its verdict; None where it cannot be read as calls."""
    calls = read_calls(act.event.text)
    if calls is None:
        return None
    verdicts = [e for e in act.followers if isinstance(e, CallCleared | CallRejected)]
    shown: list[Json] = []
    for position, (name, arguments) in enumerate(calls):
        faults = [it for it in act.faults if it[1].call == position and not _is_claim(it[1])]
        marked_name, marked_arguments = mark_call(name, arguments, faults)
        verdict = verdicts[position] if position < len(verdicts) else None
        same = verdict is not None and verdict.name == name
        shown.append(
            {
                "id": verdict.call_id if verdict and same else "",
                "name": as_json(marked_name),
                "arguments": as_json(marked_arguments),
                "effect": verdict.effect if isinstance(verdict, CallCleared) and same else "",
                "refused": isinstance(verdict, CallRejected) and same,
            }
        )
    return shown


def read_calls(text: str) -> list[tuple[str, Any]] | None:
    """Names and arguments of an act's calls, one a line; None where a line is no such call."""
    calls: list[tuple[str, Any]] = []
    for line in filter(str.strip, text.split("\n")):
        try:
            value: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        if not is_object(value) or not isinstance(value.get("name"), str):
            return None
        if set(value) != {"name", "arguments"}:
            return None
        calls.append((value["name"], value["arguments"]))
    return calls or None


def _refused(event: CallRejected) -> Json:
    return {
        "kind": "refused",
        "id": event.call_id,
        "name": event.name,
        "rejections": [asdict(rejection) for rejection in event.rejections],
    }


def _observed(event: CallObserved, name: str, used: frozenset[str]) -> Json:
    things = list(objects(event.result)) if event.ok else []
    rows = [row_text(thing, {}) for thing in things[:_SHOWN_ROWS]]
    return {
        "kind": "observed",
        "id": event.call_id,
        "name": name,
        "ok": event.ok,
        "status": event.status,
        "code": event.code,
        "read_back": event.read_back,
        "count": len(things),
        "rows": [row for row in rows if row],
        "result": cut(event.result, used),
    }


def cut(value: Any, used: frozenset[str]) -> Any:
    """A response short enough to read: the first things of each list and those that `used` names.

    What was left out is said in its place.
    """
    if is_object(value):
        return {key: cut(item, used) for key, item in value.items()}
    if is_array(value):
        kept = [
            cut(item, used)
            for position, item in enumerate(value)
            if position < _SHOWN_ITEMS or any(leaf in used for _, leaf in leaves(item))
        ]
        left = len(value) - len(kept)
        return [*kept, f"… {left} more"] if left else kept
    if isinstance(value, str) and len(value) > _SHOWN_TEXT:
        return f"{value[:_SHOWN_TEXT]}… ({len(value)} characters)"
    return value


def _used(events: Sequence[Event]) -> frozenset[str]:
    """Texts of proposed arguments that are long enough to be ids."""
    calls = [
        call
        for event in events
        if isinstance(event, ActProposed)
        for call in read_calls(event.text) or ()
    ]
    return frozenset(
        value
        for _, arguments in calls
        for _, value in leaves(arguments)
        if isinstance(value, str) and len(value) >= _SHORTEST_ID
    )


def _is_claim(fault: Fault) -> bool:
    """Whether a fault stands in a reply: one in the model's own prose has no reply's name."""
    return fault.code == "unbacked_claim" and bool(fault.name)


def as_json(parts: Parts) -> list[Any]:
    """Parts as the page reads them: a bare string where no fault covers it."""
    return [
        [part.text, list(part.faults), part.absent] if part.faults else part.text for part in parts
    ]
