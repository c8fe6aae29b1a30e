"""Dates that stand in a message by themselves, in all the forms people type.

The grammar is one regular expression over token classes (`lexicon.CLASSES`), so "3 March",
"3. März", "3 de marzo" and "3 Mart" are one rule. Dates that follow from other dates ("for three
nights") are the business of `agent.evidence.offsets`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from agent.evidence.calendar import (
    add,
    day,
    full_year,
    next_monthly,
    next_weekday,
    next_yearly,
    weekday_of_next_week,
)
from agent.evidence.lexicon import word_languages
from agent.evidence.shares import is_share
from agent.evidence.tokens import Line, Token

_DAY = r"(?:d\.?|[oDw])"
# Repetitions are possessive where one ends in what the next begins with: "the the the 3".
_TO = r"[l.]*+[-tv&/]l*+"
_YEAR = r"(?:[,l]*y(?!\$))?"
_LEAD = r"l*+(?:W[,.]?l*+)?"
_TRAIL = r"(?:[,(]?W\)?(?![,.]?l*(?:d|M)))?"
_NOT_COUNTED = r"(?![UPOZ$\-]?[UPOZ$])"
_GRAMMAR = re.compile(
    rf"""(?=[lWdowaDMIXYRGHNTKUV])(?:
    (?P<nth_weekday>l*o\.?l*Wl*[is]?l*M{_YEAR}|MoW)
  | (?P<calendar>
        {_LEAD}{_DAY}{_TO}{_LEAD}{_DAY}l*M{_YEAR}
      | {_LEAD}M\.?l*{_DAY}{_TO}{_DAY}{_NOT_COUNTED}(?!l*M){_YEAR}
      | {_LEAD}[dowaD]\.?l*M{_YEAR}{_TRAIL}
      | {_LEAD}M\.?l*{_DAY}{_NOT_COUNTED}{_YEAR}
    )
  | (?P<days_to_numeric>{_LEAD}d\.?{_TO}X)
  | (?P<iso>{_LEAD}I)
  | (?P<numeric>{_LEAD}(?:X|(?<!q)Y(?![u$P])))
  | (?P<relative>R)
  | (?P<either>(?<![lq])G)
  | (?P<holiday>H)
  | (?P<weeks_ahead>l*Wil*[dnwao]U)
  | (?P<after_next>l*WJN)
  | (?P<next_week>W[,l]*(?:Nl*U|UN|V)|(?:Nl*U|UN|V)l*W)
  | (?P<weekday>[NT]?l*WN?)
  | (?P<weekend>[NT]?l*KN?)
  | (?P<next_month>l*[doD]\.?l*Nl*U|l*[doD]\.?l*UN|Nl*Ul*[doD])
  | (?P<monthly>
        ld(?:\.|{_NOT_COUNTED}(?![-t:&]l*[dwn]))
      | U?D(?!-?[ax]?P|a)
      | Ud(?!\.?(?:[UPOZ$]|l*M))
    ))
    """,
    re.VERBOSE,
)
_OF = frozenset({"of", "de", "von"})
_COUNTING = _OF | {"las", "los", "la"}
_MOST_WEEKS = 52
_SHORT_YEAR = re.compile(r"[,l]*[dn](?!\.?[UPOZ$M%:])")
_NUMERIC = re.compile(r"(\d\d?)[./-](\d\d?)(?:[./-](\d{2,4}))?")


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a line (tokens first..last-1) that names one day or more.

    `dates` are a range's ends, or the readings of something unclear. `given` is False for a day
    that was only found by counting from another one, and for a birthday without its year.
    """

    first: int
    last: int
    dates: tuple[date, ...]
    given: bool = True


@dataclass(frozen=True, slots=True)
class _Context:
    today: date
    day_first: bool
    birth: bool
    year: int | None


