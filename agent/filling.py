"""Fills the shapes of tools' arguments with the values that one turn's evidence holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from agent import spans
from agent.acts import MAX_CALLS
from agent.clearance import holds
from agent.evidence.facts import Fact, Scalar
from agent.evidence.roles import AFTER, BEFORE, RETURN
from agent.evidence.travellers import FAMILY, GIVEN, pairs
from agent.known import Known
from agent.lark import Lark, every, literal, members, some
from agent.limits import WHO, Limits
from agent.shapes import Array, Asked, Free, Leaf, Object, Shape, is_cursor
from tools.spec import Relation, ValueRule

_BORN = "born"
_MAX_BRANCHES = 48
"""Above this many combinations relations are left to clearance, to keep the grammar small."""
_MAX_PAIRS = 256
"""Above this many pairs of names the model may write any given name with any family name."""

Assignment = Mapping[str, Sequence[Scalar]]
_NOTHING: Assignment = {}


@dataclass(frozen=True, slots=True)
class Act:
    """One tool or reply, ready for use: its group, its head as a Lark literal, its shape."""

    name: str
    group: str
    head: str
    shape: Object
    relations: tuple[Relation, ...]
    buys: str | None


class Filling:
    """Fills shapes with the values of one turn. Leaves with equal rule and schema are read once."""

    def __init__(self, known: Known, askable: Callable[[], Sequence[str]], lark: Lark) -> None:
        self.lark = lark
        self._known = known
        self._texts = known.evidence.texts
        self._askable = cache(askable)
        self._values: dict[str, Sequence[Scalar]] = {}
        self._choices: dict[str, str | None] = {}

    def arguments(self, act: Act, limits: Limits) -> str | None:
        """An expression for the arguments object, or None when a required value has no source."""
        kept = _still_meant(act.shape, limits.kept.get(act.name))
        if not act.relations:
            assigned = {**kept, **self._unspent(act, limits.spent)}
            return self._object(act.shape, assigned, kept)
        branches = (self._object(act.shape, one, kept) for one in self._assignments(act, kept))
        bodies = dict.fromkeys(body for body in branches if body is not None)
        return self.lark.rule(" | ".join(bodies)) if bodies else None

    def _unspent(self, act: Act, spent: frozenset[tuple[str, str]]) -> Assignment:
        """The ids that a write may still use, where it has used some up."""
        if act.buys is None or not any(name == act.name for name, _ in spent):
            return {}
        values = self._leaf_values(act.shape.members[act.buys])
        return {act.buys: [value for value in values if (act.name, value) not in spent]}

    def _assignments(self, act: Act, kept: Assignment) -> list[Assignment]:
        """Value lists for related arguments, one dict for each branch that the relations allow.

        What is `kept` stands in all of them. A branch fixes each relation's right-hand side and
        keeps on its left-hand side only what the relation allows.
        """
        related = {
            name: kept.get(name, self._leaf_values(act.shape.members[name]))
            for relation in act.relations
            for name in (relation.other, relation.argument)
            if name in act.shape.members
        }
        fixed = {r.other: related.get(r.other) or (None,) for r in act.relations}
        branches = list(itertools.islice(itertools.product(*fixed.values()), _MAX_BRANCHES + 1))
        if len(branches) > _MAX_BRANCHES:
            return [kept]
        assignments: list[Assignment] = []
        for combination in branches:
            chosen = dict(zip(fixed, combination, strict=True))
            assigned: dict[str, Sequence[Scalar]] = dict(kept)
            for name, value in chosen.items():
                assigned[name] = () if value is None else (value,)
            for relation in act.relations:
                allowed = assigned.get(relation.argument, related.get(relation.argument, ()))
                other = chosen[relation.other]
                assigned[relation.argument] = [v for v in allowed if holds(relation, v, other)]
            assignments.append(assigned)
        return assignments

    def _object(
        self, shape: Object, assignment: Assignment, kept: Assignment = _NOTHING
    ) -> str | None:
        required: list[str] = []
        optional: list[str] = []
        renewed = any(map(self._just_said, shape.members.values()))
        for name, member in shape.members.items():
            needed = name in shape.required
            if not needed and (self._is_default(member) or (renewed and is_cursor(member))):
                continue
            known = assignment.get(name)
            value = self._value(member) if known is None else self.lark.choice(known)
            if value is not None:
                # What was just said for this very argument, or still holds, is not to be left out.
                firm = needed or bool(kept.get(name)) or self._just_said(member)
                place = required if firm else optional
                place.append(f"{shape.keys[name]} {value}")
            elif needed:
                return None
        return f'"{{" {members(required, optional)} "}}"'

    def _value(self, shape: Shape) -> str | None:
        match shape:
            case Leaf():
                if shape.key not in self._choices:
                    self._choices[shape.key] = self._choice(shape)
                return self._choices[shape.key]
            case Free(rule=rule):
                return self.lark.rule(rule)
            case Asked():
                return self.lark.choice(self._leaf_values(shape))
            case Array():
                return self._array(shape)
            case Object():
                bodies = [self._object(shape, names) for names in self._names(shape)]
                known = dict.fromkeys(body for body in bodies if body is not None)
                return self.lark.rule(" | ".join(known)) if known else None

    def _names(self, shape: Object) -> list[Assignment]:
        """The names that a person may have here: no given name with somebody else's family name.

        Where no whole name was told, or the shape takes none, nothing is assigned.
        """
        places = {_personal(member): name for name, member in shape.members.items()}
        if not {GIVEN, FAMILY} <= {*places}:
            return [{}]
        leaves = [shape.members[places[part]] for part in (GIVEN, FAMILY)]
        given, family = (
            [fact for fact in self._known.facts(leaf.rule) if leaf.accepts(fact.value)]
            for leaf in leaves
            if isinstance(leaf, Leaf) and leaf.rule is not None
        )
        told = pairs(given, family) if len(given) * len(family) <= _MAX_PAIRS else ()
        return [
            {places[GIVEN]: (one.value,), places[FAMILY]: (other.value,)} for one, other in told
        ] or [{}]

    def _is_default(self, shape: Shape) -> bool:
        """Whether an argument could only repeat its default, which the API assumes anyway."""
        if not isinstance(shape, Leaf) or shape.rule is None:
            return False
        return {*self._leaf_values(shape)} <= {*shape.fixed}

    def _just_said(self, shape: Shape) -> bool:
        """Whether the newest message holds a value that can only be meant for this argument."""
        leaf = shape.item if isinstance(shape, Array) else shape
        if not isinstance(leaf, Leaf) or leaf.rule is None or not self._leaf_values(leaf):
            return False
        return any(self._said_for(leaf.rule, fact) for fact in self._known.facts(leaf.rule))

    def _said_for(self, rule: ValueRule, fact: Fact) -> bool:
        """Whether the newest message holds a fact that can only be meant for arguments of a rule.

        Where a way back was said, an hour may be meant for it.
        """
        if rule.kind == "time" and self._says_return():
            return False
        return _only_for(rule, fact) and self._known.just_said(fact)

    def _says_return(self) -> bool:
        days = self._known.evidence.of_kind("date")
        return any(one.vocabulary == RETURN and self._known.just_said(one) for one in days)

    def _choice(self, leaf: Leaf) -> str | None:
        known = self.lark.choice(self._leaf_values(leaf))
        typed = spans.chain(self._texts, self.lark.rule) if leaf.spans else None
        if leaf.plain and typed is not None:
            return self.lark.rule(f"{known} | {typed}" if known else typed)
        return known

    def _array(self, shape: Array) -> str | None:
        spanned = isinstance(shape.item, Leaf) and shape.item.spans
        known = () if spanned else self._leaf_values(shape.item)
        if known and shape.least <= 1 and len(known) <= shape.most:
            # Some of the known values, each at most once, in their order.
            return self.lark.rule(f'"[" ({some([literal(value) for value in known])}) "]"')
        if isinstance(shape.item, Object) and (people := self._people(shape.item)):
            return self.lark.rule(f'"[" ({some(people)}) "]"')
        if isinstance(shape.item, Object) and (party := self._party(shape.item)):
            return self.lark.rule(f'"[" {every(party)} "]"')
        item = self._value(shape.item)
        if item is None:
            return None
        # The scarcest required leaf decides how many items the evidence can tell apart.
        counts = [len(self._leaf_values(leaf)) for leaf in shape.scarce]
        most = min([shape.most, MAX_CALLS, *counts])
        least = max(1, shape.least)
        if most < least:
            return None
        more = f' ("," {item}){{{least - 1},{most - 1}}}' if most > 1 else ""
        return self.lark.rule(f'"[" {item}{more} "]"')

    def _people(self, shape: Object) -> list[str]:
        """An item for each traveller whose day of birth was told, where items are travellers."""
        places = {_personal(member): name for name, member in shape.members.items()}
        if not {GIVEN, FAMILY, _BORN} <= {*places}:
            return []
        people: list[str] = []
        for one in self._known.travellers():
            ways = (
                {places[GIVEN]: (given,), places[FAMILY]: (family,), places[_BORN]: (one.born,)}
                for given, family in one.names
            )
            bodies = filter(None, (self._object(shape, way) for way in ways))
            people.append(self.lark.rule(" | ".join(dict.fromkeys(bodies))))
        return people

    def _party(self, shape: Object) -> list[str]:
        """An item for each of the people that were named, all of them, where items are guests."""
        places = {_personal(member): name for name, member in shape.members.items()}
        if not {GIVEN, FAMILY} <= {*places} or _BORN in places:
            return []
        people: list[str] = []
        for names in self._known.party():
            ways = ({places[GIVEN]: (one,), places[FAMILY]: (other,)} for one, other in names)
            bodies = filter(None, (self._object(shape, way) for way in ways))
            people.append(self.lark.rule(" | ".join(dict.fromkeys(bodies))))
        return people

    def _leaf_values(self, shape: Shape) -> Sequence[Scalar]:
        """The finitely many values that a scalar may have here; empty where it is not bound."""
        if isinstance(shape, Asked):
            return shape.nothing_needed or self._askable()
        if not isinstance(shape, Leaf):
            return ()
        if shape.key not in self._values:
            self._values[shape.key] = self._read(shape)
        return self._values[shape.key]

    def _read(self, leaf: Leaf) -> Sequence[Scalar]:
        if leaf.rule is None:
            return leaf.fixed
        facts = self._known.facts(leaf.rule)
        said = [f for f in facts if self._said_for(leaf.rule, f)]
        # Of a day said without its month there are several readings, and only one of them was said.
        if said and leaf.rule.kind != "date":
            # What was just said for this argument stands, whatever was said or assumed before.
            facts, fixed = tuple(said), ()
        else:
            fixed = leaf.fixed
        found = [fact.value for fact in facts]
        if leaf.spans and not leaf.plain:
            found += spans.spans(self._texts)
        return [v for v in dict.fromkeys((*found, *fixed)) if leaf.accepts(v)]


def _still_meant(shape: Object, last: Mapping[str, Any] | None) -> Assignment:
    """The days and the people of a search's `last` arguments; () for those that it left out."""
    if last is None:
        return {}
    rules = {name: leaf.rule for name, leaf in shape.members.items() if isinstance(leaf, Leaf)}
    return {
        name: (last[name],) if name in last else ()
        for name, rule in rules.items()
        if rule is not None and (rule.kind == "date" or rule.unit in WHO)
    }


def _personal(shape: Shape) -> str | None:
    """What of a traveller an argument takes: a part of the name, or the day of birth."""
    rule = shape.rule if isinstance(shape, Leaf) else None
    if rule is None:
        return None
    if rule.kind == "date" and rule.when == "past":
        return _BORN
    return rule.vocabulary if rule.kind == "name" else None


def _only_for(rule: ValueRule, fact: Fact) -> bool:
    """Whether a fact says by its unit or its words which argument it is for.

    What was only worked out or asked about says nothing for sure.
    """
    if fact.source == "context":
        return False
    if rule.kind in {"term", "email"}:
        return True
    if rule.kind == "date":
        return rule.vocabulary == RETURN == fact.vocabulary
    if rule.kind == "time":
        return rule.vocabulary in {AFTER, BEFORE} and rule.vocabulary == fact.vocabulary
    return rule.kind in {"integer", "number"} and rule.unit is not None and rule.unit == fact.unit
