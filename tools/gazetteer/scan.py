"""Finds places and airlines in free text, in one pass over its words.

Names sit in a dictionary under their first word; whatever is not a first word (nor one with a
case ending) costs one failed look-up. Matches never overlap and the longest one wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tools.gazetteer import lexicon
from tools.gazetteer.fold import compose, fold
from tools.gazetteer.places import Airport, Carrier, City

MatchKind = Literal["city", "airport", "carrier"]
Span = tuple[int, int]

_WORD = re.compile(r"[^\W_]+")
_INSIDE_NAME = " \t\n-.'’/"
_APOSTROPHES = ("'", "’")
_BEFORE_OWN_AIRPORT = re.compile(r"\s?[-,/(]?\s?")
_SENTENCE_END = re.compile(r"[.!?\n:]")
_ANY_ENDING = (lexicon.CASE_ENDINGS_AFTER_CONSONANT | lexicon.CASE_ENDINGS_AFTER_VOWEL) - {"s"}
_CODE = 3
_STEM = lexicon.SHORTEST_INFLECTED_NAME


@dataclass(frozen=True, slots=True)
class Match:
    """A name or code found in a text: `surface` is ``text[start:end]``, without any case ending.

    `score` in (0, 1] says how sure it is that the words mean this: 1 for a plain name, below 0.7
    where they may be a person or an ordinary word.
    """

    start: int
    end: int
    surface: str
    code: str
    kind: MatchKind
    score: float


@dataclass(frozen=True, slots=True)
class _Name:
    rest: tuple[str, ...]
    code: str
    kind: MatchKind
    exact: str | None
    ordinary: bool
    personal: bool


class _Text:
    """A message, its words, and what surrounds them."""

    __slots__ = ("folded", "shouting", "spans", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self.spans: list[Span] = [found.span() for found in _WORD.finditer(self.folded)]
        self.words = [self.folded[start:end] for start, end in self.spans]
        self.shouting = len(self.spans) > 2 and text.isupper() and not _only_codes(self.words)

    def in_address(self, index: int) -> bool:
        """Whether the word belongs to an e-mail address."""
        start, end = self.spans[index]
        return "@" in (self.text[end : end + 1], self.text[start - 1 : start])

    def after_cue(self, index: int) -> bool:
        if index == 0 or self.words[index - 1] not in lexicon.CUES:
            return False
        return (self.words[index - 1], self.words[index]) not in lexicon.NO_CUES

    def starts_sentence(self, index: int) -> bool:
        if index == 0:
            return True
        gap = self.text[self.spans[index - 1][1] : self.spans[index][0]]
        return _SENTENCE_END.search(gap) is not None

    def has_ending(self, end: int, index: int) -> bool:
        """Whether a Turkish case ending follows `end` behind an apostrophe."""
        return (
            self.text[end : end + 1] in _APOSTROPHES
            and index + 1 < len(self.words)
            and self.words[index + 1] in _ANY_ENDING
        )


def _only_codes(words: Sequence[str]) -> bool:
    """Whether all may be IATA codes or parts of a date: "LHR-JFK 3 MAR 2027"."""
    return all(len(word) == _CODE or not word.isalpha() for word in words)


def _without_ending(word: str, stem: str) -> bool:
    """Whether `word` is `stem` with a case ending, both folded."""
    if len(stem) < _STEM or not word.startswith(stem):
        return False
    vowel = stem[-1] in "aeiou"
    endings = lexicon.CASE_ENDINGS_AFTER_VOWEL if vowel else lexicon.CASE_ENDINGS_AFTER_CONSONANT
    return word[len(stem) :] in endings


class Scanner:
    """An index over the names and codes of cities, airports and carriers."""

    def __init__(
        self,
        cities: Iterable[City],
        airports: Iterable[Airport],
        carriers: Iterable[Carrier],
    ) -> None:
        self._names: dict[str, list[_Name]] = {}
        self._stems: set[str] = set()
        self._codes: dict[str, MatchKind] = {}
        self._carriers: dict[str, str] = {}
        self._city_of: dict[str, str] = {}
        for city in cities:
            for name in (
                *city.names.values(),
                *_umlauts_spelt_out(city.names["de"]),
                *city.aliases,
            ):
                self._add(name, city.code, "city")
            self._codes[city.code] = "city"
            self._city_of[city.code] = city.code
        for airport in airports:
            for name in filter(None, (airport.label, *airport.aliases)):
                self._add(name, airport.code, "airport")
            self._codes.setdefault(airport.code, "airport")
            self._city_of.setdefault(airport.code, airport.city_code)
        for carrier in carriers:
            for name in (carrier.name, *carrier.aliases):
                self._add(name, carrier.code, "carrier")
            self._carriers[carrier.code.lower()] = carrier.code
        for names in self._names.values():
            names.sort(key=lambda name: len(name.rest), reverse=True)

    def scan(self, text: str) -> list[Match]:
        """All places and airlines in `text`, in order, without overlap."""
        composed, offsets = compose(text)
        matches = self._merge_airports(composed, self._find(_Text(composed)))
        if offsets is None:
            return matches
        return [
            replace(match, start=start, end=end, surface=text[start:end])
            for match in matches
            for start, end in ((offsets[match.start], offsets[match.end]),)
        ]

    def _add(self, name: str, code: str, kind: MatchKind) -> None:
        bare = name.lstrip("~=")
        first, *rest = _WORD.findall(fold(bare))
        names = self._names.setdefault(first, [])
        if any(known.rest == tuple(rest) for known in names):
            return
        single = not rest
        names.append(
            _Name(
                rest=tuple(rest),
                code=code,
                kind=kind,
                exact=bare if name.startswith("=") else None,
                ordinary=name.startswith("~") or (single and first in lexicon.ORDINARY_WORDS),
                personal=single and first in lexicon.PERSONAL_NAMES,
            )
        )
        if not rest and len(first) >= _STEM:
            self._stems.add(first[:_STEM])

    def _find(self, text: _Text) -> list[Match]:
        matches: list[Match] = []
        index = 0
        while index < len(text.words):
            found = (
                self._name_at(text, index)
                or self._place_code_at(text, index)
                or self._carrier_code_at(text, index)
            )
            if found is None or text.in_address(index):
                index += 1
                continue
            match, words = found
            matches.append(match)
            index += words
        return matches

    def _name_at(self, text: _Text, index: int) -> tuple[Match, int] | None:
        word = text.words[index]
        for name in self._names.get(word, ()):
            end = self._end_of(text, index, name)
            if end is not None and (match := self._judge(text, index, end, name, inflected=False)):
                return match, 1 + len(name.rest)
        if word[:_STEM] not in self._stems:
            return None
        for cut in range(len(word) - 1, max(_STEM, len(word) - lexicon.LONGEST_ENDING) - 1, -1):
            stem = word[:cut]
            for name in self._names.get(stem, ()):
                if not name.rest and not name.exact and _without_ending(word, stem):
                    end = text.spans[index][0] + cut
                    match = self._judge(text, index, end, name, inflected=True)
                    if match:
                        return match, 1
        return None

    @staticmethod
    def _end_of(text: _Text, index: int, name: _Name) -> int | None:
        """Where `name` ends if it stands at word `index` (its last word may carry an ending)."""
        last = index + len(name.rest)
        if last >= len(text.words):
            return None
        for position, expected in enumerate(name.rest, index + 1):
            gap = text.text[text.spans[position - 1][1] : text.spans[position][0]]
            if len(gap) > 3 or gap.strip(_INSIDE_NAME):
                return None
            word = text.words[position]
            if word == expected:
                continue
            if position == last and _without_ending(word, expected):
                return text.spans[position][0] + len(expected)
            return None
        end = text.spans[last][1]
        if name.exact and text.text[text.spans[index][0] : end] != name.exact.rstrip("."):
            return None
        return end

    @staticmethod
    def _judge(text: _Text, index: int, end: int, name: _Name, *, inflected: bool) -> Match | None:
        start = text.spans[index][0]
        score = 0.6 if name.personal else 0.8 if inflected else 1.0
        if name.exact and text.shouting:
            return None
        if name.ordinary:
            if text.text[start].isupper() and not text.shouting:
                score = min(score, 0.5 if text.starts_sentence(index) else 0.9)
            elif text.after_cue(index) or text.has_ending(end, index):
                score = 0.4
            else:
                return None
        return Match(start, end, text.text[start:end], name.code, name.kind, score)

    def _place_code_at(self, text: _Text, index: int) -> tuple[Match, int] | None:
        start, end = text.spans[index]
        code = text.text[start:end]
        if end - start != 3 or not code.isupper() or code not in self._codes:
            return None
        is_word = text.words[index] in lexicon.WORD_CODES
        if text.shouting and is_word and not text.after_cue(index):
            return None
        score = 0.7 if text.shouting else 0.95
        return Match(start, end, code, code, self._codes[code], score), 1

    def _carrier_code_at(self, text: _Text, index: int) -> tuple[Match, int] | None:
        start, end = text.spans[index]
        surface = text.text[start:end]
        if text.shouting or not surface.isupper():
            return None
        code = self._carriers.get(text.words[index][:2])
        flight_number = 3 <= len(surface) <= 6 and surface[2:].isdigit()
        bare = len(surface) == 2 and text.words[index] not in lexicon.NOT_CARRIER_CODES
        if code is None or not (flight_number or bare):
            return None
        return Match(start, start + 2, code, code, "carrier", 0.9 if flight_number else 0.8), 1

    def _merge_airports(self, text: str, matches: list[Match]) -> list[Match]:
        """ "London Heathrow" and "Berlin (BER)" are one place each."""
        merged: list[Match] = []
        for match in matches:
            before = merged[-1] if merged else None
            if (
                before
                and before.kind == "city"
                and match.kind != "carrier"
                and before.code != before.surface
                and self._city_of[match.code] == before.code
                and _BEFORE_OWN_AIRPORT.fullmatch(text, before.end, match.start)
            ):
                surface = text[before.start : match.end]
                merged[-1] = replace(match, start=before.start, surface=surface)
            else:
                merged.append(match)
        return merged


def _umlauts_spelt_out(name: str) -> Iterable[str]:
    """ "Köln" typed as "Koeln"."""
    spelt = name
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        spelt = spelt.replace(umlaut, letters)
    return () if spelt == name else (spelt,)