def read_dates(line: Line, today: date, language: str | None) -> list[Mention]:
    """The dates in a line, in their order; their tokens are claimed.

    Days without a year are rolled to the next such day from `today` on, years that were typed are
    kept. All-numeric dates are day first except in English, where both readings count.
    """
    mentions: list[Mention] = []
    following: tuple[int, int] | None = None
    for match in reversed(list(_GRAMMAR.finditer(line.classes))):
        first, last = match.span()
        while line.classes[first] == "l":
            first += 1
        birth = "b" in line.classes[max(0, first - 4) : last + 3]
        year = _shared_year(line, last, following)
        if birth and match["calendar"] and "y" not in match[0]:
            last, digits = _short_year(line, last)
            year = full_year(digits, today, birth=True) if digits else year
        context = _Context(today, language in {"tr", "de", "es"}, birth, year)
        if _names_somebody(line, first, last, language) or _counts(line, first, match):
            continue
        if is_share(line, first, last):
            continue
        read = _READERS[match.lastgroup or "calendar"]
        dates = tuple(dict.fromkeys(filter(None, read(line.tokens[first:last], context))))
        if dates:
            # A birthday without its year is no day to come that anybody named.
            dated = year is not None or "y" in match[0] or not match["calendar"]
            mentions.append(Mention(first, last, dates, given=dated or not birth))
            stated = next((int(t.number) for t in line.tokens[first:last] if t.cls == "y"), None)
            following = (first, stated) if stated else None
    for mention in mentions:
        # 4.12 may still be a decimal, the 5th an option, and Noel Baker somebody.
        classes = line.classes[mention.first : mention.last]
        if classes not in {"Y", "D"} and not (
            classes == "H" and line.classes[mention.last : mention.last + 1] == "x"
        ):
            line.claim(mention.first, mention.last)
    return mentions[::-1]


def _counts(line: Line, first: int, match: re.Match[str]) -> bool:
    """Whether a bare number counts something: "a family of 5", "los 4", "the 4 of us"."""
    if not match["monthly"] or line.classes[first] != "d" or match[0].endswith("."):
        return False
    after = line.tokens[match.end() : match.end() + 1]
    return bool(line.words_before(first, 1) & _COUNTING) or any(t.word in _OF for t in after)


def _names_somebody(line: Line, first: int, last: int, language: str | None) -> bool:
    """Whether a holiday or a weekday is a name: "my name is Noel Baker".

    A foreign word before an unknown one is a name without a cue.
    """
    spoken = word_languages().get(line.tokens[first].word, ())
    foreign = line.classes[first] == "H" and language is not None and language not in spoken
    return (
        line.classes[first:last] in {"H", "W"}
        and line.classes[last : last + 1] == "x"
        and (foreign or line.classes[max(0, first - 1) : first] == "A")
    )


def _short_year(line: Line, last: int) -> tuple[int, str]:
    """Where a date of birth ends that goes on with a year of two digits, and these; or ""."""
    match = _SHORT_YEAR.match(line.classes, last)
    digits = line.tokens[match.end() - 1].text if match else ""
    return (match.end(), digits) if match and len(digits) == 2 else (last, "")


def _shared_year(line: Line, last: int, following: tuple[int, int] | None) -> int | None:
    """The year typed after the other end of a range, as in "28 May to 3 June 2027"."""
    if following is None or set(line.classes[last : following[0]]) - set("-tl&,"):
        return None
    return following[1]


