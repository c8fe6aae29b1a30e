"""Exactly once: what is sent, read back and waited for, for each way a write may go."""

from typing import Any

import pytest

from agent.writes import execute_write
from tests.agent.shop import DOCUMENT
from tools.catalog import Catalog
from tools.openapi import read_openapi
from tools.outcome import Failure, Success, Unknown

CATALOG = Catalog(read_openapi(DOCUMENT, api="shop").tools)
DONE = Success(201, {"order_id": "or_0"})
FOUND = Success(200, {"order_id": "or_0"})
LOST = Unknown("reset")
STILL_AT_WORK = Unknown("the first request is still being worked on")


def failure(code: str) -> Failure:
    return Failure(409, code, retryable=False, problem={"code": code})


class Wire:
    """Plays outcomes of sends and of reading back; notes the order, the keys and the pauses."""

    def __init__(self, sends: list[Any], reads: list[Any]) -> None:
        self.sends, self.reads = sends, reads
        self.log: list[str] = []
        self.keys: set[str] = set()

    async def execute(
        self, tool: Any, arguments: Any, *, headers: Any, idempotency_key: str
    ) -> Any:
        self.log.append("send")
        self.keys.add(idempotency_key)
        return self.sends.pop(0)

    async def read_back(
        self, tool: Any, arguments: Any, *, catalog: Any, headers: Any, idempotency_key: str
    ) -> Any:
        self.log.append("read")
        self.keys.add(idempotency_key)
        return self.reads.pop(0)

    async def sleep(self, seconds: float) -> None:
        self.log.append("wait")


async def write(wire: Wire, **about: bool) -> Any:
    return await execute_write(
        wire,  # type: ignore[arg-type]
        CATALOG,
        CATALOG.get("buy_item"),
        {"item_id": "it_aa"},
        headers={},
        idempotency_key="key",
        sleep=wire.sleep,
        **about,
    )


@pytest.mark.parametrize(
    ("sends", "reads", "log", "outcome"),
    [
        ([DONE], [], "send", (DONE, False)),
        ([failure("sold_out")], [], "send", (failure("sold_out"), False)),
        ([LOST], [FOUND], "send read", (FOUND, True)),
        ([LOST], [LOST], "send read", (LOST, True)),
        ([LOST, DONE], [None], "send read wait send", (DONE, False)),
        ([LOST] * 3, [None] * 3, "send read wait send read wait send read", (LOST, False)),
        ([failure("rate_limited"), DONE], [], "send wait send", (DONE, False)),
        ([failure("unavailable")] * 3, [], "send wait send wait send",
         (failure("unavailable"), False)),
        ([failure("idempotency_key_in_flight"), LOST], [FOUND], "send wait send read",
         (FOUND, True)),
        # The first request is still at work: nobody knows yet, and no other key may be used.
        ([LOST, *[failure("idempotency_key_in_flight")] * 2], [None],
         "send read wait send wait send", (STILL_AT_WORK, False)),
        ([Success(201, None)], [FOUND], "send read", (FOUND, True)),
        ([Success(201, {"order_id": 5})], [FOUND], "send read", (FOUND, True)),
        ([Success(201, None)], [None], "send read", (Success(201, None), False)),
        ([Success(201, None)], [LOST], "send read", (Success(201, None), False)),
    ],
)  # fmt: skip
async def test_a_write(sends: list[Any], reads: list[Any], log: str, outcome: Any) -> None:
    wire = Wire([*sends], [*reads])
    assert await write(wire) == outcome
    assert " ".join(wire.log) == log
    assert wire.keys == {"key"}


@pytest.mark.parametrize(
    ("sends", "reads", "log", "outcome"),
    [
        ([], [FOUND], "read", (FOUND, True)),
        ([], [LOST], "read", (LOST, True)),
        ([DONE], [None], "read wait send", (DONE, False)),
    ],
)
async def test_a_write_that_an_earlier_process_may_have_sent_is_looked_up_first(
    sends: list[Any], reads: list[Any], log: str, outcome: Any
) -> None:
    wire = Wire([*sends], [*reads])
    assert await write(wire, sent_before=True) == outcome
    assert " ".join(wire.log) == log


@pytest.mark.parametrize(
    ("reads", "outcome"), [([FOUND], (FOUND, True)), ([LOST], (LOST, True)), ([None], None)]
)
async def test_without_the_persons_word_a_write_is_only_looked_up(
    reads: list[Any], outcome: Any
) -> None:
    wire = Wire([], [*reads])
    found = await write(wire, sent_before=True, may_send=False)
    if outcome is None:
        assert isinstance(found[0], Failure)
        assert found[0].code == "not_sent"
    else:
        assert found == outcome
    assert wire.log == ["read"]
