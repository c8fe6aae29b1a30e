"""Wording: phrases of a split and the written forms of values, in four languages.

A phrase is a `str.format` template. What stands in its braces knows how it is written in the
phrase's language: a date takes a CLDR pattern (``{d:d MMMM y}``, Unicode TR35), a Turkish place
takes the case that the sentence needs (``{origin:from}``).
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from itertools import product
from typing import Any, Literal
from zlib import crc32

import yaml
from babel.dates import format_date

from agent.evidence.folding import fold
from agent.evidence.lexicon import Language
from training.scenarios.scenario import Split

Style = Literal["plain", "lower", "ascii"]
"""How somebody types: with care, all in small letters, or without accents."""

_SLOT = re.compile(r"\{(\w+)[^}]*\}")
_MARKS = re.compile(r"[^\w{}]+")
_VALIDATION_SHARE = 8
"""One in so many shapes of phrases is kept for validation."""
_EITHER = re.compile(r"\[([^\]]*)\]")
_VOWELS = {"a": "a", "ı": "a", "o": "a", "u": "a", "e": "e", "i": "e", "ö": "e", "ü": "e"}
_HARD = frozenset("çfhkpsştx")
_TURKISH_SMALL = str.maketrans({"I": "ı", "İ": "i"})
_TURKISH_ASCII = str.maketrans({"ı": "i", "İ": "I"})


@dataclass(frozen=True, slots=True)
class Day:
    """A date that is formatted by a CLDR pattern in its language."""

    value: date
    language: Language

    def __format__(self, pattern: str) -> str:
        return format_date(self.value, pattern, locale=self.language)


@dataclass(frozen=True, slots=True)
class Place:
    """A place's name; ``from``, ``to`` and ``in`` are case endings where the language has them."""

    name: str
    language: Language

    def __format__(self, case: str) -> str:
        ending = turkish_ending(self.name, case) if case and self.language == "tr" else ""
        return f"{self.name}'{ending}" if ending else self.name


def turkish_ending(name: str, case: str) -> str:
    """The ablative (``from``), dative (``to``) or locative (``in``) ending of a proper name."""
    letters = [letter for letter in name.translate(_TURKISH_SMALL).lower() if letter.isalpha()]
    plain = [unicodedata.normalize("NFD", x)[0] if x not in _VOWELS else x for x in letters]
    vowel = next((_VOWELS[letter] for letter in reversed(plain) if letter in _VOWELS), "e")
    if case == "to":
        return f"y{vowel}" if plain[-1] in _VOWELS else vowel
    consonant = "t" if letters[-1] in _HARD else "d"
    return f"{consonant}{vowel}n" if case == "from" else f"{consonant}{vowel}"


class Wording:
    """The phrases of one split in one language, and the forms of values in it."""

    def __init__(self, split: Split, language: Language) -> None:
        self.language: Language = language
        self._phrases = phrases(split, language)
        self._forms = _forms()[language]

    def has(self, move: str) -> bool:
        """Whether there are phrases for a move."""
        return move in self._phrases

    def phrase(self, move: str, rng: random.Random) -> str:
        """One of the phrases for a move. Raises KeyError for a move that the split lacks."""
        return rng.choice(self._phrases[move])

    def form(self, name: str) -> Any:
        """A form of the language's own: a list of patterns, or words by value."""
        return self._forms[name]

    def day(self, value: date, rng: random.Random, form: str = "day") -> str:
        """A date by itself; `form` is ``day`` or ``birth``."""
        pattern = rng.choice(self._forms[form])
        return pattern.format(d=Day(value, self.language), ordinal=english_ordinal(value.day))

    def when(self, value: date, rng: random.Random) -> str:
        """A date with the words that tie it to a journey."""
        return rng.choice(self._forms["when"]).format(day=self.day(value, rng))

    def soon(self, days: int, rng: random.Random) -> str:
        """A day that is told by its distance from today."""
        return rng.choice(self._forms["soon"][days])

    def stay(self, start: date, end: date, rng: random.Random) -> str:
        """Two dates of one month with the nights between."""
        nights = (end - start).days
        patterns = [p for p in self._forms["stay"] if nights > 1 or "{nights}" not in p]
        values = {"start": Day(start, self.language), "end": Day(end, self.language)}
        return rng.choice(patterns).format(nights=self._forms["numbers"][nights - 1], **values)


