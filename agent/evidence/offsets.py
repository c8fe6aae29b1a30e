"""Dates that follow from other dates: "for three nights", "a week later", "back on Sunday".

Counted from the nearest date of the same message, else from the dates of the last message that
had any, else from today. All of it is computation over what the user said, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from agent.evidence.calendar import add, next_monthly, next_weekday
from agent.evidence.dates import Mention
from agent.evidence.tokens import Line

_COUNT = r"[dnwao]-?[UZ]"
_GRAMMAR = re.compile(
    rf"""
    (?P<ahead>il*{_COUNT}j?|{_COUNT}F)
  | (?P<later>{_COUNT}[jJ](?!l*[dwa](?!-?[UZ]))|Jl*{_COUNT}|l*NU(?!l*W)|jU|lUj)
  | (?P<earlier>{_COUNT}e)
  | (?P<length>[dnwao]-?U)
    """,
    re.VERBOSE,
)
_MOST_EARLIER = 4


def read_offsets(
    line: Line, mentions: Sequence[Mention], earlier: Sequence[date], today: date
) -> list[Mention]:
    """The dates that the line's lengths and distances lead to.

    `mentions` are the line's own dates, `earlier` those of the newest earlier message that had
    any. Tokens are not claimed: "3 nights" is a number as well.
    """
    found: list[Mention] = []
    counted = "U" in line.classes or "Z" in line.classes
    for match in _GRAMMAR.finditer(line.classes) if counted else ():
        first, last = match.span()
        kind = match.lastgroup or "length"
        tokens = line.tokens[first:last]
        unit = next(str(token.value) for token in tokens if token.cls in "UZ")
        count = next((int(token.number) for token in tokens if token.cls in "dnwao"), 1)
        if count > 400 or (kind == "later" and count == 1 and unit not in {"day", "week", "month"}):
            continue
        anchors = _anchors(kind, first, mentions, earlier, today)
        step = -count if kind == "earlier" else count
        dates = tuple(filter(None, (add(anchor, step, unit) for anchor in anchors)))
        if dates:
            found.append(Mention(first, last, dates, given=False))
    return [*found, *_later_days(line, mentions, earlier)]


def _anchors(
    kind: str, first: int, mentions: Sequence[Mention], earlier: Sequence[date], today: date
) -> Sequence[date]:
    if kind == "ahead":
        return (today,)
    if mentions:
        before = [mention for mention in mentions if mention.last <= first]
        return (before[-1] if before else mentions[0]).dates
    if kind == "later":
        return (*earlier, today)
    return earlier


def _later_days(
    line: Line, mentions: Sequence[Mention], earlier: Sequence[date]
) -> Iterator[Mention]:
    """Weekdays and bare days of the month read as "the next one after the other date"."""
    for index, mention in enumerate(mentions):
        tokens = line.tokens[mention.first : mention.last]
        weekday = next((int(t.number) for t in tokens if t.cls == "W"), None)
        number = next((int(t.number) for t in tokens if t.cls in "doD"), None)
        # Turkish "ayın 9'unda" is a bare day of the month.
        bare = [token.cls for token in tokens] in (["U", "D"], ["U", "d"])
        if not bare and any(token.cls in "MXYINUV" for token in tokens):
            continue
        dates: list[date | None] = []
        for anchor in mentions[index - 1].dates if index else earlier:
            if weekday is not None:
                dates.append(next_weekday(weekday, anchor))
            elif number is not None:
                dates.append(next_monthly(number, anchor))
        if kept := tuple(dict.fromkeys(found for found in dates if found)):
            yield Mention(mention.first, mention.last, kept, given=False)
