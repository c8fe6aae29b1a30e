"""Tokens: a message cut into classed words, and the class string that grammars match."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.evidence.folding import fold
from agent.evidence.lexicon import Lexicon, currency_codes

# Every repetition is possessive or bounded, so that reading is linear in the text.
_LETTERS = r"[^\W\d_]++"
# German "4 am Strand" and "2 am 3. März" are no hours.
_GERMAN_AM = r"(?!\ ?am\ (?:\d|strand|meer|see|fluss|hafen|wasser|bahnhof|flughafen|zentrum))"
_HALF = rf"(?i:{_GERMAN_AM})\ ?[aApP]\.?[mM]\b\.?"
_TOKEN = re.compile(
    rf"""
    (?P<uuid>[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}(?![\w-]))
  | (?P<word>{_LETTERS}(?:['’]{_LETTERS})*+(?!\w))(?!\ \d{{3,4}}\b)
  | (?P<iso>\d{{4}}(?P<between>[-/.])\d\d?(?P=between)\d\d?(?!\d))
  | (?P<numeric>
        \d\d?(?P<sep>[./-])\d\d?(?P=sep)(?:\d{{4}}|\d\d)(?!\d|[:.]\d)
      | \d\d?/\d\d?(?![\d/])|\d\d?\.\d\d?\.(?!\d)
    )
  | (?P<dotted>\d\d?\.\d\d?(?![\d.,]|{_HALF}))
  | (?P<clock>\d\d?:\d\d(?::\d\d)?(?:{_HALF})?|\d\d?(?:[.]\d\d)?{_HALF}|\d\d?[hH]\d\d)
  | (?P<ordinal>\d{{1,3}}(?:st|nd|rd|th|ST|ND|RD|TH|º|ª)\b)
  | (?P<id>(?:(?!TL)[A-Z][A-Z]\ \d{{3,4}}\b|[^\W\d_]++[\d_]|\d++[^\W\d]++\d)\w*+)
  | (?P<number>\d{{1,3}}(?:[.,\ ]\d{{3}})+(?:[.,]\d\d?)?(?!\d)
        |\d++(?:(?:\.|,(?!(?:19|20)\d\d\b))\d++)?)(?:['’]{_LETTERS})?
  | (?P<other>{_LETTERS}(?:['’]{_LETTERS})*+)
  | (?P<symbol>[^\w\s])
    """,
    re.VERBOSE,
)
_ADDRESS = re.compile(
    r"(?P<email>[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})|(?P<url>https?://\S++)"
)
_LITERAL = {
    "email": "@",
    "url": "g",
    "iso": "I",
    "numeric": "X",
    "dotted": "Y",
    "clock": "C",
    "id": "g",
    "uuid": "g",
}
_TURKISH_DAY = re.compile(r"'s?[iu](?:n|$)")
_ENDINGS = "stndrhSTNDRHºª"
_GERMAN_DAY = re.compile(r"(\w+)(?:morgen|vormittag|mittag|nachmittag|abend|nacht)s?")
"""A weekday and a part of it in one word: "Freitagabend"."""
_NUMBER_WORDS = "woa"
_JOINTS = frozenset({"-", "y", "and"})
"""What may stand between two words of one number."""
_DASHES = dict.fromkeys("-–—", "-")
# Too short or too common as words to be read as anything when in lower case.
_ABBREVIATED = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}


@dataclass(slots=True)
class Token:
    """A stretch of text. `word` is folded; `cls` is one letter of `lexicon.CLASSES`."""

    start: int
    end: int
    text: str
    word: str
    cls: str
    value: str | int | float = ""

    @property
    def number(self) -> float:
        """The value of a numeric token; 0 for any other."""
        return self.value if isinstance(self.value, (int, float)) else 0


class Line:
    """One message as tokens. `classes` has one letter for each token, ``_`` where it is used up.

    `words` are the tokens before phrases were merged.
    """

    def __init__(self, text: str, words: Sequence[Token], tokens: Sequence[Token]) -> None:
        self.text = text
        self.words = words
        self.tokens = tokens
        self.classes = "".join([token.cls for token in tokens])

    def claim(self, first: int, last: int) -> None:
        """Mark tokens first..last-1 as read, so that no later reader takes them for its own."""
        self.classes = self.classes[:first] + "_" * (last - first) + self.classes[last:]

    def words_before(self, at: int, most: int) -> frozenset[str]:
        """The folded words of up to `most` tokens before token `at`."""
        return frozenset(token.word for token in self.tokens[max(0, at - most) : at])

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The character offsets of tokens first..last-1."""
        return self.tokens[first].start, self.tokens[last - 1].end


def cut(text: str) -> list[Token]:
    """The words and symbols of a text, in order. Only shapes are classed: dates, numbers, times."""
    tokens: list[Token] = []
    folded = fold(text)
    position = 0
    for address in _ADDRESS.finditer(text) if "@" in text or "://" in text else ():
        start, end = address.span()
        tokens += _cut(text, folded, position, start)
        cls = _LITERAL[address.lastgroup or "url"]
        tokens.append(Token(start, end, address[0], folded[start:end], cls))
        position = end
    tokens += _cut(text, folded, position, len(text))
    return tokens


def _cut(text: str, folded: str, first: int, last: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, first, last):
        start, end = match.span()
        kind = match.lastgroup or "number"
        token = Token(start, end, match[0], folded[start:end], _LITERAL.get(kind, "x"))
        if kind in {"number", "ordinal"}:
            _class_number(token, kind, match[kind])
        yield token


def read_line(text: str, words: Sequence[Token], lexicon: Lexicon) -> Line:
    """Class the tokens that `cut` made of a text by what their words mean, and merge phrases."""
    codes = currency_codes()
    for token in words:
        if token.cls == "x":
            _class_word(token, lexicon, codes)
    return Line(text, words, _compounds(text, _merge_phrases(text, words, lexicon)))


def _compounds(text: str, tokens: Sequence[Token]) -> list[Token]:
    """Number words that make one number: "twenty-first", "treinta y uno", "yirmi bir"."""
    made: list[Token] = []
    for token in tokens:
        joint = made[-1].word if len(made) > 1 and made[-1].word in _JOINTS else ""
        head = made[-2 if joint else -1] if made else None
        value = _compound(head, joint, token) if head is not None else None
        if head is None or value is None:
            made.append(token)
            continue
        cls = "o" if token.cls == "o" else "w"
        surface = text[head.start : token.end]
        whole = Token(head.start, token.end, surface, token.word, cls, value)
        made[-2 if joint else -1 :] = [whole]
    return made


def _compound(head: Token, joint: str, tail: Token) -> int | None:
    """The number that two number words make, None for words that stand side by side."""
    if head.cls != "w" or tail.cls not in _NUMBER_WORDS:
        return None
    high, low = int(head.number), 1 if tail.cls == "a" else int(tail.number)
    if low < 1:
        return None
    if low == 1000 and 1 < high < 1000 and not joint:
        return high * low
    tens = 20 <= high < 100 and high % 10 == 0 and low < 10
    hundreds = high >= 100 and high % 100 == 0 and low < 100 and joint != "-"
    thousands = high >= 1000 and high % 1000 == 0 and low < 1000 and joint != "-"
    return high + low if tens or hundreds or thousands else None


def _class_word(token: Token, lexicon: Lexicon, codes: frozenset[str]) -> None:
    word = token.word
    entry = lexicon.words.get(word)
    # An ending stands after a word, not after one letter: "o'hara" is no form of "o".
    if entry is None and word.find("'") > 1:
        entry = lexicon.words.get(word.partition("'")[0])
    if entry is None and (compound := _GERMAN_DAY.fullmatch(word)):
        found = lexicon.words.get(compound[1])
        entry = found if found is not None and found.cls == "W" else None
    if entry is not None:
        token.cls, token.value = entry.cls, entry.value
    elif not word[0].isalpha():
        token.cls = _DASHES.get(word, word if word in ".,/:()" else ";")
    elif len(word) == 3:
        if token.text in codes:
            token.cls, token.value = "$", token.text
        elif word in _ABBREVIATED and token.text[0].isupper():
            token.cls, token.value = "W", _ABBREVIATED[word]


def _class_number(token: Token, kind: str, digits: str) -> None:
    value = parse_number(digits.rstrip(_ENDINGS) if kind == "ordinal" else digits)
    token.value = value
    if kind == "ordinal":
        token.cls = "D" if 1 <= value <= 31 else "o"
    elif isinstance(value, float):
        token.cls = "f"
    elif 1 <= value <= 31 and len(digits) <= 2:
        token.cls = "D" if _TURKISH_DAY.search(token.word) else "d"
    else:
        token.cls = "y" if 1900 <= value < 2200 and len(digits) == 4 else "n"


def parse_number(digits: str) -> int | float:
    """A number as people write it: 1.200,50 and 1,200.50 and 1 200 alike.

    A single separator before exactly three digits groups thousands; any other is the decimal
    sign.
    """
    compact = digits.replace(" ", "")
    last = max(compact.rfind("."), compact.rfind(","))
    if last < 0 or len(compact) - last - 1 == 3:
        return int(re.sub(r"\D", "", compact)[:18] or "0")
    whole = re.sub(r"\D", "", compact[:last])[:15] or "0"
    return float(f"{whole}.{compact[last + 1 :][:6]}")


def _merge_phrases(text: str, tokens: Sequence[Token], lexicon: Lexicon) -> list[Token]:
    words = [token.word for token in tokens]
    merged: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        index += 1
        for phrase, entry in lexicon.phrases.get(token.word, ()):
            last = index + len(phrase) - 1
            if tuple(words[index - 1 : last]) == phrase:
                end = tokens[last - 1].end
                surface = text[token.start : end]
                token = Token(token.start, end, surface, token.word, entry.cls, entry.value)
                index = last
                break
        merged.append(token)
    return merged
