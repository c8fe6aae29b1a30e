"""How long a read waits before it is tried again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.executor.retry import RetryPolicy, retry_after_seconds

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


@given(attempt=st.integers(0, 30), draw=st.floats(0, 1))
def test_a_pause_lies_between_nothing_and_the_cap(attempt: int, draw: float) -> None:
    pause = RetryPolicy(attempts=100, base_s=0.1, cap_s=2).pause(attempt, draw, None)
    assert pause is not None
    assert 0 <= pause <= min(2, 0.1 * 2**attempt)


def test_after_the_last_attempt_there_is_none() -> None:
    policy = RetryPolicy(attempts=2)
    assert policy.pause(0, 1, None) == policy.base_s
    assert policy.pause(1, 1, None) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("Mon, 01 Mar 2027 12:01:00 GMT", 60),
        ("Mon, 01 Mar 2027 11:00:00 GMT", 0),
        ("-3", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@given(st.text(max_size=40))
def test_no_header_value_is_an_error(value: str) -> None:
    seconds = retry_after_seconds(value, NOW)
    assert seconds is None or seconds >= 0
