"""The page's pure modules, called in the browser that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from agent.calls import Provenance
from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    CallCleared,
    CallObserved,
    ConversationStarted,
    Event,
    Money,
    Replied,
    TurnEnded,
    UserMessage,
    encode,
)

from . import world

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def page(still_page: Page) -> Page:
    return still_page


READ_EVENTS = """async (chunks) => {
  const { readEvents } = await import("/static/js/sse.js");
  const encoder = new TextEncoder();
  const stream = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
  const events = [];
  for await (const event of readEvents(stream)) events.push([event.type, event.data, event.id]);
  return events;
}"""

FOLD = """async (events) => {
  const { foldLog } = await import("/static/js/model.js");
  const { turns, calls, approvals, sandbox } = foldLog("cnv", events);
  return { turns, calls: [...calls.values()], approvals: [...approvals.values()], sandbox };
}"""


@pytest.mark.parametrize(
    ("chunks", "events"),
    [
        (["data: a\n\n"], [["message", "a", ""]]),
        (["event: call\nid: 3\ndata: {}\n\n"], [["call", "{}", "3"]]),
        (
            ["event: ca", "ll\r", "\ndata: 1\r\n\r", "\ndata: 2\r\n\r\n"],
            [["call", "1", ""], ["message", "2", ""]],
        ),
        ([": keep-alive\n\ndata:x\ndata: y\n\n"], [["message", "x\ny", ""]]),
        (["id: 7\ndata: a\n\ndata: b\n\n"], [["message", "a", "7"], ["message", "b", "7"]]),
        (["data: cut off"], []),
    ],
)
async def test_event_stream_is_read_as_the_standard_says(
    page: Page, chunks: list[str], events: list[list[str]]
) -> None:
    assert await page.evaluate(READ_EVENTS, chunks) == events


BOUGHT = CallCleared(
    "c1",
    "book_flight",
    {"offer_id": "off_1"},
    "write",
    {"/offer_id": Provenance("result", "c0/data/0/offer_id")},
)
ASKED = ApprovalRequested("a3", "d", ("c1",), "Book?", Money("10.00", "EUR"), {}, world.EXPIRES)
OPENING: list[Event] = [
    ConversationStarted("w1", world.NOW), UserMessage("book it", world.NOW, "en"), BOUGHT, ASKED,
    TurnEnded("awaiting_approval"),
]  # fmt: skip


async def fold(page: Page, *events: Event) -> dict[str, Any]:
    log = [orjson.loads(encode(event)) for event in (*OPENING, *events)]
    return await page.evaluate(FOLD, log)


async def test_fold_shows_a_pending_approval(page: Page) -> None:
    folded = await fold(page)
    assert folded["sandbox"] == "w1"
    assert [turn["status"] for turn in folded["turns"]] == ["done"]
    assert folded["approvals"][0]["status"] == "pending"
    assert folded["calls"][0]["status"] == "awaiting_approval"


async def test_fold_of_a_decision_opens_a_turn_that_runs_until_it_ends(page: Page) -> None:
    decided = ApprovalDecided("a3", "approve", world.NOW)
    running = await fold(page, decided)
    assert running["turns"][1]["status"] == "running"
    assert running["turns"][1]["decision"] == "approve"
    observed = CallObserved("c1", ok=True, status=201, result={"order_id": "o"})
    over = await fold(
        page, decided, observed, Replied("finish", {}, "Done", "en"), TurnEnded("replied")
    )
    assert over["turns"][1]["status"] == "done"
    assert over["turns"][1]["callIds"] == ["c1"]
    assert over["calls"][0]["status"] == "executed"
    assert over["approvals"][0]["status"] == "approved"


async def test_fold_of_an_approval_given_too_late_is_a_turn_of_its_own(page: Page) -> None:
    late = (
        ApprovalVoided("a3", "expired"),
        Replied("expired", {}, "Too late", "en"),
        TurnEnded("replied"),
    )
    folded = await fold(page, *late)
    assert folded["approvals"][0]["status"] == "expired"
    assert [turn["user"] for turn in folded["turns"]] == ["book it", None]
    assert folded["turns"][1]["replies"][0]["text"] == "Too late"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ('money({amount: "1234567890.10", currency: "EUR"})', "€1,234,567,890.10"),
        ('money({amount: "100", currency: "zz"})', "100 zz"),
        ('wallTime("2027-03-03T08:10:00+13:00")', "08:10"),
        ('day("2027-03-03T23:59:00-11:00")', "Wed, 3 Mar 2027"),
        ('days("2027-03-03", "2027-03-05")', "Wed, 3 Mar – Fri, 5 Mar 2027"),
        ('days(undefined, "soon")', "soon"),
        ('duration("PT26H5M")', "26 h 5 min"),
        ('duration("P1DT2H")', "26 h"),
        ("duration(45)", "45 min"),
        ('duration("soon")', ""),
        ("countdown(65_000)", "1:05"),
        ("countdown(-5)", "0:00"),
        ("countdown(3 * 86_400_000)", "3 days"),
        ('operation("frob_the_knob")', "Frob the knob"),
    ],
)
async def test_values_are_written_for_people(page: Page, call: str, text: str) -> None:
    code = f'async () => {{ const f = await import("/static/js/format.js"); return f.{call}; }}'
    assert await page.evaluate(code) == text


async def test_days_between_local_times_ignore_the_offset(page: Page) -> None:
    code = """async () => {
      const { dayShift } = await import("/static/js/format.js");
      return [
        dayShift("2027-03-03T20:15:00+03:00", "2027-03-04T07:50:00+01:00"),
        dayShift("2027-03-03T00:10:00+13:00", "2027-03-02T20:00:00-10:00"),
        dayShift("2027-03-28", "2027-03-29"),
      ];
    }"""
    assert await page.evaluate(code) == [1, -1, 1]
