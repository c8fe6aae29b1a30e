"""Who was born when: names and days of birth of one message, paired as they were told.

"Onur Tekin, 2.12.2000; Nilüfer Erkin, 8 August 1995" names two travellers. A booking that gives one
of them the other's day of birth is as wrong as one with a day that nobody said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from agent.evidence.facts import Evidence, Fact
from agent.evidence.parties import AND

GIVEN, FAMILY = "given_name", "family_name"
_ADDS = re.compile(rf"\W*(?:{AND}|also|bir de)\s+|\s*[&+]\s*", re.IGNORECASE)
_MOST_BETWEEN = 2
"""Characters between a given and a family name that belong together."""


Splits = tuple[tuple[str, str], ...]
"""The ways to part one person's name into given and family name."""


@dataclass(frozen=True, slots=True)
class Traveller:
    """A person: the ways to part the name, and the day of birth."""

    names: Splits
    born: str


def travellers(evidence: Evidence, now: datetime) -> list[Traveller]:
    """Two people or more whose names and days of birth take turns in one message; else [].

    The newest message that names anybody counts. Where the numbers differ, or a name comes after a
    name, nothing says who was born when.
    """
    names = _newest(evidence.of_kind("name"))
    if not names:
        return []
    message, today = names[0].message, now.date().isoformat()
    days = [
        fact
        for fact in evidence.of_kind("date")
        if fact.source == "user" and fact.message == message and str(fact.value) < today
    ]
    told = sorted([*_people(names), *((*day.span, day) for day in days)], key=lambda one: one[0])
    kinds = [isinstance(one, Fact) for _, _, one in told]
    turns = all(kind is not after for kind, after in pairwise(kinds))
    if len(kinds) < 4 or len(kinds) % 2 or not turns:
        return []
    pairs = zip(told[::2], told[1::2], strict=True)
    return [found for one, other in pairs if (found := _traveller(one[2], other[2])) is not None]


def party(evidence: Evidence) -> list[Splits]:
    """Two people or more who are named in full, if so many adults were counted; else [].

    The newest message that names anybody counts, in the order of their mention; one that only adds
    to those before it ("and Ada Berg") counts with them. Where children were counted too nothing
    says who is one.
    """
    named = [one for group in _joined(evidence) for one in _people(group)]
    full = [splits for *_, parts in named if (splits := tuple(dict.fromkeys(_splits(parts))))]
    adults = counted(evidence, "adult")
    young = counted(evidence, "child") or counted(evidence, "infant")
    return full if len(full) == adults and adults > 1 and not young else []


def written(facts: Iterable[Fact]) -> list[str]:
    """The people whom one message names in full, as "Ada|Lovelace", in the order of their mention.

    A name that can be parted in several ways stays whole: "Ana García Pons". A word that only looks
    like a part of it ("Book Ada Lovelace") is left out, and so is the name of what a list showed.
    """
    shown = {fact.text.casefold() for fact in facts if fact.kind == "entity"}
    said = [fact for fact in facts if fact.kind == "name" and fact.source == "user"]
    people = (name for *_, parts in _people(said) if (name := _written(parts)))
    return [name for name in people if name.replace("|", " ").casefold() not in shown]


def _written(parts: Sequence[Fact]) -> str:
    full = [fact for fact in parts if not fact.vocabulary and " " in str(fact.value)]
    if not full:
        return ""
    whole = max(full, key=lambda fact: fact.span[0])
    inside = [fact for fact in parts if fact.span[0] >= whole.span[0]]
    splits = list(dict.fromkeys(_splits(inside)))
    return "|".join(splits[0]) if len(splits) == 1 else str(whole.value)


def counted(evidence: Evidence, unit: str) -> float:
    """How many people of a kind the users counted last; 0 where nobody did."""
    said = (
        fact
        for kind in ("integer", "number")
        for fact in reversed(evidence.of_kind(kind))
        if fact.unit == unit and fact.source == "user"
    )
    return next((float(fact.value) for fact in said), 0.0)


def _traveller(one: Fact | Sequence[Fact], other: Fact | Sequence[Fact]) -> Traveller | None:
    day, parts = (one, other) if isinstance(one, Fact) else (other, one)
    if not isinstance(day, Fact) or isinstance(parts, Fact):
        return None
    splits = tuple(dict.fromkeys(_splits(parts)))
    return Traveller(splits, str(day.value)) if splits else None


def _people(names: Sequence[Fact]) -> Iterator[tuple[int, int, Sequence[Fact]]]:
    """Facts of names, those that overlap together: one person, however much of it is the name."""
    person: list[Fact] = []
    begin = end = 0
    for fact in sorted(names, key=lambda fact: fact.span):
        start, stop = fact.span
        if person and start >= end:
            yield begin, end, person
            person = []
        if not person:
            begin, end = start, stop
        person.append(fact)
        end = max(end, stop)
    if person:
        yield begin, end, person


def _splits(parts: Sequence[Fact]) -> Iterator[tuple[str, str]]:
    for given in parts:
        for family in parts:
            if _are_together(given, family):
                yield str(given.value), str(family.value)


def _newest(names: Sequence[Fact]) -> list[Fact]:
    groups = _by_message(names)
    return groups[-1] if groups else []


def _by_message(names: Sequence[Fact]) -> list[list[Fact]]:
    typed = [fact for fact in names if fact.source == "user"]
    return [list(group) for _, group in groupby(typed, key=lambda fact: fact.message)]


def _joined(evidence: Evidence) -> list[list[Fact]]:
    """Names by message, oldest first, from the newest that is no addition to what it follows."""
    said = {text.ref: text.text for text in evidence.texts}
    groups: list[list[Fact]] = []
    for names in reversed(_by_message(evidence.of_kind("name"))):
        groups.insert(0, names)
        before = said.get(names[0].message, "")[: min(fact.span[0] for fact in names)]
        if not _ADDS.fullmatch(before):
            break
    return groups


def pairs(given: Sequence[Fact], family: Sequence[Fact]) -> list[tuple[Fact, Fact]]:
    """Given and family names that may be one person's, in the order of `given`.

    Told together, or one of them told alone; or both apart in one message ("first name Ada, last
    name Lovelace"), where each is part of nothing else.
    """
    whole = [(one, other) for one in given for other in family if _are_together(one, other)]
    taken = [fact for pair in whole for fact in pair if fact.vocabulary]
    apart = [
        (one, other)
        for one in given
        for other in family
        if one.message == other.message and one not in taken and other not in taken
    ]
    alone = [(one, other) for one in given for other in family if _is_whole(one, other)]
    found = dict.fromkeys((*whole, *apart, *alone))
    return sorted(found, key=lambda pair: given.index(pair[0]))


def _are_together(given: Fact, family: Fact) -> bool:
    told = given.source == family.source == "user" and given.message == family.message
    parts = (given.vocabulary, family.vocabulary) == (GIVEN, FAMILY)
    return told and parts and 0 <= family.span[0] - given.span[1] <= _MOST_BETWEEN


def _is_whole(given: Fact, family: Fact) -> bool:
    return None in {given.vocabulary, family.vocabulary}
