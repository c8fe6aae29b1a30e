"""Numbers as they stand in a text, whatever they count: for grounding, which asks only for them.

The readers give a number one meaning ("4:30" is a time, "the 5th" a day, "3 March" a date). An
argument that nobody described may want it for another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from agent.evidence.language import detect
from agent.evidence.lexicon import lexicon
from agent.evidence.tokens import cut, read_line

_NUMBER = re.compile(
    r"""(?<![\w.])(?P<sign>[-−–]\ ?)?
    (?:(?P<grouped>\d{1,3}(?:[,\ ]\d{3})+(?:\.\d+)?)(?![\d,])|(?P<plain>\d+(?:\.\d+)?|\.\d+))
    (?:\ ?(?P<percent>%|per\ ?cent\b)|\ ?(?P<scale>k|(?-i:M)|thousand|mn|million|bn|
        billion|trillion)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SCALES = {"k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "million": 10**6, "bn": 10**9,
           "billion": 10**9, "trillion": 10**12}  # fmt: skip
_LONGEST = 18


@lru_cache(maxsize=256)
def numerals(text: str) -> frozenset[float]:
    """Every number that digits and number words in `text` can be read as.

    "1,200" is 1200, and 1 and 200; "5%" is 5 and 0.05; "3 million" 3 and 3,000,000; what follows a
    minus or a hyphen is read with and without it.
    """
    words = cut(text)
    line = read_line(text, words, lexicon(detect(text, words)))
    said = (token.number for token in line.words if token.cls == "w" or token.word == "one")
    return frozenset((*_readings(text), *said))


def _readings(text: str) -> Iterator[float]:
    for match in _NUMBER.finditer(text):
        grouped = match["grouped"]
        parts = [re.sub(r"[, ]", "", grouped), *re.split(r"[, ]", grouped)] if grouped else []
        for digits in parts or [match["plain"]]:
            if len(digits) > _LONGEST:
                continue
            number = float(digits)
            yield number
            if match["sign"]:
                yield -number
            if match["percent"]:
                yield round(number / 100, _LONGEST)
            if match["scale"]:
                yield round(number * _SCALES[match["scale"].lower()], 6)
