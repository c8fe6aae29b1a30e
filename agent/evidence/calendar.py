"""Calendar arithmetic: what day a way of naming a day means, seen from today. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DAYS = {"night": 1, "day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Context:
    """What a date in words is read against; `year` is one that stands elsewhere in the words."""

    today: date
    day_first: bool
    birth: bool
    year: int | None


def day(year: int, month: int, number: int) -> date | None:
    """The date, or None where the calendar has no such day."""
    try:
        return date(year, month, number)
    except ValueError:
        return None


def next_yearly(month: int, number: int, today: date) -> date | None:
    """The first such day of a year from today on (29 February waits for a leap year)."""
    for year in range(today.year, min(today.year + 9, date.max.year)):
        found = day(year, month, number)
        if found is not None and found >= today:
            return found
    return None


def next_monthly(number: int, today: date, skip_months: int = 0) -> date | None:
    """The first such day of a month from today on; with `skip_months`, in that month exactly."""
    for months in range(skip_months, skip_months + 1 if skip_months else 4):
        index = today.year * 12 + today.month - 1 + months
        found = day(index // 12, index % 12 + 1, number)
        if found is not None and found >= today:
            return found
    return None


def nth_weekday(year: int, month: int, weekday: int, count: int) -> date | None:
    """The first, second, … such weekday (Monday is 0) of a month; counted from its end below 0."""
    days = (day(year, month, number) for number in range(1, 32))
    found = [one for one in days if one and one.weekday() == weekday]
    return found[count - (count > 0)] if -len(found) <= count <= len(found) else None


def next_weekday(weekday: int, today: date) -> date | None:
    """The first such weekday (Monday is 0) after today."""
    return add(today, (weekday - today.weekday() - 1) % 7 + 1, "day")


def weekday_of_next_week(weekday: int, today: date) -> date | None:
    """That weekday in the calendar week (Monday to Sunday) after the present one."""
    return add(today, 7 - today.weekday() + weekday, "day")


def add(start: date, count: int, unit: str) -> date | None:
    """`count` nights, days, weeks, months or years after `start`; None beyond the calendar.

    A month later than 31 January is the last day of February.
    """
    try:
        if unit in DAYS:
            return start + timedelta(days=count * DAYS[unit])
        index = start.year * 12 + start.month - 1 + count * (12 if unit == "year" else 1)
        for number in range(start.day, 27, -1):
            if found := day(index // 12, index % 12 + 1, number):
                return found
        return date(index // 12, index % 12 + 1, start.day)
    except (OverflowError, ValueError):
        return None


def full_year(digits: str, today: date, *, birth: bool) -> int:
    """A year of two or four digits in full.

    Two digits mean the century in which the date makes sense: a birth lies behind us, a trip at
    most ten years ahead.
    """
    year = int(digits)
    if len(digits) > 2:
        return year
    year += today.year // 100 * 100
    return year - 100 if year > today.year + (0 if birth else 10) else year
