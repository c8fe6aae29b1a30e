"""Percentages: "12 por ciento" and "yüzde 17'si" name no day, and choose nothing."""

from __future__ import annotations

from agent.evidence.tokens import Line

_AFTER = frozenset({"percent", "prozent", "por ciento", "per cent", "%"})
_BEFORE = frozenset({"yuzde", "%"})


def is_share(line: Line, first: int, last: int) -> bool:
    """Whether the number in tokens first..last-1 is one of a hundred."""
    before = [token.word for token in line.tokens[max(0, first - 1) : first]]
    after = [token.word for token in line.tokens[last : last + 2]]
    return any(word in _BEFORE for word in before) or any(
        " ".join(after[:count]) in _AFTER for count in (1, 2)
    )
