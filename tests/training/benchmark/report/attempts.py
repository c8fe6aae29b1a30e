"""Attempts made by hand, with logs in which every fault has its place."""

from __future__ import annotations

from typing import Any

import orjson

from agent.calls import Rejection
from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalRequested,
    CallCleared,
    CallObserved,
    CallRejected,
    ConversationStarted,
    Event,
    Money,
    Replied,
    TurnEnded,
    UserMessage,
    WriteIntended,
)
from training.benchmark.records import Asking, Cost, Fault, FaultCode, Proposal, Result

NOW = "2026-11-22T09:00:00+00:00"
ATTACK = "</script><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'//"

OFFERS = {
    "data": [
        {"offer_id": f"off_{n:06}", "total": {"amount": f"{90 + n}.00", "currency": "EUR"}}
        for n in range(8)
    ]
}
SEARCH = {"origin": "IST", "destination": "LIS", "departure_date": "2027-03-03"}
BOOK = {"offer_id": "off_000005", "passengers": [{"given_name": "Ada", "born_on": "1990-12-10"}]}


def proposed(name: str, arguments: Any) -> ActProposed:
    text = orjson.dumps({"name": name, "arguments": arguments}).decode()
    return ActProposed(text, 1200, 900, 40, 20, 0.25)


def log(first: ActProposed, said: str = "A flight to Lisbon on 3 March", reply: str = "Booked!"):
    """A search that is refused and mended, a booking that is approved, and a reply."""
    fault = Rejection("unknown_parameter", "/tier", "there is no tier")
    events: tuple[Event, ...] = (
        ConversationStarted("s1", NOW),
        UserMessage(said, NOW, "en"),
        first,
        CallRejected("c1", "search_flights", {**SEARCH, "tier": "gold"}, (fault,)),
        proposed("search_flights", SEARCH),
        CallCleared("c2", "search_flights", SEARCH, "read", {}),
        CallObserved("c2", ok=True, status=200, result=OFFERS),
        proposed("book_flight", BOOK),
        CallCleared("c3", "book_flight", BOOK, "write", {}),
        ApprovalRequested("a1", "d", ("c3",), "Book it for €95?", Money("95.00", "EUR"), {}, None),
        TurnEnded("awaiting_approval"),
        ApprovalDecided("a1", "approve", NOW),
        WriteIntended("c3", "k1"),
        CallObserved("c3", ok=False, status=409, result={"detail": "gone"}, code="sold_out"),
        Replied("finish", {"topic": "done"}, reply, "en"),
        TurnEnded("replied"),
    )
    return events


def fault(code: FaultCode, pointer: str, *, proposal: int = 0, name: str = "search_flights"):
    return Fault(code, proposal, 0, name, pointer, f"{code} there")


def attempt(
    task: str = "t1",
    *faults: Fault,
    contestant: str = "base",
    mode: str = "free",
    events: tuple[Event, ...] | None = None,
    solved: bool = False,
    **more: Any,
) -> Result:
    """An attempt with the log above; the faults are of its first proposal unless they say else."""
    first = proposed("search_flights", {**SEARCH, "tier": "gold"})
    events = log(first) if events is None else events
    places = [at for at, event in enumerate(events) if isinstance(event, ActProposed)]
    proposals = tuple(
        Proposal(at, "called", ("call",), tuple(f for f in faults if f.proposal == number), 3)
        for number, at in enumerate(places)
    )
    fields: dict[str, Any] = {
        "suite": "booking", "template": "search>book", "categories": ("one_way", "price"),
        "language": "en", "trial": 0, "cost": Cost(3600, 2700, 120, 60, 0.75, 3, 2, 1),
        "asking": Asking(2, 1, 1), **more,
    }  # fmt: skip
    return Result(
        task=task,
        contestant=contestant,
        mode=mode,
        unsolved=() if solved else ("no confirmed flight",),
        proposals=proposals,
        events=events,
        **fields,
    )


def run() -> list[Result]:
    """Two tasks, one model in three modes, one baseline."""
    made_up = fault("unknown_parameter", "/tier")
    claim = fault("unbacked_claim", "#0-6", proposal=2, name="finish")
    clean = log(proposed("search_flights", SEARCH))
    return [
        attempt("t1", made_up, claim),
        attempt("t2", made_up, language="de", categories=("return",)),
        attempt("t1", mode="schema", events=clean, solved=True),
        attempt("t2", claim, mode="schema", events=clean, language="de", categories=("return",)),
        attempt("t1", mode="grounded", events=clean, solved=True),
        attempt("t2", mode="grounded", events=clean, language="de", categories=("return",)),
        attempt("t1", contestant="gold replay", mode="grounded", events=clean, solved=True),
        attempt("t2", contestant="gold replay", mode="grounded", events=clean, solved=True,
                language="de", categories=("return",)),
    ]  # fmt: skip
