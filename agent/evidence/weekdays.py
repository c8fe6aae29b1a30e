"""Days that are told by their weekday: "next Monday", "the last weekend of May".

Each function reads the tokens of one way to say so (`agent.evidence.dates` finds them).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from agent.evidence import calendar
from agent.evidence.calendar import Context, add, next_weekday, weekday_of_next_week
from agent.evidence.tokens import Token

_LAST = frozenset({"last", "letzte", "letzter", "letztes", "letzten", "ultimo", "son"})
_MOST_WEEKS = 52
_SATURDAY = 5


def _weekday_of(tokens: Sequence[Token]) -> int:
    return next(int(token.number) for token in tokens if token.cls == "W")


def next_week(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    """ "Monday next week"."""
    yield weekday_of_next_week(_weekday_of(tokens), context.today)


def weekday(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    """ "On Monday", and "next Monday", which may be that of the next week."""
    number = _weekday_of(tokens)
    if number == context.today.weekday() and len(tokens) == 1:
        yield context.today
    yield next_weekday(number, context.today)
    if any(token.cls == "N" for token in tokens):
        yield weekday_of_next_week(number, context.today)


def nth_weekday(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    """ "The first Monday in March", "the last weekend of May"."""
    which = next(token for token in tokens if token.cls in "ox")
    if which.cls == "x" and which.word not in _LAST:
        return
    month = next(int(token.number) for token in tokens if token.cls == "M")
    wanted = next((int(token.number) for token in tokens if token.cls == "W"), _SATURDAY)
    count = int(which.number) if which.cls == "o" else -1
    years = [int(token.number) for token in tokens if token.cls == "y"]
    for year in years or (context.today.year, context.today.year + 1):
        found = calendar.nth_weekday(year, month, wanted, count)
        if found and (years or found >= context.today):
            yield found
            if any(token.cls == "K" for token in tokens):
                yield add(found, 1, "day")
            return


def weeks_ahead(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    """ "Monday in two weeks": of the week that lies so far ahead, or so many after the next one."""
    count = next(int(token.number) or 1 for token in tokens if token.cls in "dnwao")
    if count > _MOST_WEEKS or all(token.value != "week" for token in tokens):
        return
    wanted = _weekday_of(tokens)
    if first := weekday_of_next_week(wanted, context.today):
        yield add(first, 7 * (count - 1), "day")
    if first := next_weekday(wanted, context.today):
        yield add(first, 7 * count, "day")


def after_next(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    """ "Friday after next"."""
    for found in (
        next_weekday(_weekday_of(tokens), context.today),
        weekday_of_next_week(_weekday_of(tokens), context.today),
    ):
        yield add(found, 7, "day") if found else None


def weekend(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    """ "At the weekend", and "next weekend", which may be the one after."""
    saturday = add(context.today, (_SATURDAY - context.today.weekday()) % 7, "day")
    weeks = (0, 1) if any(token.cls == "N" for token in tokens) else (0,)
    for week in weeks:
        for offset in (0, 1):
            yield saturday and add(saturday, 7 * week + offset, "day")
