"""Reads an event log against its promises, from the log alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.acts import reply_acts
from agent.approval import Quoted, digest
from agent.calls import Cleared, ProposedCall
from agent.clearance import Policy, clear, signature
from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    CallCleared,
    CallObserved,
    CallRejected,
    Event,
    WriteIntended,
)
from agent.evidence.reader import Reader
from agent.fold import Fold
from agent.json_values import is_object
from agent.state import State
from tools.catalog import Catalog


@dataclass(slots=True)
class Audit:
    """Counts over one log. The second and the fourth must be zero."""

    executed: int = 0
    executed_though_rejected: int = 0
    writes: int = 0
    writes_unapproved: int = 0
    rejected: int = 0
    world_without_log: int = 0


def audit(
    events: Sequence[Event], catalog: Catalog, written: Sequence[Mapping[str, Any]] = ()
) -> Audit:
    """Clear every executed call again, in the state it was cleared in, and check every write.

    A write is approved when a person approved a request that names the call, after it was asked
    and with the digest of exactly these arguments. `written` are the orders that the APIs list:
    each must be the result of an executed write in the log.
    """
    fold = Fold(catalog, Reader(catalog.specs))
    acts = {act.name: act for act in (*catalog.specs, *reply_acts(catalog.specs))}
    state = State()
    found = Audit()
    clean: dict[str, bool] = {}
    requested: dict[str, ApprovalRequested] = {}
    approved: set[str] = set()
    for event in events:
        match event:
            case CallCleared():
                policy = Policy(state.clock, state.executed)
                call = ProposedCall(event.call_id, event.name, event.arguments)
                verdict = clear(call, acts, state.evidence, policy)
                clean[event.call_id] = isinstance(verdict, Cleared)
            case CallRejected():
                found.rejected += 1
            case ApprovalRequested(approval_id=approval_id):
                requested[approval_id] = event
            case ApprovalDecided(approval_id=approval_id, decision="approve"):
                approved |= _approved(requested[approval_id], state, catalog)
            case WriteIntended(call_id=call_id):
                found.writes += 1
                call = state.calls[call_id]
                name = signature(catalog.get(call.name), call.arguments)
                found.writes_unapproved += f"{call_id} {name}" not in approved
            case CallObserved(call_id=call_id):
                found.executed += 1
                found.executed_though_rejected += not clean.get(call_id, False)
            case _:
                pass
        state = fold.apply(state, event)
    results = [call.result for call in state.calls.values() if call.status == "executed"]
    found.world_without_log = sum(not _told(one, results) for one in written)
    return found


def _approved(request: ApprovalRequested, state: State, catalog: Catalog) -> set[str]:
    """Calls with their signatures, where the digest still binds exactly them."""
    calls = [state.calls[call_id] for call_id in request.call_ids]
    writes = [Quoted(call.id, catalog.get(call.name), call.arguments) for call in calls]
    if digest(writes, request.totals, request.expires_at) != request.digest:
        return set()
    return {f"{w.call_id} {signature(w.tool, w.arguments)}" for w in writes}


def _told(written: Mapping[str, Any], results: Sequence[Any]) -> bool:
    reference = written["booking_reference"]
    return any(is_object(r) and r.get("booking_reference") == reference for r in results)
