"""The words that readers understand, in English, Turkish, German and Spanish.

Readers do not match text; they match *classes* of words, one letter each (see `CLASSES`), so that
one small grammar serves four languages. Month and weekday names come from Unicode CLDR through
Babel, the rest from the files in ``words/``. A word that means different things in two languages
(Turkish "on" is ten, Spanish "once" eleven) counts only in messages of its own language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain
from typing import Literal, get_args

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

from agent.evidence.folding import fold, spellings

Language = Literal["en", "tr", "de", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

CLASSES: Mapping[str, str] = {
    "d": "digits 1-31", "n": "other digits", "y": "digits 1900-2199", "f": "a decimal",
    "w": "a number word", "a": "an article that may mean one", "o": "an ordinal word",
    "D": "digits as a day: 7th, 7'sinde",
    "I": "ISO date", "X": "numeric date", "Y": "3.12: date, time or decimal", "C": "clock time",
    "M": "month", "W": "weekday", "R": "day relative to today", "H": "holiday", "K": "weekend",
    "G": "tomorrow or morning", "U": "unit of days", "N": "next", "T": "this", "V": "next week",
    "i": "in (from now)", "F": "from now", "j": "later", "J": "after", "e": "before, earlier",
    "v": "until", "t": "to", "&": "and", "l": "article, preposition", "q": "at (a time)",
    "u": "o'clock", "p": "part of the day", "k": "half an hour", "P": "counted thing",
    "Z": "year of age", "$": "currency", "#": "number sign before an ordinal", "b": "born",
    "A": "name cue", "B": "weak name cue", "S": "companion", "m": "I, me", "L": "alone",
    "0": "no stops", "@": "e-mail", "g": "identifier", "s": "common word", "x": "unknown word",
}  # fmt: skip

_INFLECTED = frozenset("MWRUKPZpH$Go")
_TURKISH_SUFFIXES = """
    a e i u ya ye yi yu da de ta te dan den tan ten in un nin nun na ne ni nu nda nde ndan nden
    la le yla yle lik luk li lu si su im um ler lar leri lari lara lere lerde larda ki daki
    deki taki teki ine ina inde inda inden indan ligina luguna liginda lugunda sine suna sinde
    sunda iz uz yiz yuz
""".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Entry:
    """What a word or a phrase means: its class and the value that its reader wants."""

    cls: str
    value: str | int


_Vocabularies = Mapping[Language, Mapping[tuple[str, ...], Entry]]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words by folded form, and phrases by their first folded word, longest phrase first."""

    words: Mapping[str, Entry]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], Entry], ...]]


@cache
def lexicon(language: Language | None) -> Lexicon:
    """The lexicon for messages in `language` (None: undecided).

    Words of other languages count too where no second language gives them another meaning.
    """
    vocabularies: _Vocabularies = {code: _vocabulary(code) for code in LANGUAGES}
    merged: dict[tuple[str, ...], Entry] = {}
    for words, entries in _by_words(vocabularies):
        own = entries.get(language) if language else None
        distinct = set(entries.values())
        if own is not None:
            merged[words] = own
        elif len(distinct) == 1:
            merged[words] = distinct.pop()
    phrases: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
    for words, entry in merged.items():
        if len(words) > 1:
            phrases.setdefault(words[0], []).append((words, entry))
    return Lexicon(
        {words[0]: entry for words, entry in merged.items() if len(words) == 1},
        {first: tuple(sorted(found, key=_longest_first)) for first, found in phrases.items()},
    )


@cache
def word_languages() -> Mapping[str, tuple[Language, ...]]:
    """The languages that each word of the four vocabularies belongs to, words of phrases too."""
    vocabularies: _Vocabularies = {code: _vocabulary(code) for code in LANGUAGES}
    found: dict[str, dict[Language, None]] = {}
    for words, entries in _by_words(vocabularies):
        for word in filter(str.isalpha, words):
            found.setdefault(word, {}).update(dict.fromkeys(entries))
    return {word: tuple(languages) for word, languages in found.items()}


@cache
def currency_codes() -> frozenset[str]:
    """ISO 4217 codes of present money, as typed in capitals; those that are words or places not."""
    present = {
        code
        for territory in get_global("territory_currencies")
        for code in get_territory_currencies(territory)
    }
    return frozenset(present - {"ALL", "TOP", "MAD"})


def _longest_first(phrase: tuple[tuple[str, ...], Entry]) -> int:
    return -len(phrase[0])


def _by_words(
    vocabularies: _Vocabularies,
) -> Iterator[tuple[tuple[str, ...], dict[Language, Entry]]]:
    for words in dict.fromkeys(chain.from_iterable(vocabularies.values())):
        yield words, {code: known[words] for code, known in vocabularies.items() if words in known}


@cache
def _vocabulary(language: Language) -> Mapping[tuple[str, ...], Entry]:
    found: dict[tuple[str, ...], Entry] = {}
    inflected: dict[tuple[str, ...], Entry] = {}
    for words, entry in chain(_calendar(language), _table(language)):
        found.setdefault(words, entry)
        if language == "tr" and entry.cls in _INFLECTED:
            for suffix in _TURKISH_SUFFIXES:
                inflected.setdefault((*words[:-1], words[-1] + suffix), entry)
    return {**inflected, **found}


def _table(language: Language) -> Iterator[tuple[tuple[str, ...], Entry]]:
    source = resources.files("agent.evidence") / "words" / f"{language}.toml"
    for cls, values in tomllib.loads(source.read_text(encoding="utf-8")).items():
        for value, phrases in values.items():
            entry = Entry(cls, int(value) if value.lstrip("-").isdigit() else value)
            for phrase in phrases:
                written = spellings(phrase) if language == "de" else (fold(phrase),)
                yield from ((tuple(one.split()), entry) for one in written)


def _calendar(language: Language) -> Iterator[tuple[tuple[str, ...], Entry]]:
    locale = Locale(language)
    for context in ("format", "stand-alone"):
        for number, name in locale.months[context]["wide"].items():
            yield (fold(name),), Entry("M", number)
        for number, name in locale.days[context]["wide"].items():
            yield (fold(name),), Entry("W", number)
