"""Results made by hand, so that every figure can be worked out by hand."""

from typing import Any

from training.benchmark.records import Asking, Cost, Fault, FaultCode, Proposal, Result

BOOKED, FAILED = (), ("no order",)


def attempt(
    task: str = "t1",
    *proposals: Proposal,
    contestant: str = "base",
    mode: str = "free",
    solved: bool = True,
    trial: int = 0,
    suite: str = "booking",
    **more: Any,
) -> Result:
    """One attempt at a task, solved unless told otherwise."""
    fields: dict[str, Any] = {
        "template": "search-book",
        "categories": ("choice",),
        "language": "en",
        "asking": Asking(),
        "cost": Cost(),
        **more,
    }
    return Result(
        suite=suite,
        task=task,
        contestant=contestant,
        mode=mode,
        trial=trial,
        unsolved=BOOKED if solved else FAILED,
        proposals=proposals,
        **fields,
    )


def called(*calls: tuple[FaultCode, ...], event: int = 2, **more: Any) -> Proposal:
    """A proposal of as many calls as are given, each with these faults."""
    faults = tuple(
        Fault(code, 0, number, "search_flights", "/origin", "made up")
        for number, codes in enumerate(calls)
        for code in codes
    )
    return Proposal(event, "called", ("search_flights",) * len(calls), faults, **more)


def replied(*codes: FaultCode) -> Proposal:
    """A reply with these faults, of its act or its text."""
    faults = tuple(Fault(code, 0, 0, "answer", "#0-6", "says so") for code in codes)
    return Proposal(2, "abstained", ("answer",), faults)


def broken() -> Proposal:
    """An act that cannot be read."""
    return Proposal(2, "malformed", (), (Fault("malformed", 0, 0, "", "", "no JSON"),))
