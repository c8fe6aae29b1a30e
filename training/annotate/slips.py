"""How a value goes wrong when a model writes it: seldom nonsense, mostly nearly right.

The ways are those seen of a small model decoding freely (docs/log.md): a syllable exchanged while
copying, an address composed of the name, a word of the talk in a name's place, an id of another
kind, a day that stands elsewhere; and where no id is known, a booking's code or the name of a kind
of thing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

from tools.spec import ValueKind

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CODE = re.compile(r"\b(?=[A-Z0-9]*[A-Z])[A-Z0-9]{5,8}\b")
_ID = re.compile(r"\b[a-z]{2,5}_[a-z0-9]{2,}\b")
_WORD = re.compile(r"[^\W\d_]{3,}")
_DAYS = (1, 2, 7, 30)
_LETTERS = "abcdefghiklmnoprstuvz"

_Way = Callable[[str, Sequence[str], Sequence[str], Random], str]
"""Of the right text, the other texts of the call, what was said and found so far, and the dice."""


def slip(
    text: str, kind: ValueKind, others: Sequence[str], heard: Sequence[str], rng: Random
) -> str:
    """Another text in place of the right one. `heard` are messages and results, oldest first."""
    if kind == "date" and _DATE.fullmatch(text):
        return _another_day(text, others, heard, rng)
    ways = _WAYS.get(kind, (_miscopied, _chopped))
    made = rng.choice(ways)(text, others, heard, rng)
    return made if made and made != text else _miscopied(text, others, heard, rng)


def _another_day(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    shifted = (date.fromisoformat(text) + timedelta(rng.choice(_DAYS))).isoformat()
    seen = {one for told in (*others, *heard) for one in _DATE.findall(told)} - {text}
    return rng.choice(sorted(seen)) if seen and rng.random() < 0.5 else shifted


def _miscopied(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    """Two letters in the middle become others, or are said twice, or are lost."""
    if len(text) < 3:
        return f"{text}x"
    at = rng.randrange(1, len(text) - 1)
    new = rng.choice((
        "".join(rng.choice(_LETTERS) for _ in range(rng.randint(1, 3))), text[at : at + 2] * 2, "",
    ))  # fmt: skip
    made = text[:at] + new + text[at + rng.randint(1, 2) :]
    return made if made != text else text[:at] + text[at + 1 :]


def _chopped(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    return text[: -rng.randint(1, 3)] if len(text) > 4 else f"{text}x"


def _sibling(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    """A value of another argument."""
    texts = [one for one in others if one != text]
    return rng.choice(texts) if texts else ""


def _overheard(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    """A word of the talk."""
    words = _WORD.findall(heard[-1]) if heard else []
    return rng.choice(words) if words else ""


def _composed(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    """An address made of names, as so many are."""
    names = [one.lower() for one in others if one.isalpha()]
    if not names:
        return ""
    joined = rng.choice(("", ".", "_")).join(rng.sample(names, min(2, len(names))))
    return f"{joined}@{text.rpartition('@')[2]}"


def _headless(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    """What follows the first mark of an address."""
    return re.split(r"[.@_+-]", text, maxsplit=1)[-1]


def _reversed(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    return text[::-1]


def _another_id(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    """An id of the same kind where one was heard, else `text` with a letter too many."""
    prefix = text.partition("_")[0]
    seen = [one for told in heard for one in _ID.findall(told) if one != text]
    alike = [one for one in seen if one.startswith(f"{prefix}_")]
    return rng.choice(alike) if alike else f"{text}0"


def _foreign_id(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    """An id of anything, a value that is none, or one with the right beginning only."""
    seen = [one for told in heard for one in _ID.findall(told)]
    return rng.choice((*seen[-6:], *others, f"{text.partition('_')[0]}_{rng.randint(1, 999)}"))


def _no_id(text: str, others: Sequence[str], heard: Sequence[str], rng: Random) -> str:
    """A code that was typed, else the beginning of an id without the rest of it."""
    typed = [one for told in heard for one in _CODE.findall(told)]
    prefix = text.partition("_")[0]
    return rng.choice(typed[-3:]) if typed else rng.choice((prefix, f"{prefix}_id"))


def invented(argument: str, heard: Sequence[str], rng: Random) -> str:
    """What stands in an argument for which nothing is known yet: its name, a code, some word."""
    typed = [one for told in heard for one in _CODE.findall(told)][-2:]
    word, _, _ = argument.partition("_")
    return rng.choice((argument, word, f"{word}_{rng.randint(1, 9)}", "not_possible", *typed))


_WAYS: dict[ValueKind, tuple[_Way, ...]] = {
    "name": (_miscopied, _miscopied, _chopped, _sibling, _overheard),
    "email": (_miscopied, _miscopied, _composed, _composed, _headless),
    "entity": (_another_id, _another_id, _foreign_id, _foreign_id, _no_id, _no_id, _miscopied),
    "place": (_sibling, _reversed),
}
