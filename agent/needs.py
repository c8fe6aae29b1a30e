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

    def is_within_reach(self, known: Known) -> bool:
        """Whether results gave the ids that it takes, if it takes any."""
        return all(known.facts(rule) for rule in self.ids)

    def unsettled(self, known: Known) -> frozenset[str]:
        """What may still be asked for; nothing of a tool out of reach.

        An e-mail address that stands alone in the newest message can be meant for nothing else.
        """
        if not self.is_within_reach(known):
            return frozenset()
        return frozenset(
            name
            for name, rule in self.user.items()
            if rule.kind != "email" or not known.settled(rule)
        )

    def gap(self, known: Known) -> Gap:
        """What of it the evidence does not hold."""
        ids = [known.facts(rule) for rule in self.ids]
        lacking = tuple(
            name
            for name, rule in self.user.items()
            if not known.facts(rule) and not (takes_spans(rule) and known.evidence.texts)
        )
        marks = {"open"}
        if all(ids) and (self.ids or len(lacking) < len(self.user)):
            marks.add("begun")
        if ids and all(facts and facts[0].vocabulary == CHOSEN for facts in ids):
            marks.add("chosen")
        return Gap(lacking, frozenset(marks))
