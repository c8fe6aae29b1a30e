"""Sending one approved write so that it takes place exactly once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from tools.catalog import Catalog
from tools.executor import Executor
from tools.outcome import Failure, Outcome, Success, Unknown
from tools.spec import ToolSpec
from tools.validation import violations

_ATTEMPTS = 3
_IN_FLIGHT = "idempotency_key_in_flight"
_WAITS_OUT = frozenset({"rate_limited", "unavailable", _IN_FLIGHT})
_PAUSE_S = 0.5
_NOT_SENT = Failure(
    0, "not_sent", retryable=False, problem={"title": "It did not take place", "code": "not_sent"}
)


async def execute_write(
    executor: Executor,
    catalog: Catalog,
    tool: ToolSpec,
    arguments: Mapping[str, Any],
    *,
    headers: Mapping[str, str],
    idempotency_key: str,
    sleep: Callable[[float], Awaitable[None]],
    sent_before: bool = False,
    may_send: bool = True,
) -> tuple[Outcome, bool]:
    """The outcome of a write, and whether it was learnt by reading back.

    Never sent blind a second time: after a lost answer the outcome is read back first, and only
    when the API shows that nothing took place is the write sent again, under the same idempotency
    key (RFC 9110 section 9.2.2 leaves this to the application). `sent_before` says that an earlier
    process may have sent it, `may_send` whether the person's word for it still holds: without it a
    write that did not take place stays so. `Unknown` when even reading back got no answer, or
    when the API is at work on the first request to the last.
    """
    read_back = partial(
        executor.read_back,
        tool,
        arguments,
        catalog=catalog,
        headers=headers,
        idempotency_key=idempotency_key,
    )
    outcome: Outcome = Unknown("an earlier process may have sent it")
    for attempt in range(_ATTEMPTS):
        if not sent_before:
            outcome = await executor.execute(
                tool, arguments, headers=headers, idempotency_key=idempotency_key
            )
        sent_before = False
        if isinstance(outcome, Unknown):
            found = await read_back()
            if found is not None:
                return found, True
            if not may_send:
                return _NOT_SENT, True
        elif isinstance(outcome, Success) and violations(tool, outcome.body):
            # It took place, and the answer does not say what was done as the document promises.
            found = await read_back()
            return (found, True) if isinstance(found, Success) else (outcome, False)
        elif not (isinstance(outcome, Failure) and outcome.code in _WAITS_OUT):
            return outcome, False
        if attempt + 1 < _ATTEMPTS:
            await sleep(_PAUSE_S * 2**attempt)
    if isinstance(outcome, Failure) and outcome.code == _IN_FLIGHT:
        # The first request may succeed yet: not sent again under another key.
        return Unknown("the first request is still being worked on"), False
    return outcome, False
