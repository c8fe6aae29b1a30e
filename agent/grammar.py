"""The grammar of one turn: what the model can write at all, as Lark in llguidance's dialect.

Three modes. ``free``: no grammar. ``schema``: any call that the tools' JSON Schemas allow, so no
invented tool or parameter. ``grounded``: only calls whose every value the evidence holds, so no
invented value either; a tool with a required value that nothing grounds is not on offer at all.
The text runs unchanged on the embedded engine and on vLLM's ``guidance`` backend.

What depends on the tools alone is compiled once (`agent.shapes`); a turn only fills in values.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

import orjson

from agent import spans
from agent.acts import DECLINES, MAX_CALLS, is_reply
from agent.clearance import holds
from agent.engines.base import Mode
from agent.evidence.bearing import unfound_codes
from agent.evidence.facts import Evidence, Fact, Scalar
from agent.known import Known
from agent.limits import NO_LIMITS, Limits
from agent.needs import Need
from agent.shapes import (
    Array,
    Asked,
    Free,
    Leaf,
    Object,
    Shape,
    compile_shape,
    is_cursor,
    json_rule,
    quoted,
)
from tools.spec import Relation, ToolSpec, ValueRule

_MAX_BRANCHES = 48
"""Above this many combinations relations are left to clearance, to keep the grammar small."""

Assignment = Mapping[str, Sequence[Scalar]]


@dataclass(frozen=True, slots=True)
class _Act:
    """One tool or reply, ready for use: its group, its head as a Lark literal, its shape."""

    name: str
    group: str
    head: str
    shape: Object
    relations: tuple[Relation, ...]
    buys: str | None


class ActGrammar:
    """Writes the grammars of turns over one set of acts (tools and replies). Safe to share."""

    def __init__(self, acts: Sequence[ToolSpec], most_calls: int = MAX_CALLS) -> None:
        self._most_calls = most_calls
        self._acts = [
            _Act(
                act.name,
                "reply" if is_reply(act) else act.effect,
                quoted(f'{{"name":"{act.name}","arguments":'),
                compile_shape(act),
                act.relations,
                act.approval.entity_argument.strip("/") if act.approval else None,
            )
            for act in acts
        ]
        self._needs = [Need.of(act) for act in acts if not is_reply(act)]
        self._lists = frozenset(
            act.name
            for act in acts
            if not is_reply(act) and act.effect == "read" and not act.parameters.get("required")
        )
        self._schema = self._schema_text(acts)

    def lark(
        self,
        evidence: Evidence,
        now: datetime,
        mode: Mode,
        limits: Limits = NO_LIMITS,
    ) -> str | None:
        """Lark text for one act; None in mode ``free``.

        An act is one reply, or up to `most_calls` reads, or as many writes. Empty when nothing at
        all can be written: no reply is on offer and no tool can be grounded.
        """
        if mode == "free":
            return None
        if mode == "schema":
            return self._schema
        known = Known(evidence, now)
        spent = frozenset(value for _, value in limits.spent)
        filling = _Filling(known, lambda: self._askable(known, spent), _Lark(self._most_calls))
        pointless = limits.pointless | self._premature(evidence, limits.fruitless)
        for act in self._acts:
            arguments = None if act.name in pointless else filling.arguments(act, limits.spent)
            if arguments is not None:
                filling.lark.offer(act.group, f'{act.head} {arguments} "}}"')
        return filling.lark.text()

    def missing(self, evidence: Evidence, now: datetime) -> list[str]:
        """Names of required user-supplied values that nothing in the evidence grounds, sorted.

        Of the tool for which the user singled something out; else of the tools that the evidence
        has begun to fill; else of all.
        """
        return self._lacking(Known(evidence, now))

    def _premature(self, evidence: Evidence, fruitless: frozenset[str]) -> frozenset[str]:
        """Giving up the search for a booking code while a list that may hold it was not read."""
        begun = not fruitless.isdisjoint(self._lists) and bool(self._lists - fruitless)
        return frozenset({DECLINES} if begun and unfound_codes(evidence) else ())

    def _lacking(self, known: Known) -> list[str]:
        gaps = [need.gap(known) for need in self._needs]
        for wanted in ("chosen", "begun", "open"):
            names = {name for gap in gaps if wanted in gap.marks for name in gap.names}
            if names:
                return sorted(names)
        return []

    def _askable(self, known: Known, spent: frozenset[str]) -> list[str]:
        """What is worth asking for: what is missing, else anything; of tools within reach.

        Where the newest message says what is to be booked, only of the tools that do it, and only
        what is open.
        """
        meant = [one for one in self._needs if one.is_meant(known, spent)]
        if meant:
            return sorted(frozenset[str]().union(*(one.open_questions(known) for one in meant)))
        unsettled = frozenset[str]().union(*(need.unsettled(known) for need in self._needs))
        lacking = self._lacking(known)
        return sorted(unsettled.intersection(lacking) if lacking else unsettled)

    def _schema_text(self, acts: Sequence[ToolSpec]) -> str:
        lark = _Lark(self._most_calls)
        for act, compiled in zip(acts, self._acts, strict=True):
            arguments = lark.rule(json_rule(act.parameters))
            lark.offer(compiled.group, f'{compiled.head} {arguments} "}}"')
        return lark.text()


@dataclass(slots=True)
class _Lark:
    """Rules under construction; equal bodies share one rule."""

    most_calls: int
    names: dict[str, str] = field(default_factory=dict[str, str])
    groups: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def rule(self, body: str) -> str:
        return self.names.setdefault(body, f"r{len(self.names)}")

    def choice(self, values: Sequence[Scalar]) -> str | None:
        """A rule for one of the values as JSON; None for none."""
        return self.rule(" | ".join(map(_literal, values))) if values else None

    def offer(self, group: str, body: str) -> None:
        self.groups.setdefault(group, []).append(self.rule(body))

    def text(self) -> str:
        if not self.groups:
            return ""
        lines = [f"start: {' | '.join(self.groups)}"]
        for group, rules in self.groups.items():
            repeat = "" if group == "reply" else f' ("\\n" {group}_call){{0,{self.most_calls - 1}}}'
            lines += (f"{group}_call: {' | '.join(rules)}", f"{group}: {group}_call{repeat}")
        lines += (f"{name}: {body}" for body, name in self.names.items())
        return "%llguidance {}\n" + "\n".join(lines) + "\n"


class _Filling:
    """Fills shapes with the values of one turn. Leaves with equal rule and schema are read once."""

    def __init__(self, known: Known, askable: Callable[[], Sequence[str]], lark: _Lark) -> None:
        self.lark = lark
        self._known = known
        self._texts = known.evidence.texts
        self._askable = cache(askable)
        self._values: dict[str, Sequence[Scalar]] = {}
        self._choices: dict[str, str | None] = {}

    def arguments(self, act: _Act, spent: frozenset[tuple[str, str]]) -> str | None:
        """An expression for the arguments object, or None when a required value has no source."""
        if not act.relations:
            return self._object(act.shape, self._unspent(act, spent))
        branches = (self._object(act.shape, one) for one in self._assignments(act))
        bodies = dict.fromkeys(body for body in branches if body is not None)
        return self.lark.rule(" | ".join(bodies)) if bodies else None

    def _unspent(self, act: _Act, spent: frozenset[tuple[str, str]]) -> Assignment:
        """The ids that a write may still use, where it has used some up."""
        if act.buys is None or not any(name == act.name for name, _ in spent):
            return {}
        values = self._leaf_values(act.shape.members[act.buys])
        return {act.buys: [value for value in values if (act.name, value) not in spent]}

    def _assignments(self, act: _Act) -> list[Assignment]:
        """Value lists for related arguments, one dict for each branch that the relations allow.

        A branch fixes each relation's right-hand side and keeps on its left-hand side only what
        the relation allows.
        """
        related = {
            name: self._leaf_values(act.shape.members[name])
            for relation in act.relations
            for name in (relation.other, relation.argument)
            if name in act.shape.members
        }
        fixed = {r.other: related.get(r.other) or (None,) for r in act.relations}
        branches = list(itertools.islice(itertools.product(*fixed.values()), _MAX_BRANCHES + 1))
        if len(branches) > _MAX_BRANCHES:
            return [{}]
        assignments: list[Assignment] = []
        for combination in branches:
            chosen = dict(zip(fixed, combination, strict=True))
            assigned: dict[str, Sequence[Scalar]] = {
                name: () if value is None else (value,) for name, value in chosen.items()
            }
            for relation in act.relations:
                allowed = assigned.get(relation.argument, related.get(relation.argument, ()))
                other = chosen[relation.other]
                assigned[relation.argument] = [v for v in allowed if holds(relation, v, other)]
            assignments.append(assigned)
        return assignments

    def _object(self, shape: Object, assignment: Assignment) -> str | None:
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
                # What the user just said for this very argument is not to be left out.
                place = required if needed or self._just_said(member) else optional
                place.append(f"{shape.keys[name]} {value}")
            elif needed:
                return None
        return f'"{{" {_members(required, optional)} "}}"'

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
                body = self._object(shape, {})
                return None if body is None else self.lark.rule(body)

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
        return any(
            _only_for(leaf.rule, fact) and self._known.just_said(fact)
            for fact in self._known.facts(leaf.rule)
        )

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
            return self.lark.rule(f'"[" ({_some([_literal(value) for value in known])}) "]"')
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
        said = [f for f in facts if _only_for(leaf.rule, f) and self._known.just_said(f)]
        if said:
            # What was just said for this argument stands, whatever was said or assumed before.
            facts, fixed = tuple(said), ()
        else:
            fixed = leaf.fixed
        found = [fact.value for fact in facts]
        if leaf.spans and not leaf.plain:
            found += spans.spans(self._texts)
        return [v for v in dict.fromkeys((*found, *fixed)) if leaf.accepts(v)]


def _only_for(rule: ValueRule, fact: Fact) -> bool:
    """Whether a fact says by its unit or its words which argument it is for.

    What was only worked out or asked about says nothing for sure.
    """
    if fact.source == "context":
        return False
    if rule.kind in {"term", "email"}:
        return True
    return rule.kind in {"integer", "number"} and rule.unit is not None and rule.unit == fact.unit


def _members(required: Sequence[str], optional: Sequence[str]) -> str:
    """Members of an object, required ones first, commas placed right whichever are there."""
    if required:
        tail = "".join(f' ("," {pair})?' for pair in optional)
        return ' "," '.join(required) + tail
    return f"({_some(optional)})?" if optional else ""


def _some(items: Sequence[str]) -> str:
    """At least one of the items, in their order, commas between them."""
    return " | ".join(
        item + "".join(f' ("," {later})?' for later in items[index + 1 :])
        for index, item in enumerate(items)
    )


def _literal(value: Scalar) -> str:
    return quoted(orjson.dumps(value).decode())
