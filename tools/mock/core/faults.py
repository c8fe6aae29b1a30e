"""Faults on demand: scripted one-shots and seeded rates, kept with the sandbox.

Transport faults (`rate_limited`, `unavailable`, `slow`, `lost_response`) can hit any operation.
Domain faults (`price_changed`, `sold_out`, `expired`) change the world, and hit only the
operations that declare them.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tools.mock.core import randomness
from tools.mock.core.schemas import Request


class Fault(StrEnum):
    """What goes wrong."""

    PRICE_CHANGED = "price_changed"
    SOLD_OUT = "sold_out"
    EXPIRED = "expired"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    SLOW = "slow"
    LOST_RESPONSE = "lost_response"


DOMAIN_FAULTS = frozenset({Fault.PRICE_CHANGED, Fault.SOLD_OUT, Fault.EXPIRED})
TRANSPORT_FAULTS = frozenset(Fault) - DOMAIN_FAULTS


class OneShot(Request):
    """A fault that hits the next call of an operation, once."""

    operation: Annotated[
        str, Field(max_length=64, description="operationId, of this service or another.")
    ]
    fault: Fault


class Faults(Request):
    """What goes wrong in a sandbox."""

    once: Annotated[list[OneShot], Field(default_factory=list[OneShot], max_length=100)]
    rates: Annotated[
        dict[Fault, Annotated[float, Field(ge=0, le=1, strict=True)]],
        Field(
            default_factory=dict[Fault, float],
            description="How often each fault hits, as a share of the calls that it can hit.",
        ),
    ]

    def take(self, operation: str, possible: Set[Fault]) -> tuple[Fault | None, Faults]:
        """The first scripted fault of this call, and the script without it."""
        for position, shot in enumerate(self.once):
            if shot.operation == operation and shot.fault in possible:
                rest = [*self.once[:position], *self.once[position + 1 :]]
                return shot.fault, Faults(once=rest, rates=self.rates)
        return None, self

    def drawn(self, seed: int, operation: str, number: int, possible: Set[Fault]) -> Fault | None:
        """The fault that the rates draw for the `number`-th call of an operation."""
        left = randomness.fraction(seed, "fault", operation, number)
        for fault in Fault:
            rate = self.rates.get(fault, 0.0) if fault in possible else 0.0
            if left < rate:
                return fault
            left -= rate
        return None


def impossible(faults: Faults, operations: Mapping[str, Set[Fault]]) -> str | None:
    """Why a scripted fault could never hit, or None. Operations of other services pass."""
    for shot in faults.once:
        possible = operations.get(shot.operation)
        if possible is not None and shot.fault not in possible:
            names = ", ".join(sorted(possible))
            return f"{shot.fault} cannot hit {shot.operation}; it can be hit by {names}"
    return None
