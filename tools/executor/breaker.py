"""A circuit breaker: a host that keeps failing is left alone for a while (Nygard, Release It!)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """`failures` in a row open the circuit for `open_s` seconds; then one call may probe."""

    failures: int = 5
    open_s: float = 5.0


class Breaker:
    """The circuit of one host. `clock` gives monotonic seconds.

    Every `admit` that returned True is followed by exactly one `succeeded`, `failed` or
    `abandoned` (a call that was cancelled and has shown nothing).
    """

    def __init__(self, policy: BreakerPolicy, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    def admit(self) -> bool:
        """Whether a call may go out now."""
        if self._opened_at is None:
            return True
        if self._probing or self._clock() - self._opened_at < self._policy.open_s:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """The host answered: the circuit is closed."""
        self._failures = 0
        self._opened_at = None
        self._probing = False

    def failed(self) -> None:
        """The host did not answer, or said that it cannot serve."""
        self._failures += 1
        if self._probing or self._failures >= self._policy.failures:
            self._opened_at = self._clock()
        self._probing = False

    def abandoned(self) -> None:
        """The call ended without an answer that says anything about the host."""
        self._probing = False
