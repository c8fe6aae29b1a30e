"""Words for the values of enumerations ("business class", "havuzlu"), as the tools list them.

Those of results count too: whoever says "with breakfast" tells apart what was shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import cast

from agent.evidence.folding import spellings
from agent.evidence.tokens import Token
from tools.spec import JsonSchema, ToolSpec

_WORD = re.compile(r"[^\W_]+")
_LONGEST_ENDING = 4
_SHORTEST_STEM = 4
_DEEPEST = 32
_ENDS = frozenset(".,;:!?¿¡")
_CONDITIONS = frozenset({"if", "whether", "unless", "wenn", "falls", "ob", "si", "eger"})
_NEGATIONS = {
    "no": 2, "not": 3, "without": 2, "don't": 4, "dont": 4, "doesn't": 4, "never": 3,
    "ohne": 2, "kein": 2, "keine": 2, "keinen": 2, "keinem": 2, "keiner": 2, "nicht": 3,
    "sin": 2, "tampoco": 2, "ningun": 2, "ninguna": 2,
}  # fmt: skip
"""How many words after it each of these denies."""
_QUESTIONS = frozenset({"why", "warum"})
_DENYING_VERBS = frozenset({
    "hace", "necesito", "necesitamos", "quiero", "queremos", "hay", "have", "falta", "muss",
})  # fmt: skip
_CONTRASTS = frozenset("but sondern sino pero aber ama fakat rather instead".split())  # noqa: SIM905
_ALL = frozenset({"anything", "everything", "anyone", "any", "all"})
_EXCEPTIONS = frozenset({"except", "ausser", "auser", "excepto"})
_NOT_WANTED = (
    ("not", "needed"), ("not", "necessary"), ("not", "required"), ("nicht", "notig"),
    ("gerek", "yok"), ("sart", "degil"), ("istemiyorum",), ("istemem",), ("istemiyoruz",),
)  # fmt: skip
"""What denies the word before it."""
_WITHOUT = ("siz", "suz")
"""The Turkish ending that means "without": "havuzsuz"."""
_SAYINGS = frozenset({
    ("business", "trip"), ("business", "trips"), ("business", "meeting"), ("business", "travel"),
    ("business", "reise"), ("business", "termin"), ("on", "business"), ("small", "business"),
    ("own", "business"), ("family", "business"), ("my", "business"),
})  # fmt: skip
"""Two words of which none is meant as the value that one of them could be."""
_COPULAS = frozenset("is are was were isn't aren't ist sind war waren esta estan".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class TermMention:
    """Characters start..end of the text stand for `value` of the enumeration `vocabulary`.

    It is not `given` where the word was only supposed or asked about: "if I cancelled".
    """

    start: int
    end: int
    value: str
    vocabulary: str
    given: bool = True


@dataclass(frozen=True, slots=True)
class _Term:
    words: tuple[str, ...]
    value: str
    vocabulary: str


class Terms:
    """All terms of some tools, found in one pass over a message's words.

    A value is a word itself only where the tools list none for it: "4 stars" is no way to sort.
    Case, accents and hyphens do not matter, and the last word may carry an ending of up to four
    letters, which covers plurals and Turkish suffixes without a stemmer. What is denied ("no pool
    needed", "havuzsuz") is not read.
    """

    def __init__(self, tools: Iterable[ToolSpec]) -> None:
        terms: dict[_Term, None] = {}
        for vocabulary, value, phrase in chain.from_iterable(map(_phrases, tools)):
            for spelling in spellings(phrase):
                if words := tuple(_WORD.findall(spelling.replace("_", " "))):
                    terms[_Term(words, value, vocabulary)] = None
        self._by_first: dict[str, list[_Term]] = {}
        for term in sorted(terms, key=lambda term: -len(term.words)):
            self._by_first.setdefault(term.words[0], []).append(term)
        self._stems = frozenset(first[:_SHORTEST_STEM] for first in self._by_first)

    def read(self, tokens: Sequence[Token]) -> list[TermMention]:
        """The terms in a message: the longest at each place, in every vocabulary that has them."""
        found: list[TermMention] = []
        words = [token for token in tokens if token.word[0].isalnum()] if self._by_first else []
        supposed = _supposed(tokens) if words else frozenset[int]()
        denied = denied_in(tokens) if words else frozenset[int]()
        at = 0
        while at < len(words):
            width = 1
            for term in self._longest_at(words, at):
                if len(term.words) == 1 and (_points_at(words, at) or _is_saying(words, at)):
                    continue
                width = len(term.words)
                end = words[at + width - 1].end
                start = words[at].start
                if start in denied or _is_denied_after(words, at + width):
                    continue
                given = start not in supposed
                found.append(TermMention(start, end, term.value, term.vocabulary, given))
            at += width
        return found

    def _longest_at(self, words: Sequence[Token], at: int) -> list[_Term]:
        word = words[at].word
        keys = [word] if word in self._by_first else []
        if word[:_SHORTEST_STEM] in self._stems:
            shortest = max(len(word) - _LONGEST_ENDING, _SHORTEST_STEM)
            keys += [word[:end] for end in range(len(word) - 1, shortest - 1, -1)]
        if "'" in word:
            keys.append(word.partition("'")[0])
        for key in keys:
            terms = [t for t in self._by_first.get(key, ()) if _matches(t.words, words, at)]
            if terms:
                longest = len(terms[0].words)
                return [term for term in terms if len(term.words) == longest]
        return []


def denied_in(tokens: Sequence[Token], *, unless: str = "") -> frozenset[int]:
    """Where the words that a negation before them denies begin, up to the end of its clause.

    `unless` is a negation that is not heard: "no the second" may correct what was said before.
    """
    found: set[int] = set()
    left, before = 0, ""
    for token in tokens:
        word = token.word
        if (word == "but" and before in _ALL) or word in _EXCEPTIONS:
            left = 3
        elif word in _ENDS or word in _CONTRASTS:
            left = 0
        elif word in _NEGATIONS and word != unless and before not in _QUESTIONS:
            left = _NEGATIONS[word]
        elif word in _DENYING_VERBS and left:
            left = 3
        elif left:
            left -= 1
            found.add(token.start)
        before = word
    return frozenset(found)


def _phrases(tool: ToolSpec) -> Iterator[tuple[str, str, str]]:
    """Vocabulary, value and a phrase for it, of a tool's arguments and then of its result."""
    stated = [(rule.vocabulary, rule.terms) for rule in tool.rules.values() if rule.vocabulary]
    for vocabulary, terms in (*stated, *_of_results(tool.returns or {}, "", 0)):
        for value, phrases in terms.items():
            for phrase in phrases or (value,):
                yield vocabulary, value, phrase


def _of_results(
    schema: JsonSchema, name: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Sequence[str]]]]:
    """Each member with words for its values (`x-terms`), an enum or yes and no, with the words."""
    if depth > _DEEPEST:
        return
    told = "enum" in schema or schema.get("type") == "boolean"
    if told and isinstance(schema.get("x-terms"), Mapping):
        yield name, cast("Mapping[str, Sequence[str]]", schema["x-terms"])
    members = cast("Mapping[str, JsonSchema]", schema.get("properties") or {})
    for key, member in members.items():
        yield from _of_results(member, key, depth + 1)
    items = (schema.get("items"), *schema.get("anyOf", ()), *schema.get("allOf", ()))
    for inner in items:
        if isinstance(inner, Mapping):
            yield from _of_results(cast("JsonSchema", inner), name, depth + 1)