def _calendar(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    month = next(int(token.number) for token in tokens if token.cls == "M")
    years = [int(token.number) for token in tokens if token.cls == "y"]
    year = years[0] if years else context.year
    previous: date | None = None
    for token in tokens:
        if token.cls in "dowaD":
            found = _dated(month, int(token.number), year, context)
            if found and previous and found < previous and year is None:
                found = add(found, 1, "year")
            previous = found
            yield found


def _dated(month: int, number: int, year: int | None, context: _Context) -> date | None:
    if year is None:
        return next_yearly(month, number, context.today)
    return day(year, month, number)


def _iso(tokens: Sequence[Token], _: _Context) -> Iterator[date | None]:
    year, month, number = (int(part) for part in re.split(r"\D", tokens[-1].text))
    yield day(year, month, number)


def _numeric(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    match = _NUMERIC.match(tokens[-1].text)
    if match is None or (tokens[-1].cls == "Y" and not context.day_first):
        return
    left, right, year = int(match[1]), int(match[2]), match[3]
    full = full_year(year, context.today, birth=context.birth) if year else context.year
    yield _dated(right, left, full, context)
    if not context.day_first and "." not in match[0]:
        yield _dated(left, right, full, context)


def _days_to_numeric(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    for end in list(_numeric(tokens, context)):
        if end is not None:
            start = next(int(token.number) for token in tokens if token.cls == "d")
            yield day(end.year, end.month, start)
            yield end


def _relative(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    yield add(context.today, int(tokens[0].number), "day")


def _holiday(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    month, number = divmod(int(tokens[0].number), 100)
    yield next_yearly(month, number, context.today)


def _weekday_of(tokens: Sequence[Token]) -> int:
    return next(int(token.number) for token in tokens if token.cls == "W")


def _next_week(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    yield weekday_of_next_week(_weekday_of(tokens), context.today)


def _weekday(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    number = _weekday_of(tokens)
    if number == context.today.weekday() and len(tokens) == 1:
        yield context.today
    yield next_weekday(number, context.today)
    if any(token.cls == "N" for token in tokens):
        yield weekday_of_next_week(number, context.today)


def _nth_weekday(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    """ "The first Monday in March"."""
    which = next(int(token.number) for token in tokens if token.cls == "o")
    month = next(int(token.number) for token in tokens if token.cls == "M")
    years = [int(token.number) for token in tokens if token.cls == "y"]
    today = context.today
    for year in years or (today.year, today.year + 1):
        first = day(year, month, 1)
        ahead = (_weekday_of(tokens) - first.weekday()) % 7 if first else 0
        found = add(first, ahead + 7 * (which - 1), "day") if first else None
        if found and found.month == month and (years or found >= today):
            yield found
            return


def _weeks_ahead(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    """ "Monday in two weeks": of the week that lies so far ahead, or so many after the next one."""
    count = next(int(token.number) or 1 for token in tokens if token.cls in "dnwao")
    if count > _MOST_WEEKS or all(token.value != "week" for token in tokens):
        return
    weekday = _weekday_of(tokens)
    if first := weekday_of_next_week(weekday, context.today):
        yield add(first, 7 * (count - 1), "day")
    if first := next_weekday(weekday, context.today):
        yield add(first, 7 * count, "day")


def _after_next(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    """ "Friday after next"."""
    for found in (
        next_weekday(_weekday_of(tokens), context.today),
        weekday_of_next_week(_weekday_of(tokens), context.today),
    ):
        yield add(found, 7, "day") if found else None


def _weekend(tokens: Sequence[Token], context: _Context) -> Iterator[date | None]:
    saturday = add(context.today, (5 - context.today.weekday()) % 7, "day")
    weeks = (0, 1) if any(token.cls == "N" for token in tokens) else (0,)
    for week in weeks:
        for offset in (0, 1):
            yield saturday and add(saturday, 7 * week + offset, "day")


def _monthly(
    tokens: Sequence[Token], context: _Context, skip_months: int = 0
) -> Iterator[date | None]:
    if skip_months and not any(token.value == "month" for token in tokens):
        return
    if tokens[0].cls == "U" and tokens[0].value != "month" and tokens[0].word != "dia":
        return
    number = next(int(token.number) for token in tokens if token.cls in "doD")
    yield next_monthly(number, context.today, skip_months)


_READERS: Mapping[str, Callable[[Sequence[Token], _Context], Iterator[date | None]]] = {
    "calendar": _calendar,
    "days_to_numeric": _days_to_numeric,
    "iso": _iso,
    "numeric": _numeric,
    "relative": _relative,
    "either": _relative,
    "holiday": _holiday,
    "nth_weekday": _nth_weekday,
    "weeks_ahead": _weeks_ahead,
    "after_next": _after_next,
    "next_week": _next_week,
    "weekday": _weekday,
    "weekend": _weekend,
    "monthly": _monthly,
    "next_month": partial(_monthly, skip_months=1),
}
