"""What the evidence offers for value rules in one turn, each question asked once."""

from __future__ import annotations

from datetime import datetime

from agent.evidence.candidates import CHOSEN, candidates
from agent.evidence.facts import Evidence, Fact
from agent.evidence.travellers import Splits, Traveller, party, travellers
from tools.spec import ValueRule

_Key = tuple[object, ...]


class Known:
    """`candidates` of one evidence at one time. Tools share rules, so answers are kept."""

    def __init__(self, evidence: Evidence, now: datetime) -> None:
        self.evidence = evidence
        self._now = now
        self._facts: dict[_Key, tuple[Fact, ...]] = {}

    def facts(self, rule: ValueRule) -> tuple[Fact, ...]:
        """The facts that a value under the rule may be taken from, newest first."""
        # `terms` only steers reading; two rules that differ in it alone have the same facts.
        key = (rule.kind, rule.sources, rule.entity, rule.unit, rule.when, rule.vocabulary)
        found = self._facts.get(key)
        if found is None:
            found = self._facts[key] = candidates(rule, self.evidence, self._now)
        return found

    def travellers(self) -> list[Traveller]:
        """Two people or more who were told with their days of birth; else []."""
        return travellers(self.evidence, self._now)

    def party(self) -> list[Splits]:
        """The people that were named, where they are as many as were counted; else []."""
        return party(self.evidence)

    def just_said(self, fact: Fact) -> bool:
        """Whether the newest message holds the fact."""
        texts = self.evidence.texts
        return bool(texts) and fact.ref.startswith(f"{texts[-1].ref}:")

    def just_chosen(self, fact: Fact) -> bool:
        """Whether the newest message singled the fact's thing out."""
        texts = self.evidence.texts
        return bool(texts) and (fact.vocabulary, fact.unit) == (CHOSEN, texts[-1].ref)

    def settled(self, rule: ValueRule) -> bool:
        """Whether the newest message holds exactly one value under the rule."""
        return len({fact.value for fact in self.facts(rule) if self.just_said(fact)}) == 1
