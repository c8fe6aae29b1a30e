"""How much of its time a run has used, over all its sittings."""

from __future__ import annotations

from time import monotonic


class StopWatch:
    """Counts seconds between `run` and `stop`; begins at what earlier sittings took."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._since: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds so far."""
        running = monotonic() - self._since if self._since is not None else 0.0
        return self._seconds + running

    def run(self) -> None:
        """The clock runs, if it did not already."""
        if self._since is None:
            self._since = monotonic()

    def stop(self) -> None:
        """The clock stands."""
        self._seconds = self.elapsed
        self._since = None


class Budget(StopWatch):
    """The time that a run may take, evaluation included; no limit where `minutes` is None."""

    def __init__(self, minutes: float | None = None, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self._limit = 60 * minutes if minutes else None

    @property
    def spent(self) -> float:
        """The share of it that is used up; 0 without a limit."""
        return self.elapsed / self._limit if self._limit else 0.0
