"""How much each learnt act counts in the loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from training.tune.rows import Row


@dataclass(frozen=True, slots=True)
class Weights:
    """Factors by set, by language and by decision (an act's names); 1 where nothing is said."""

    sets: Mapping[str, float] = field(default_factory=dict[str, float])
    languages: Mapping[str, float] = field(default_factory=dict[str, float])
    decisions: Mapping[str, float] = field(default_factory=dict[str, float])

    def of(self, row: Row, act: str) -> float:
        """What an act of a row counts."""
        return (
            self.sets.get(row.set, 1.0)
            * self.languages.get(row.language, 1.0)
            * self.decisions.get(decision(act), 1.0)
        )


def balanced(rows: Iterable[Row], exponent: float, most: float = 4.0) -> dict[str, float]:
    """Factors that make rare decisions count more: (commonest / count) ** exponent, at most `most`.

    An exponent of 0 leaves all as they are, 1 would make all decisions count the same.
    """
    counts = Counter(decision(act) for row in rows for act in _learnt(row))
    top = max(counts.values(), default=1)
    return {name: min(most, (top / count) ** exponent) for name, count in counts.items()}


def decision(act: str) -> str:
    """An act's names, for example ``search_flights+search_hotels``; "" where it is no act."""
    try:
        return "+".join(orjson.loads(line)["name"] for line in act.splitlines())
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return ""


def _learnt(row: Row) -> Iterable[str]:
    acts = [one.content for one in row.messages if one.role == "assistant"]
    return acts if row.every_act else acts[-1:]
