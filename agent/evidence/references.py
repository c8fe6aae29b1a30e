"""What a message refers to among things that were shown: "the first one", "the cheapest", an id.

A reference is a reading like that of a date: "the first" of a list that the user has seen is an id
as surely as "tomorrow" is a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from agent.evidence.facts import Evidence, Fact
from agent.evidence.grounding import CHOSEN, TYPED_ID
from agent.json_values import is_array, is_object

_CHEAPEST = ("sort", "price")


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest list that a result showed: the call's id and its rows."""

    call_id: str
    rows: Sequence[Mapping[str, Any]]


def chosen(facts: Sequence[Fact], evidence: Evidence, listing: Listing | None) -> list[Fact]:
    """Entity facts that a message singles out, marked `CHOSEN`, in the order of their mention.

    `facts` are those read from the message, `evidence` what was known before it. A row of a list
    stands for the first id of each kind in it: for a hotel and for its first rate.
    """
    found: list[Fact] = []
    for fact in facts:
        if fact.vocabulary == TYPED_ID:
            found += _typed(fact, evidence)
        elif listing is not None and (row := _row(fact, listing)) is not None:
            found += _entities(fact, row, listing.call_id, evidence)
    return found


def _typed(fact: Fact, evidence: Evidence) -> Iterator[Fact]:
    for known in reversed(evidence.of_kind("entity")):
        if known.value == fact.value:
            yield replace(known, vocabulary=CHOSEN, unit=_message(fact), text=fact.text)
            return


def _row(fact: Fact, listing: Listing) -> int | None:
    if fact.unit == "ordinal" and 1 <= int(fact.value) <= len(listing.rows):
        return int(fact.value) - 1
    if (fact.vocabulary, fact.value) == _CHEAPEST:
        prices = [min(_prices(row), default=None) for row in listing.rows]
        known = [(price, at) for at, price in enumerate(prices) if price is not None]
        return min(known)[1] if known else None
    return None


def _entities(fact: Fact, row: int, call_id: str, evidence: Evidence) -> Iterator[Fact]:
    prefix = f"{call_id}/data/{row}/"
    seen: set[str | None] = set()
    for known in evidence.of_kind("entity"):
        if known.ref.startswith(prefix) and known.entity not in seen:
            seen.add(known.entity)
            yield replace(known, vocabulary=CHOSEN, unit=_message(fact), text=fact.text)


def _message(fact: Fact) -> str:
    return fact.ref.partition(":")[0]


def _prices(value: Any) -> Iterator[Decimal]:
    """The totals inside a row; a hotel has one for each of its rates."""
    if is_object(value):
        total = value.get("total")
        if is_object(total):
            try:
                yield Decimal(str(total.get("amount")))
            except InvalidOperation:
                return
        for item in value.values():
            yield from _prices(item)
    elif is_array(value):
        for item in value:
            yield from _prices(item)
