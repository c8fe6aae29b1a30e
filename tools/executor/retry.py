"""When a read is tried again, and how long it waits before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter, after "Exponential Backoff And Jitter" (AWS, 2015).

    At most `attempts` sends in all; before attempt n + 1 a pause drawn evenly from zero to
    ``min(cap_s, base_s * 2**n)``. A `Retry-After` is waited for in full, unless it is longer than
    `retry_after_cap_s`: then the read is given up at once, as a sooner try would be refused.
    """

    attempts: int = 3
    base_s: float = 0.1
    cap_s: float = 2.0
    retry_after_cap_s: float = 5.0

    def pause(self, attempt: int, draw: float, retry_after: float | None) -> float | None:
        """Seconds to wait after attempt number `attempt` (from 0), None to give up.

        `draw` is a random number from 0 to 1.
        """
        if attempt + 1 >= self.attempts:
            return None
        if retry_after is None:
            return draw * min(self.cap_s, self.base_s * 2**attempt)
        return retry_after if retry_after <= self.retry_after_cap_s else None


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3), never negative.

    `value` is a number of seconds or an HTTP date; anything else, and None, is None.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())
