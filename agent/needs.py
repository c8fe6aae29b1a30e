"""What a tool still needs of the user, and how near the conversation is to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.acts import is_required, user_parameters
from agent.evidence.grounding import CHOSEN
from agent.known import Known
from agent.shapes import takes_spans
from tools.spec import ToolSpec, ValueRule


@dataclass(frozen=True, slots=True)
class Gap:
    """What a tool lacks: names to ask for, and how near the conversation is to the tool."""

    names: tuple[str, ...]
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Need:
    """What a tool requires: of the user, by name, and ids that results give."""

    user: Mapping[str, ValueRule]
    ids: tuple[ValueRule, ...]

    @classmethod
    def of(cls, tool: ToolSpec) -> Need:
        """The required leaves of a tool."""
        required = [r for at, r in tool.rules.items() if is_required(tool.parameters, at)]
        ids = tuple(r for r in required if r.kind == "entity" and "user" not in r.sources)
        return cls(user_parameters([tool]), ids)

    def unsettled(self, known: Known) -> tuple[str, ...]:
        """What may be asked for although something is known of it; nothing of a tool out of reach.

        Out of reach is a tool whose ids no result gave yet. What the newest message said in one way
        is settled.
        """
        if not all(known.facts(rule) for rule in self.ids):
            return ()
        return tuple(
            name
            for name, rule in self.user.items()
            if not known.settled(rule) and not (takes_spans(rule) and known.evidence.texts)
        )

    def gap(self, known: Known) -> Gap:
        """What of it the evidence does not hold."""
        ids = [known.facts(rule) for rule in self.ids]
        lacking = tuple(
            name
            for name, rule in self.user.items()
            if not known.facts(rule) and not (takes_spans(rule) and known.evidence.texts)
        )
        marks = {"open"} if all(ids) else set[str]()
        if all(ids) and (self.ids or len(lacking) < len(self.user)):
            marks.add("begun")
        if ids and all(facts and facts[0].vocabulary == CHOSEN for facts in ids):
            marks.add("chosen")
        return Gap(lacking, frozenset(marks))
