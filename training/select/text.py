"""Questions as sets of word sequences, by which they are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.evidence.folding import fold

_WORD = re.compile(r"\w+")

Shingles = frozenset[str]


def words(text: str) -> list[str]:
    """The words and numbers of a text without case, accents and marks."""
    return _WORD.findall(fold(text))


def shingles(tokens: Sequence[str], size: int) -> Shingles:
    """All runs of `size` words; of a shorter text the whole of it, of an empty one none."""
    if len(tokens) <= size:
        return frozenset({" ".join(tokens)} if tokens else ())
    return frozenset(" ".join(tokens[at : at + size]) for at in range(len(tokens) - size + 1))


def jaccard(one: Shingles, other: Shingles) -> float:
    """The share of what two sets have together that both have; 0 where both are empty."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0
