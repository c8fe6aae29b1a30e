"""Times of day: "14:30", "2pm", "um 14 Uhr", "akşam 6'dan sonra", "in the morning".

An hour from 1 to 12 without a part of the day is read both ways. A part of the day alone gives
its two boundaries, as context.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.evidence.tokens import Line, Token

HOURS = "dwnakCY"
"""Classes of tokens that tell an hour, whatever leads in."""
_HOUR = "[dwn]"
_PART = r"[pG]|U"
_NOT_COUNTED = r"(?![\-.]?(?:[UPOZ$]|l*M)|[\-.]?[dnyo]|[\-.]?x?P)"
_GRAMMAR = re.compile(
    rf"""(?=[pGCYdwankqJev])(?:
    (?P<clock>(?:[pG],?q?)?Cu?(?:l*(?:{_PART}))?|(?:(?<=q)|(?<=ql))Y|Yu)
  | (?P<half>(?:(?:[pG]q?)?k[dw]|(?:[pG]q?|[qJev]l*q?l*)?[dw]&?k)(?:l*(?:{_PART}))?)
  | (?P<range>{_HOUR}l*[&t\-]l*C)
  | (?P<minutes>(?:(?:[qJev]l*q?l*)?{_HOUR}u[dwn]|[qJev]l*q?l*ww){_NOT_COUNTED})
  | (?P<hour>
        {_HOUR}l*[&t\-]l*{_HOUR}l*[pGu]
      | [pG]q?{_HOUR}{_NOT_COUNTED}u?
      | [dwna]u(?:l*(?:{_PART}))?
      | {_HOUR}l*(?:[pG])
      | [qJev]l*q?l*(?:{_HOUR}|a(?=u)){_NOT_COUNTED}u?(?:l*(?:{_PART}))?
      | d[Jev](?!l*[dnwao]-?[UZ]|l+d|dl*M)
    )
  | (?P<part>p))
    """,
    re.VERBOSE,
)
_CLOCK = re.compile(r"(\d\d?)(?:[:.h](\d\d))?(?::\d\d)?\s?(?:([ap])\.?m)?", re.IGNORECASE)
_BOUNDARIES: Mapping[str, tuple[str, ...]] = {
    "morning": ("06:00", "12:00"),
    "afternoon": ("12:00", "18:00"),
    "evening": ("18:00", "23:59"),
    "night": ("21:00", "23:59"),
    "noon": ("12:00",),
    "midnight": ("00:00",),
}
_DAY_ARTICLES = frozenset({"el", "den", "dem", "zum", "am", "vom"})
"""Before a number without more these say that it is a day: "hasta el 13", but "hasta las 13"."""

_LATE = frozenset({"afternoon", "evening", "night"})


_SAME_TO_ME = (
    r"(?:egal|wurscht|gleichgültig|doesn['’]?t matter|does not matter|don['’]?t (?:mind|care)|"
    r"da igual|es igual|no importa|fark ?etmez|önemli değil|önemsiz)"
)
_CLAUSE = 30
"""So many characters around an hour may say that it does not matter."""
_UNIMPORTANT_AFTER = re.compile(
    rf"(?<!\.)[^.;!?,]{{0,{_CLAUSE}}}(?:,\s*(?:(?:me|mir|das|ist|it|i|bana)\s+){{0,3}})?"
    rf"\b{_SAME_TO_ME}\s*(?:[.;!?,)]|$)",
    re.IGNORECASE,
)
_UNIMPORTANT_BEFORE = re.compile(
    rf"\b{_SAME_TO_ME}\s+(?:ob|if|whether|si|que)\b[^.;!?,]{{0,{_CLAUSE}}}$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TimeMention:
    """Tokens first..last-1 name these times (``HH:MM``); boundaries of a part are not `given`."""

    first: int
    last: int
    times: tuple[str, ...]
    given: bool = True


def is_unimportant(text: str, start: int, end: int) -> bool:
    """Whether the hour at these characters is said to be all the same: "morgens wäre mir egal"."""
    before = text[max(0, start - 2 * _CLAUSE) : start]
    return bool(_UNIMPORTANT_AFTER.match(text, end) or _UNIMPORTANT_BEFORE.search(before))


def read_times(line: Line) -> list[TimeMention]:
    """The times in a line, in their order; their tokens are claimed."""
    mentions: list[TimeMention] = []
    for match in _GRAMMAR.finditer(line.classes):
        first, last = match.span()
        tokens = line.tokens[first:last]
        kind = match.lastgroup or "part"
        if kind == "hour" and _is_day(tokens):
            continue
        if kind == "part":
            times = _BOUNDARIES.get(str(tokens[0].value), ())
        else:
            times = tuple(_READERS.get(kind, _hour)(tokens))
        if times:
            mentions.append(TimeMention(first, last, times, given=kind != "part"))
    for mention in mentions:
        line.claim(mention.first, mention.last)
    return mentions


def _is_day(tokens: Sequence[Token]) -> bool:
    return tokens[-1].cls in "dn" and any(token.word in _DAY_ARTICLES for token in tokens[:-1])


def _clock(tokens: Sequence[Token]) -> Iterator[str]:
    text = next(token.text for token in tokens if token.cls in "CY")
    match = _CLOCK.match(text)
    if match is None:
        return
    hour, minute = int(match[1]), int(match[2] or 0)
    half = match[3]
    if half:
        hour = hour % 12 + (12 if half in "pP" else 0) if hour <= 12 else hour
    elif _part(tokens) in _LATE and hour < 12:
        hour += 12
    if hour < 24 and minute < 60:
        yield f"{hour:02}:{minute:02}"


def _hour(tokens: Sequence[Token]) -> Iterator[str]:
    minute = next((int(token.number) for token in tokens if token.cls == "k"), 0)
    exact = any(token.cls == "u" for token in tokens)
    for token in tokens:
        if token.cls in "dnwa":
            for hour in _readings(int(token.number), _part(tokens), exact=exact):
                total = hour * 60 + minute
                if 0 <= total < 24 * 60:
                    yield f"{total // 60:02}:{total % 60:02}"


def _range(tokens: Sequence[Token]) -> Iterator[str]:
    """ "2 to 4 pm": the first hour is of the half of the day that the second names."""
    for end in _clock(tokens[-1:]):
        first, last = int(tokens[0].number), int(end[:2])
        named = tokens[-1].text.rstrip(".").lower().endswith("m")
        if named and last >= 12 > first and first + 12 <= last:
            first += 12
        if first < 24:
            yield f"{first:02}:00"
        yield end


def _hour_and_minutes(tokens: Sequence[Token]) -> Iterator[str]:
    """ "14 Uhr 30", "at eight thirty"; of two hours side by side the first."""
    hour, minute = [int(token.number) for token in tokens if token.cls in "dwn"]
    exact = any(token.cls == "u" for token in tokens)
    told = minute if (0 if exact else 10) <= minute < 60 else 0
    for found in _readings(hour, None, exact=exact):
        if found < 24:
            yield f"{found:02}:{told:02}"


def _readings(hour: int, part: str | None, *, exact: bool) -> tuple[int, ...]:
    """The hours of 24 that an hour can mean beside a part of the day; `exact`: said as "Uhr"."""
    if part in _LATE:
        return (hour + 12 if hour < 12 else hour,)
    if part is None and 1 <= hour <= 12 and not exact:
        return (hour, hour + 12) if hour < 12 else (12, 0)
    return (hour,)


def _part(tokens: Sequence[Token]) -> str | None:
    for token in tokens:
        if token.cls == "p" or token.value == "night":
            return str(token.value)
        if token.cls == "G":
            return "morning"
    return None


_READERS: Mapping[str, Callable[[Sequence[Token]], Iterator[str]]] = {
    "clock": _clock,
    "range": _range,
    "minutes": _hour_and_minutes,
}
