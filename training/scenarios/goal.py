"""Whether a conversation ended as it should: the final world, the calls made, what was told.

`judge_goal` says everything that does not hold, in words, so that a failed task can be understood
from its result alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from agent.evidence.folding import fold
from agent.json_values import is_array, is_object
from agent.reply.claims import unbacked
from tools.gazetteer import Gazetteer
from tools.spec import Effect
from training.scenarios.placeholders import is_placeholder
from training.scenarios.scenario import Call, Goal, Json

Status = Literal["confirmed", "cancelled"]
_IDENTIFYING = frozenset({
    "booking_reference", "origin", "destination", "departure_date",
    "city", "name", "check_in_date", "check_out_date",
})  # fmt: skip
_WITHOUT_CASE = frozenset({"given_name", "family_name", "contact_email"})
_IN_ANY_ORDER = frozenset({"passengers", "guests", "amenities"})


@dataclass(frozen=True, slots=True)
class Executed:
    """A call that left for an API. `ok` says that it answered with success.

    `planned` tells what the model proposed from what the turn did itself: read a price afresh
    before it asked for approval, or offer writes again whose price had moved.
    """

    name: str
    arguments: Json
    effect: Effect
    ok: bool
    planned: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """Something the person was told. `act` is the reply act, or ``approval`` for a question.

    A reply that no act of the model's made (the tries of a turn ran out) has the act ``exhausted``.
    """

    act: str
    text: str


def flight_view(order: Json) -> dict[str, Any]:
    """A flight order as goals name it.

    ``order_id, booking_reference, origin, destination`` (IATA city codes), ``departure_date,
    return_date`` (only with a way back), ``slices`` (how many), ``stops`` (most on one way),
    ``cabin_class, flights`` (``["LH902"]``, one for each segment), ``departing_at, arriving_at``
    (of the way out), ``passengers`` (``[{given_name, family_name, born_on}]``), ``contact_email,
    refundable, total`` (``{amount, currency}``).
    """
    ways = order["slices"]
    segments = [segment for way in ways for segment in way["segments"]]
    back = {"return_date": ways[1]["departure_date"]} if len(ways) > 1 else {}
    return {
        "order_id": order["order_id"],
        "booking_reference": order["booking_reference"],
        "origin": _city(ways[0]["origin"]),
        "destination": _city(ways[0]["destination"]),
        "departure_date": ways[0]["departure_date"],
        **back,
        "slices": len(ways),
        "stops": max(way["stops"] for way in ways),
        "cabin_class": order["cabin_class"],
        "flights": [segment["flight_number"] for segment in segments],
        "departing_at": ways[0]["segments"][0]["departing_at"],
        "arriving_at": ways[0]["segments"][-1]["arriving_at"],
        "passengers": order["passengers"],
        "contact_email": order["contact_email"],
        "refundable": order["conditions"]["refundable"],
        "total": order["total"],
    }


def hotel_view(booking: Json) -> dict[str, Any]:
    """A hotel booking as goals name it.

    ``booking_id, booking_reference, city`` (IATA city code), ``hotel_id, name, stars, room, board,
    check_in_date, check_out_date, rooms, adults, children, guests`` (``[{given_name,
    family_name}]``), ``contact_email, refundable, total`` (``{amount, currency}``).
    """
    hotel, rate = booking["hotel"], booking["rate"]
    copied = (
        "booking_id", "booking_reference", "check_in_date", "check_out_date", "rooms", "adults",
        "children", "guests", "contact_email", "total",
    )  # fmt: skip
    return {
        "city": hotel["city_code"],
        **{name: hotel[name] for name in ("hotel_id", "name", "stars")},
        **{name: rate[name] for name in ("room", "board")},
        "refundable": rate["refundable_until"] is not None,
        **{name: booking[name] for name in copied},
    }


def matches(wanted: Any, found: Any, name: str = "") -> bool:
    """Whether a JSON value is at least what was wanted.

    Of objects every wanted member must match, lists match item by item (people and amenities in
    any order), names and e-mail addresses without case, anything else exactly.
    """
    if is_object(wanted):
        return is_object(found) and all(
            member in found and matches(value, found[member], member)
            for member, value in wanted.items()
        )
    if is_array(wanted):
        if not is_array(found) or len(wanted) != len(found):
            return False
        if name in _IN_ANY_ORDER:
            return not any(_unmatched(wanted, found))
        return all(map(matches, wanted, found))
    if name in _WITHOUT_CASE and isinstance(wanted, str) and isinstance(found, str):
        return _caseless(wanted) == _caseless(found)
    return bool(wanted == found)


def judge_goal(
    goal: Goal,
    flights: Sequence[Json],
    hotels: Sequence[Json],
    calls: Sequence[Executed],
    told: Sequence[Told],
) -> tuple[str, ...]:
    """Everything of a goal that does not hold, in words; empty when it is reached.

    `flights` and `hotels` are all orders and bookings of the world as the APIs list them, `calls`
    the executed calls and `told` everything that was said to the person, both in their order.
    """
    return (
        *_world("flight order", "confirmed", goal.flights, map(flight_view, _with(flights))),
        *_world("hotel booking", "confirmed", goal.hotels, map(hotel_view, _with(hotels))),
        *_world(
            "flight order", "cancelled", goal.cancelled_flights,
            map(flight_view, _with(flights, "cancelled")),
        ),
        *_world(
            "hotel booking", "cancelled", goal.cancelled_hotels,
            map(hotel_view, _with(hotels, "cancelled")),
        ),
        *(f"not executed: {_shown(call)}" for call in goal.reads if not _made(call, calls)),
        *(_writing(goal.writes, calls) if goal.writes is not None else ()),
        *(f"not told: {value}" for value in goal.tells if not _was_told(value, told)),
        *_closing(goal, told),
        *(f"no call was to be made: {call.name}" for call in calls if goal.silent),
    )  # fmt: skip


def _with(things: Sequence[Json], status: Status = "confirmed") -> Iterator[Json]:
    return (thing for thing in things if thing["status"] == status)


def _world(
    what: str, status: Status, wanted: Sequence[Json], found: Iterator[Json]
) -> Iterator[str]:
    missing, surplus = _unmatched(list(wanted), list(found))
    for thing in missing:
        yield f"missing {status} {what}: {_compact(thing)}"
    # Enough to tell which one it is, and how it differs from what is missing.
    telling = _IDENTIFYING.union(*missing)
    for thing in surplus:
        brief = {name: value for name, value in thing.items() if name in telling}
        yield f"unwanted {status} {what}: {_compact(brief)}"


def _unmatched(wanted: list[Any], found: list[Any]) -> tuple[list[Any], list[Any]]:
    """What is left over on both sides of a largest matching (augmenting paths, Kuhn 1955)."""
    fits = [[n for n, one in enumerate(found) if matches(want, one)] for want in wanted]
    taken: dict[int, int] = {}

    def place(want: int, tried: set[int]) -> bool:
        for one in fits[want]:
            if one in tried:
                continue
            tried.add(one)
            if one not in taken or place(taken[one], tried):
                taken[one] = want
                return True
        return False

    missing = [wanted[want] for want in range(len(wanted)) if not place(want, set())]
    return missing, [one for n, one in enumerate(found) if n not in taken]


def _made(call: Call, calls: Sequence[Executed]) -> bool:
    known = {name: v for name, v in call.arguments.items() if not is_placeholder(v)}
    unknown = call.arguments.keys() - known.keys()
    return any(
        done.ok
        and done.planned
        and done.name == call.name
        and matches(known, done.arguments)
        and unknown <= done.arguments.keys()
        for done in calls
    )


def _writing(wanted: Sequence[Call], calls: Sequence[Executed]) -> Iterator[str]:
    """Writes that are missing, and successful ones that nobody wanted, each counted once."""
    surplus = [call for call in calls if call.effect == "write" and call.ok]
    for call in wanted:
        done = next((one for one in surplus if _is(call, one)), None)
        if done is None:
            yield f"not written: {_shown(call)}"
        else:
            surplus.remove(done)
    for one in surplus:
        yield f"unwanted write: {_shown(Call(one.name, one.arguments))}"


def _is(call: Call, done: Executed) -> bool:
    """Whether these are the very arguments, placeholders standing for any value."""
    same_names = call.arguments.keys() == done.arguments.keys()
    return (
        call.name == done.name
        and same_names
        and all(
            is_placeholder(value) or value == done.arguments[name]
            for name, value in call.arguments.items()
        )
    )


def _was_told(value: str, told: Sequence[Told]) -> bool:
    """Whether a text tells a value, however either side writes amounts, dates and references.

    A value that is no such thing, a name, stands in the text as it is, case and accents apart.
    """
    if [claim.text for claim in unbacked(value, ())] == [value]:
        # It is told where it backs a statement: "3 March" and 2027-03-03 are the same then.
        return any(len(unbacked(one.text, [value])) < len(unbacked(one.text, ())) for one in told)
    words = re.compile(rf"(?<!\w){re.escape(fold(value))}(?!\w)")
    return any(words.search(fold(one.text)) for one in told)


def _closing(goal: Goal, told: Sequence[Told]) -> Iterator[str]:
    last = told[-1].act if told else "nothing"
    if goal.closes and last not in goal.closes:
        yield f"ended with {last} instead of {' or '.join(goal.closes)}"


def _caseless(text: str) -> str:
    # In Turkish I is the capital of ı, and İ that of i; no case mapping serves all languages.
    return text.replace("İ", "i").replace("ı", "i").casefold()


def _city(code: str) -> str:
    airport = Gazetteer.default().airport(code)
    return airport.city_code if airport else code


def _shown(call: Call) -> str:
    return f"{call.name} {_compact(call.arguments)}"


def _compact(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()
