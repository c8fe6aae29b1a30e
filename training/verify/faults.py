"""What a gate found: the reason, which is counted, and the detail, which is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a chain does not pass. `reason` is ``<gate>/<what>``: ``execution/failing_call``."""

    reason: str
    detail: str = ""
