"""What a tool still needs of the user, and how near the conversation is to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from agent.acts import is_required, user_parameters
from agent.evidence.candidates import CHOSEN
from agent.evidence.facts import Evidence, Scalar
from agent.evidence.numbers import PEOPLE
from agent.known import Known
from agent.shapes import takes_spans
from tools.spec import ToolSpec, ValueKind, ValueRule

_PERSONAL: frozenset[ValueKind] = frozenset({"name", "date", "email"})
"""What a person gives together: a name alone may be a hotel's, a day alone that of a journey."""


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

    def is_meant(self, known: Known, spent: Collection[Scalar]) -> bool:
        """Whether all ids that it takes were singled out, and may be used.

        By the newest message, or before one that gives the last of what the tool needs of a person.
        """
        facts = [fact for rule in self.ids for fact in known.facts(rule)[:1]]
        if not facts or any(fact.value in spent for fact in facts):
            return False
        if all(known.just_chosen(fact) for fact in facts):
            return True
        return all(fact.vocabulary == CHOSEN for fact in facts) and self._is_completed(known)

    def _is_completed(self, known: Known) -> bool:
        """Whether nothing is lacking, since the newest message said something of a person."""
        told = (fact for rule in self.user.values() for fact in known.facts(rule))
        return any(map(known.just_said, told)) and not self.gap(known).names

    def unsettled(self, known: Known) -> frozenset[str]:
        """What may still be asked for; nothing of a tool out of reach.

        An e-mail address that stands alone in the newest message can be meant for nothing else.
        Nor can the one name, with the one day of birth where the tool takes one, of somebody who
        gives them beside it.
        """
        if not self.is_within_reach(known):
            return frozenset()
        taken = frozenset(rule.kind for rule in self.user.values())
        given = frozenset(kind for kind in _PERSONAL & taken if self._is_given_alone(kind, known))
        if len(given) < 2 or given != taken:
            given &= {"email"}
        return frozenset(name for name, rule in self.user.items() if rule.kind not in given)

    def open_questions(self, known: Known) -> frozenset[str]:
        """What is unsettled, and has no single value in the whole conversation either.

        Of one traveller. Several have names and birthdays of their own.
        """
        unsettled = self.unsettled(known)
        if _several(known.evidence):
            # Who names all of them, and says once where to write, is not asked for that again.
            named = bool(known.party())
            told = {"name": named, "email": named and self._is_known_alone("email", known)}
            return frozenset(
                name for name in unsettled if not told.get(self.user[name].kind, False)
            )
        return frozenset(name for name in unsettled if len(known.facts(self.user[name])) != 1)

    def _is_known_alone(self, kind: ValueKind, known: Known) -> bool:
        """Whether the conversation holds one value for all that the tool takes of a kind."""
        rules = (rule for rule in self.user.values() if rule.kind == kind)
        return all(len(known.facts(rule)) == 1 for rule in rules)

    def _is_given_alone(self, kind: ValueKind, known: Known) -> bool:
        """Whether the newest message holds one value for all that the tool takes of a kind."""
        rules = [rule for rule in self.user.values() if rule.kind == kind]
        if kind == "date":
            rules = [rule for rule in rules if rule.when == "past"]
        return bool(rules) and all(known.settled(rule) for rule in rules)

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


def _several(evidence: Evidence) -> bool:
    """Whether the conversation speaks of more than one traveller."""
    counted = (f for kind in ("integer", "number") for f in evidence.of_kind(kind))
    return any(
        fact.unit in PEOPLE and float(fact.value) > (fact.unit == "adult") for fact in counted
    )
