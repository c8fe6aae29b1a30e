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

from agent.evidence import weekdays
from agent.evidence.calendar import (
    DAYS,
    Context,
    add,
    day,
    full_year,
    next_monthly,
    next_yearly,
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
    rf"""(?=[lWdowaDMIXYRGHNTKUVx])(?:
    (?P<nth_weekday>l*[ox]\.?l*[WK]l*[is]?l*M{_YEAR}|M[ox][WK])
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
  | (?P<holiday>(?:U[Je])?H)
  | (?P<weeks_ahead>l*Wil*[dnwao]U)
  | (?P<after_next>l*WJN)
  | (?P<next_week>W[,l]*(?:Nl*U|UN|V)|(?:Nl*U|UN|V)l*W)
  | (?P<weekday>[NT]?l*WN?)
  | (?P<weekend>[NT]?l*KN?(?!l*[dD]\.?l*M))
  | (?P<next_month>l*[doD]\.?l*Nl*U|l*[doD]\.?l*UN|Nl*Ul*[doD])
  | (?P<days>l(?:d\.|(?<=l)d)tl*d(?:\.|{_NOT_COUNTED}))
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
        context = Context(today, language in {"tr", "de", "es"}, birth, year)
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
    """Whether a bare number counts something: "a family of 5", "los 4", "from 2 to 4"."""
    if match["days"]:
        # Two bare numbers are days after an article: "del 15 al 20".
        return "." not in match[0] and not line.words_before(first, 1) & {"del"}
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


def _calendar(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
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


def _dated(month: int, number: int, year: int | None, context: Context) -> date | None:
    if year is None:
        return next_yearly(month, number, context.today)
    return day(year, month, number)


def _iso(tokens: Sequence[Token], _: Context) -> Iterator[date | None]:
    year, month, number = (int(part) for part in re.split(r"\D", tokens[-1].text))
    yield day(year, month, number)


def _numeric(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    match = _NUMERIC.match(tokens[-1].text)
    if match is None or (tokens[-1].cls == "Y" and not context.day_first):
        return
    left, right, year = int(match[1]), int(match[2]), match[3]
    full = full_year(year, context.today, birth=context.birth) if year else context.year
    yield _dated(right, left, full, context)
    if not context.day_first and "." not in match[0]:
        yield _dated(left, right, full, context)


def _days_to_numeric(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    for end in list(_numeric(tokens, context)):
        if end is not None:
            start = next(int(token.number) for token in tokens if token.cls == "d")
            yield day(end.year, end.month, start)
            yield end


def _relative(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    yield add(context.today, int(tokens[0].number), "day")


def _holiday(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    """ "Christmas", and "the day after Christmas"."""
    month, number = divmod(int(tokens[-1].number), 100)
    found = next_yearly(month, number, context.today)
    # The week after it begins on no certain day.
    next_to = len(tokens) > 1 and DAYS.get(str(tokens[0].value)) == 1
    beside = {"J": 1, "e": -1}.get(tokens[-2].cls, 0) if next_to else 0
    yield add(found, beside, "day") if found else None


def _days(tokens: Sequence[Token], context: Context) -> Iterator[date | None]:
    """ "Vom 15. bis 20.", "del 15 al 20"."""
    start, end = (int(token.number) for token in tokens if token.cls == "d")
    if first := next_monthly(start, context.today):
        yield first
        yield next_monthly(end, first)


def _monthly(
    tokens: Sequence[Token], context: Context, skip_months: int = 0
) -> Iterator[date | None]:
    if skip_months and not any(token.value == "month" for token in tokens):
        return
    if tokens[0].cls == "U" and tokens[0].value != "month" and tokens[0].word != "dia":
        return
    number = next(int(token.number) for token in tokens if token.cls in "doD")
    yield next_monthly(number, context.today, skip_months)


_READERS: Mapping[str, Callable[[Sequence[Token], Context], Iterator[date | None]]] = {
    "calendar": _calendar,
    "days_to_numeric": _days_to_numeric,
    "iso": _iso,
    "numeric": _numeric,
    "relative": _relative,
    "either": _relative,
    "holiday": _holiday,
    "nth_weekday": weekdays.nth_weekday,
    "days": _days,
    "weeks_ahead": weekdays.weeks_ahead,
    "after_next": weekdays.after_next,
    "next_week": weekdays.next_week,
    "weekday": weekdays.weekday,
    "weekend": weekdays.weekend,
    "monthly": _monthly,
    "next_month": partial(_monthly, skip_months=1),
}
