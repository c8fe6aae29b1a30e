"""The grammar of one turn: what the model can write at all, as Lark in llguidance's dialect.

Three modes. ``free``: no grammar. ``schema``: any call that the tools' JSON Schemas allow, so no
invented tool or parameter. ``grounded``: only calls whose every value the evidence holds, so no
invented value either; a tool with a required value that nothing grounds is not on offer at all.
The text runs unchanged on the embedded engine and on vLLM's ``guidance`` backend.

What depends on the tools alone is compiled once (`agent.shapes`); a turn only fills in values.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent.acts import ANSWERS, ASKS, DECLINES, MAX_CALLS, SHOWS, is_reply
from agent.engines.base import Mode
from agent.evidence.bearing import unfound_codes
from agent.evidence.facts import Evidence, Fact
from agent.filling import Act, Filling
from agent.known import Known
from agent.lark import Lark
from agent.limits import NO_LIMITS, Limits
from agent.lists import Lists
from agent.needs import Need
from agent.shapes import Leaf, compile_shape, json_rule, quoted
from tools.spec import ToolSpec


class ActGrammar:
    """Writes the grammars of turns over one set of acts (tools and replies). Safe to share."""

    def __init__(self, acts: Sequence[ToolSpec], most_calls: int = MAX_CALLS) -> None:
        self._most_calls = most_calls
        self._acts = [
            Act(
                act.name,
                "reply" if is_reply(act) else act.effect,
                quoted(f'{{"name":"{act.name}","arguments":'),
                compile_shape(act),
                act.relations,
                act.approval.entity_argument.strip("/") if act.approval else None,
            )
            for act in acts
        ]
        tools = [act for act in acts if not is_reply(act)]
        self._needs = [Need.of(tool) for tool in tools]
        self._without_id = frozenset(
            tool.name
            for tool, need in zip(tools, self._needs, strict=True)
            if tool.effect == "read" and not need.ids
        )
        self._lists = Lists(tools)
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
        filling = Filling(known, lambda: self._askable(known, spent), Lark(self._most_calls))
        pointless = limits.pointless | self._premature(evidence, limits)
        pointless |= self._told_anyway(known, limits) | self._led_away(known, spent)
        for act in self._acts:
            arguments = None if act.name in pointless else filling.arguments(act, limits)
            if arguments is not None:
                filling.lark.offer(act.group, f'{act.head} {arguments} "}}"')
        return filling.lark.text()

    def missing(self, evidence: Evidence, now: datetime) -> list[str]:
        """Names of required user-supplied values that nothing in the evidence grounds, sorted.

        Of the tool for which the user singled something out; else of the tools that the evidence
        has begun to fill; else of all.
        """
        return self._lacking(Known(evidence, now))

    def _premature(self, evidence: Evidence, limits: Limits) -> frozenset[str]:
        """Giving up the search for a booking code while a list that may hold it can be read.

        As long as that is so, bookings that do not have the code are not shown for it either, and
        nothing is asked.
        """
        lists = self._lists.concerned(evidence)
        unread = lists - limits.looked - limits.pointless
        begun = not limits.looked.isdisjoint(lists)
        early = begun and unread and unfound_codes(evidence)
        return frozenset({DECLINES, SHOWS, ANSWERS, ASKS} if early else ())

    def _told_anyway(self, known: Known, limits: Limits) -> frozenset[str]:
        """Telling what was just quoted for a write, to a person who asked for nothing to be told.

        The question for approval shows it. Whoever says "cancel my flight" need not say it twice.
        """
        if not limits.untold:
            return frozenset()
        bought = (act.shape.members.get(act.buys or "") for act in self._acts)
        rules = (leaf.rule for leaf in bought if isinstance(leaf, Leaf) and leaf.rule)
        newest = (fact for rule in rules for fact in known.facts(rule)[:1])
        quoted = any(_quoted_by(known, fact) <= limits.untold for fact in newest)
        return frozenset({ANSWERS} if quoted else ())

    def _led_away(self, known: Known, spent: frozenset[str]) -> frozenset[str]:
        """Declining and searching, where the newest message names by its very id what was shown.

        Buttons of a page say it so ("Book offer off_…"), and nothing else can be meant.
        """
        ids = (fact for need in self._needs for rule in need.ids for fact in known.facts(rule)[:1])
        named = any(
            known.just_chosen(fact) and fact.text == fact.value and fact.value not in spent
            for fact in ids
        )
        return self._without_id | {DECLINES, SHOWS} if named else frozenset()

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
        lark = Lark(self._most_calls)
        for act, compiled in zip(acts, self._acts, strict=True):
            arguments = lark.rule(json_rule(act.parameters))
            lark.offer(compiled.group, f'{compiled.head} {arguments} "}}"')
        return lark.text()


def _quoted_by(known: Known, fact: Fact) -> frozenset[str]:
    """The calls in whose results a thing stands."""
    same = (one for one in known.evidence.of_kind("entity") if one.value == fact.value)
    return frozenset(one.ref.partition("/")[0] for one in same)