def _supposed(tokens: Sequence[Token]) -> frozenset[int]:
    """Where the words of conditions and of questions such as "is it confirmed" begin."""
    found: set[int] = set()
    supposing, previous = False, "."
    for token, following in zip(tokens, (*tokens[1:], None), strict=True):
        word = token.word
        if word in _ENDS:
            supposing = False
        elif word in _CONDITIONS or (previous in _ENDS and word in _COPULAS):
            supposing = following is None or following.word != "there"
        if supposing:
            found.add(token.start)
        previous = word
    return frozenset(found)


def _is_denied_after(words: Sequence[Token], at: int) -> bool:
    following = tuple(token.word for token in words[at : at + 2])
    return any(following[: len(denial)] == denial for denial in _NOT_WANTED)


def _is_saying(words: Sequence[Token], at: int) -> bool:
    around = [token.word for token in words[max(0, at - 1) : at + 2]]
    return not _SAYINGS.isdisjoint(pairwise(around))


def _points_at(words: Sequence[Token], at: int) -> bool:
    """Whether an ordinal picks something ("the first hotel") and names no value ("in first")."""
    return words[at].cls == "o" and not (at and words[at - 1].cls == "i")


def _matches(term: Sequence[str], words: Sequence[Token], at: int) -> bool:
    last = len(term) - 1
    if at + last >= len(words) or not _is_form(words[at + last].word, term[last]):
        return False
    return all(words[at + index].word == term[index] for index in range(last))


def _is_form(word: str, stem: str) -> bool:
    if word == stem or word.partition("'")[0] == stem:
        return True
    longer = len(word) - len(stem)
    if word.startswith(_WITHOUT, len(stem)):
        return False
    return word.startswith(stem) and 0 < longer <= _LONGEST_ENDING and len(stem) >= _SHORTEST_STEM