def english_ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 < number % 100 < 14 else endings.get(number % 10, 'th')}"


def typed(text: str, style: Style, language: Language) -> str:
    """A text as somebody of this style types it; only what means the same is changed."""
    if style == "plain":
        return text
    if style == "ascii":
        plain = unicodedata.normalize("NFD", text.translate(_TURKISH_ASCII).replace("ß", "ss"))
        return "".join(letter for letter in plain if not unicodedata.combining(letter))
    return (text.translate(_TURKISH_SMALL) if language == "tr" else text).lower()


def capitalised(text: str, language: Language) -> str:
    """A text with a capital letter at its beginning."""
    first = "İ" if language == "tr" and text[:1] == "i" else text[:1].upper()
    return first + text[1:]


def shape(phrase: str) -> str:
    """What stays of a phrase without case, accents, marks and the endings of its slots."""
    return " ".join(_MARKS.sub(" ", fold(_SLOT.sub(r"{\1}", phrase))).split())


def says_something(phrase: str) -> bool:
    """Whether a phrase says more than its slots and a word, so that it belongs to one split."""
    return len(re.sub(r"\{\w+\}", " ", shape(phrase)).split()) > 1


def alternatives(phrase: str) -> list[str]:
    """All phrases that one with alternatives stands for: ``a [red|green] hat`` for two."""
    parts = [part.split("|") if at % 2 else [part] for at, part in enumerate(_EITHER.split(phrase))]
    return ["".join(chosen) for chosen in product(*parts)]


@cache
def phrases(split: Split, language: Language) -> Mapping[str, Sequence[str]]:
    """All phrases of a split in a language by move; {} where it has none.

    Training and validation share a file: the shape of a phrase decides between them, and what the
    test split says is left to it.
    """
    if split == "test":
        return _written("test", language)
    bank, test = _written("train", language), _shapes(_written("test", language))
    held = _held_back(language)
    return {
        move: [
            one
            for one in said
            if not says_something(one)
            or (shape(one) not in test and (shape(one) in held) == (split == "validation"))
        ]
        for move, said in bank.items()
    }


@cache
def _held_back(language: Language) -> frozenset[str]:
    """The shapes that are kept for validation: by a checksum, and one at least for each move."""
    test, held = _shapes(_written("test", language)), set[str]()
    moves = [
        sorted((crc32(one.encode()), one) for one in _shapes({move: said}) - test)
        for move, said in _written("train", language).items()
    ]
    for ranked in moves:
        held |= {one for check, one in ranked if check % _VALIDATION_SHARE == 0}
    for ranked in moves:
        if ranked and held.isdisjoint(one for _, one in ranked):
            held.add(ranked[0][1])
    return frozenset(held)


def _shapes(said: Mapping[str, Sequence[str]]) -> frozenset[str]:
    return frozenset(shape(one) for some in said.values() for one in some if says_something(one))


@cache
def _written(folder: str, language: Language) -> Mapping[str, Sequence[str]]:
    """The phrases of a file by move, alternatives written out; {} where there is no file."""
    source = resources.files("training.scenarios") / "phrases" / folder / f"{language}.yaml"
    if not source.is_file():
        return {}
    written: Mapping[str, Sequence[str]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return {
        move: list(dict.fromkeys(one for phrase in some for one in alternatives(phrase)))
        for move, some in written.items()
    }


@cache
def people(split: Split) -> Mapping[Language, Sequence[str]]:
    """Full names by language of the people who travel in a split only."""
    source = resources.files("training.scenarios") / "phrases" / "people.yaml"
    return yaml.safe_load(source.read_text(encoding="utf-8")).get(split, {})


@cache
def _forms() -> Mapping[Language, Mapping[str, Any]]:
    source = resources.files("training.scenarios") / "phrases" / "forms.yaml"
    return yaml.safe_load(source.read_text(encoding="utf-8"))
