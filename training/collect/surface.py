"""How a value is said: dates, yes and no, words of an enumeration, in four languages."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from babel.dates import format_date

from agent.evidence.facts import Scalar
from tools.spec import ValueRule

_DATES: Mapping[str, tuple[str, ...]] = {
    "en": ("d MMMM y", "MMMM d, y", "y-MM-dd"),
    "de": ("d. MMMM y", "dd.MM.y", "y-MM-dd"),
    "tr": ("d MMMM y", "dd.MM.y", "y-MM-dd"),
    "es": ("d 'de' MMMM 'de' y", "y-MM-dd"),
}
_YES_NO: Mapping[str, tuple[str, str]] = {
    "en": ("yes", "no"), "de": ("ja", "nein"), "tr": ("evet", "hayır"), "es": ("sí", "no"),
}  # fmt: skip
_CODE_WORD = re.compile(r"[A-Z][A-Z_]+|[a-z]+(?:[_-][a-z]+)+|(?:[A-Z]?[a-z]+)(?:[A-Z][a-z]+)+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def say(value: Scalar, rule: ValueRule, language: str, rng: random.Random) -> str:
    """A value as a person would write it, so that a reader can find it again."""
    if isinstance(value, bool):
        return _YES_NO[language][0 if value else 1]
    match rule.kind:
        case "date":
            pattern = rng.choice(_DATES[language])
            return format_date(date.fromisoformat(str(value)), pattern, locale=language)
        case "term":
            return term(str(value))
        case "text":
            text = str(value)
            return f'"{text}"' if " " in text or rng.random() < 0.2 else text
        case _:
            return str(value)


def term(value: str) -> str:
    """A value of an enumeration as words: ``IN_PROGRESS`` is said ``in progress``.

    Short codes (``EN``, ``XML``) are said as they are.
    """
    if not _CODE_WORD.fullmatch(value) or (value.isupper() and len(value) <= 4):
        return value
    return " ".join(part.lower() for part in _PART.findall(value.replace("_", " ")))


def listed(values: Sequence[str], conjunction: str) -> str:
    """``a, b and c``."""
    head, last = ", ".join(values[:-1]), values[-1]
    return f"{head} {conjunction} {last}" if head else last


def distinct(values: Sequence[Any]) -> bool:
    """Whether the values of an enumeration stay apart when they are said."""
    said = [term(str(value)).casefold() for value in values]
    return len(set(said)) == len(said)
