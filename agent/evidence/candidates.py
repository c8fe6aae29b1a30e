"""Which values a rule allows to choose from, narrowed to what the user's words point to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from agent.evidence.bearing import strangers
from agent.evidence.facts import Evidence, Fact, Scalar
from agent.evidence.grounding import is_expired, matching
from agent.evidence.roles import STAY, speaks_of_a_stay
from tools.spec import THING, ValueKind, ValueRule

CHOSEN = "chosen"
"""Vocabulary of entity facts that a message singles out; their `unit` is that message."""

_ROLED: frozenset[ValueKind] = frozenset({"place", "date", "time"})


def candidates(rule: ValueRule, evidence: Evidence, now: datetime) -> tuple[Fact, ...]:
    """The facts that a value under `rule` may be taken from: distinct values, newest first.

    `now` is the conversation's clock (aware): expired entities are left out, and a rule's `when`
    is seen from it. For names and text these are the spans that the readers picked out. Where the
    user singled things out ("the first one") or said which place is which, only those are given.
    `agent.evidence.grounding.ground` is wider on purpose: it takes whatever the conversation holds.
    """
    fresh = (fact for fact in matching(rule, evidence, now) if not is_expired(fact, now))
    distinct: dict[Scalar, Fact] = {}
    for fact in _meant(rule, evidence, fresh):
        distinct.setdefault(fact.value, fact)
    return tuple(distinct.values())


def _meant(rule: ValueRule, evidence: Evidence, facts: Iterator[Fact]) -> Iterator[Fact]:
    """Of the facts that qualify (newest first), those that the user's words point to."""
    if rule.kind == "entity":
        if _is_another_thing(rule, evidence):
            return iter(())
        others = strangers(evidence)
        return _singled_out(fact for fact in facts if fact.value not in others)
    if rule.vocabulary == STAY and evidence.texts and speaks_of_a_stay(evidence.texts[-1].text):
        # Of a journey with a hotel the way back is the end of the stay as well.
        return facts
    if rule.kind in _ROLED and rule.vocabulary is not None:
        return _in_role(rule.vocabulary, list(facts))
    return facts


def _singled_out(facts: Iterator[Fact]) -> Iterator[Fact]:
    """What the newest message singled out, unless a newer result shows something else."""
    known = list(facts)
    newest = next((fact for fact in known if fact.vocabulary == CHOSEN), None)
    if newest is None:
        yield from known
        return
    chosen = [f for f in known if (f.vocabulary, f.unit) == (CHOSEN, newest.unit)]
    values = {fact.value for fact in chosen}
    # Looking the chosen thing up once more does not undo the choice; a new list does.
    since = known[: known.index(newest)]
    yield from chosen if all(fact.value in values for fact in since) else known


def _is_another_thing(rule: ValueRule, evidence: Evidence) -> bool:
    """Whether the newest message speaks of things, and not of the one that the rule's id names.

    "Cancel the hotel" means no flight, wherever that goes.
    """
    things = spoken_of(evidence)
    return rule.vocabulary == THING and bool(things) and rule.entity not in things


def spoken_of(evidence: Evidence) -> frozenset[str | None]:
    """The kinds of things that the newest message speaks of ("the hotel")."""
    said = evidence.texts[-1].ref if evidence.texts else None
    return frozenset(
        fact.entity
        for fact in evidence.of_kind("text")
        if fact.vocabulary == THING and fact.message == said
    )


def _in_role(role: str, facts: list[Fact]) -> Iterator[Fact]:
    """Values that may have a role: none that the newest message gives another one.

    Where a journey goes stays so until it is said anew. Days and hours are said anew without their
    roles, so theirs only hold against others ("back on the 20th" is no day of departure).
    """
    newest = next((fact.message for fact in facts if fact.source == "user"), None)
    stays = bool(facts) and facts[0].kind == "place"
    other = {
        fact.value
        for fact in facts
        if fact.message == newest and fact.vocabulary not in {None, role}
    }
    left = [
        fact
        for fact in facts
        if fact.value not in other and (stays or fact.vocabulary in {None, role})
    ]
    said = next((fact.message for fact in left if fact.vocabulary == role), None)
    if not stays and said != newest:
        said = None
    for fact in left:
        if said is None or (fact.vocabulary == role and fact.message == said):
            yield fact
