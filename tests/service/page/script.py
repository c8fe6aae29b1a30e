"""The double's agent: reads a message for a few words and answers with the events of a turn.

It stands in for the agent in tests of the page only. It speaks in the real event types, so that
what the page folds is what the product writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from agent.calls import Provenance, Rejection
from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    CallCleared,
    CallObserved,
    CallRejected,
    Event,
    Money,
    PlanMade,
    PlanStep,
    Replied,
    TurnEnded,
    UserMessage,
    WriteIntended,
)
from agent.view import pending_approval

from . import world

Json = dict[str, Any]
Decision = Literal["approve", "decline"]


def says(text: str, cards: Sequence[Json] = ()) -> Iterator[Event]:
    yield Replied("present", {}, text, "en", tuple(cards))
    yield TurnEnded("replied")


class Script:
    """The events that follow a message or a decision, given the log before it."""

    def __init__(self, log: Sequence[Event]) -> None:
        self._log = log
        self._calls = sum(isinstance(event, CallCleared | CallRejected) for event in log)
        self._messages = sum(isinstance(event, UserMessage) for event in log) + 1

    def message(self, text: str) -> Iterator[Event]:
        yield UserMessage(text, world.NOW, "en")
        if text.lower() == "yes" and pending_approval(self._log):
            yield from self.decide("approve")
            return
        waiting = pending_approval(self._log)
        if waiting is not None:
            yield ApprovalVoided(waiting.approval_id, "changed")
        chosen = self._chosen(text)
        if chosen and "@" in text:
            yield from self._ask_approval(text, chosen)
        elif "Cancel" in text:
            yield from self._ask_cancellation()
        elif re.search(r"\b(off|rat)_\w{8}", text):
            yield from says("Who travels? I need the name and an e-mail address.")
        elif "hotel" in text.lower():
            yield from self._hotels(text)
        elif "flight" in text.lower():
            yield from self._flights(text)
        else:
            yield from says(f"You said: {text}")

    def decide(self, decision: Decision) -> Iterator[Event]:
        asked = pending_approval(self._log)
        assert asked is not None
        yield ApprovalDecided(asked.approval_id, decision, world.NOW)
        if decision == "decline":
            yield from says("All right, nothing was booked.")
            return
        write = self._call(asked.call_ids[0])
        yield WriteIntended(write.call_id, "key")
        arguments = write.arguments
        if write.name == "confirm_flight_cancellation":
            body = world.CANCELLATION
            yield CallObserved(write.call_id, ok=True, status=200, result=body)
            yield from says("Your flight is cancelled.")
            return
        if write.name == "book_flight":
            body = world.order(arguments["offer_id"], arguments["passengers"])
            card = {"kind": "flight_order", "data": body}
        else:
            body = world.booking(arguments["rate_id"], arguments["guests"])
            card = {"kind": "hotel_booking", "data": body}
        yield CallObserved(write.call_id, ok=True, status=201, result=body)
        yield from says(f"Booked. Your reference is {body['booking_reference']}.", [card])

    def _flights(self, text: str) -> Iterator[Event]:
        yield from self._rejected(text)
        yield from self._read("find_places", {"query": "Istanbul"}, text, world.PLACES)
        wanted = {"origin": "IST", "destination": "BER", "departure_date": world.DATE, "adults": 1}
        body = {"data": world.OFFERS, "meta": {"next_cursor": None}}
        yield from self._read("search_flights", wanted, text, body)
        cards = [{"kind": "flight_offer", "data": item} for item in world.OFFERS]
        yield from says(
            "I found 3 flights from Istanbul to Berlin on Wednesday 3 March 2027.", cards
        )

    def _hotels(self, text: str) -> Iterator[Event]:
        wanted = {"city_code": "BER", "check_in_date": world.DATE, "check_out_date": "2027-03-04"}
        yield from self._read("search_hotels", wanted, text, {"data": world.HOTELS})
        cards = [{"kind": "hotel", "data": item} for item in world.HOTELS]
        yield from says("Two hotels in Berlin have a room for you.", cards)

    def _rejected(self, text: str) -> Iterator[Event]:
        fault = Rejection(
            "ungrounded_value", "/departure_date", "nobody said 2027-03-30; said: 2027-03-03"
        )
        arguments = {"origin": "IST", "destination": "BER", "departure_date": "2027-03-30"}
        yield CallRejected(self._next(), "search_flights", arguments, (fault,))

    def _read(self, name: str, arguments: Json, text: str, body: Any) -> Iterator[Event]:
        call_id = self._next()
        span = f"m{self._messages}:0-{min(12, len(text))}"
        origins = {f"/{key}": Provenance("user", span) for key in arguments}
        yield PlanMade((PlanStep(call_id, name, "read"),))
        yield CallCleared(call_id, name, arguments, "read", origins)
        yield CallObserved(call_id, ok=True, status=200, result=body)

    def _ask_approval(self, text: str, chosen: str) -> Iterator[Event]:
        given, family = re.findall(r"[A-Z][a-z]+", text)[:2]
        email = re.findall(r"\S+@\S+", text)[0]
        person = {"given_name": given, "family_name": family}
        call_id = self._next()
        if chosen.startswith("off_"):
            item = next(it for it in world.OFFERS if it["offer_id"] == chosen)
            name, key = "book_flight", "offer_id"
            arguments = {key: chosen, "passengers": [{**person, "born_on": "1990-12-10"}]}
            terms = {**item["conditions"]}
        else:
            item = next(r for it in world.HOTELS for r in it["rates"] if r["rate_id"] == chosen)
            name, key = "book_hotel", "rate_id"
            arguments = {key: chosen, "guests": [person]}
            terms = {"refundable_until": item["refundable_until"]}
        arguments["contact_email"] = email
        origins = {
            f"/{key}": Provenance("result", f"c3/data/0/{key}"),
            "/contact_email": Provenance("user", f"m{self._messages}:0-4"),
        }
        yield PlanMade((PlanStep(call_id, name, "write"),))
        yield CallCleared(call_id, name, arguments, "write", origins)
        total = Money(**item["total"])
        summary = (
            f"Book this:\n{chosen} · economy\nPassengers: {given} {family}\nE-mail: {email}\n"
            f"Terms: refundable\nTotal: {total.amount} {total.currency}\n"
            "Shall I go ahead? Please answer yes or no."
        )
        approval_id = f"a{len(self._log)}"
        yield ApprovalRequested(
            approval_id, "sha256:4be1c0", (call_id,), summary, total, terms, world.EXPIRES, (total,)
        )
        yield TurnEnded("awaiting_approval")

    def _ask_cancellation(self) -> Iterator[Event]:
        quote = world.CANCELLATION
        order_id = {"order_id": quote["order_id"]}
        yield from self._read("quote_flight_cancellation", order_id, "", quote)
        call_id = self._next()
        wanted = {"cancellation_id": quote["cancellation_id"]}
        yield CallCleared(call_id, "confirm_flight_cancellation", wanted, "write", {})
        yield ApprovalRequested(
            f"a{len(self._log)}", "sha256:77aa", (call_id,), "Cancel your flight to Berlin?",
            Money(**quote["refund"]), {}, world.EXPIRES,
        )  # fmt: skip
        yield TurnEnded("awaiting_approval")

    def _chosen(self, text: str) -> str | None:
        said = [event.content for event in self._log if isinstance(event, UserMessage)]
        ids = re.findall(r"\b(?:off|rat)_\w{8}", " ".join([*said, text]))
        return ids[-1] if ids else None

    def _call(self, call_id: str) -> CallCleared:
        return next(e for e in self._log if isinstance(e, CallCleared) and e.call_id == call_id)

    def _next(self) -> str:
        self._calls += 1
        return f"c{self._calls}"
