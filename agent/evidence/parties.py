"""How many people are named as those something is for: "for Mia Olsen and Lena Olsen" are two."""

from __future__ import annotations

import re
from collections.abc import Sequence

AND = "and|plus|und|sowie|y|e|ve|ile"
"""The words that join two names, as alternatives of a pattern."""
_BETWEEN = re.compile(rf"\s*(?:[,&+]|(?:,\s*)?\b(?:{AND})\b)\s*", re.IGNORECASE)
_FOR = re.compile(r"\b(?:for|für|fuer|para)\s+$", re.IGNORECASE)
_FOR_AFTER = re.compile(r"\s*i[cç]in\b", re.IGNORECASE)
_NEAR = 8

Span = tuple[int, int]


def named_party(text: str, names: Sequence[Span]) -> tuple[int, int, int] | None:
    """The first list of two or more full names that something is for: its span, and how many.

    `names` are the spans of names in `text`, in any order. A name of one word may be anything and
    counts for nobody.
    """
    full = sorted((start, -end) for start, end in names if " " in text[start:end])
    run: list[Span] = []
    for start, end in ((start, -end) for start, end in full):
        if run and start < run[-1][1]:
            continue
        if run and not _BETWEEN.fullmatch(text, run[-1][1], start):
            if found := _party(text, run):
                return found
            run = []
        run.append((start, end))
    return _party(text, run)


def _party(text: str, run: Sequence[Span]) -> tuple[int, int, int] | None:
    if len(run) < 2:
        return None
    (start, _), (_, end) = run[0], run[-1]
    if not _FOR.search(text[max(0, start - _NEAR) : start]) and not _FOR_AFTER.match(text, end):
        return None
    return start, end, len(run)
