"""Spans of what the user typed, as grammar rules: text that stands in the conversation, verbatim.

A span begins and ends where a word does, which is what `agent.evidence.grounding.ground` takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from agent.evidence.facts import UserText
from agent.shapes import quoted

MOST_UNITS = 600
"""Words that a grammar offers spans of, in the newest messages first."""

_MOST_SPANS = 400
_UNIT = re.compile(r"\w+|[^\w\s]+")
_OPENS = re.compile(r"(?<!\w)")
_CLOSES = re.compile(r"(?!\w)")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word or a run of signs, and the white space after it; where spans may begin and end."""

    text: str
    gap: str
    opens: bool
    closes: bool


def chain(texts: Sequence[UserText], rule: Callable[[str], str]) -> str | None:
    """The body of a Lark rule for any span as a JSON string; None where nothing was typed.

    One rule a word, each going on to the next: linear in the length of the text. `rule` names a
    rule body.
    """
    starts: list[str] = []
    for units in _newest(texts):
        following = ""
        for unit in reversed(units):
            tail = f"{_literal(unit.gap)} {following}".strip() if following else ""
            if tail and unit.closes:
                tail = f"({tail})?"
            following = rule(f"{_literal(unit.text)} {tail}".strip())
            if unit.opens:
                starts.append(following)
    return f'"\\"" ({" | ".join(dict.fromkeys(starts))}) "\\""' if starts else None


def spans(texts: Sequence[UserText]) -> Iterator[str]:
    """Spans one by one, short ones first, a bounded number of them."""
    left = _MOST_SPANS
    for units in _newest(texts):
        for length in range(1, len(units) + 1):
            for start in range(len(units) - length + 1):
                chosen = units[start : start + length]
                if not (chosen[0].opens and chosen[-1].closes):
                    continue
                if not left:
                    return
                left -= 1
                yield "".join(unit.text + unit.gap for unit in chosen).rstrip()


def _newest(texts: Sequence[UserText]) -> Iterator[list[_Unit]]:
    room = MOST_UNITS
    for text in reversed(texts):
        units = _units(text.text)[:room]
        room -= len(units)
        if units:
            yield units


def _units(text: str) -> list[_Unit]:
    found = [*_UNIT.finditer(text)]
    starts = [*(one.start() for one in found[1:]), len(text)]
    return [
        _Unit(
            text=one.group(),
            gap=text[one.end() : after],
            opens=_OPENS.match(text, one.start()) is not None,
            closes=_CLOSES.match(text, one.end()) is not None,
        )
        for one, after in zip(found, starts, strict=bool(found))
    ]


def _literal(text: str) -> str:
    """Text as it stands inside a JSON string, as a Lark literal; nothing for nothing."""
    return quoted(orjson.dumps(text).decode()[1:-1]) if text else ""
