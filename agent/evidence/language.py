"""Which of the four languages a message is in, by its everyday words and its letters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agent.evidence.lexicon import LANGUAGES, Language, word_languages
from agent.evidence.tokens import Token

_ENDING = re.compile(r"['’](?:[dt][ae]n?|[yn]?[aeıiuü]|[yn]?l[ae]|n?[ıiuü]n)\b", re.IGNORECASE)
_LETTERS: Mapping[str, Language] = {
    "ı": "tr", "ğ": "tr", "ş": "tr", "İ": "tr", "ä": "de", "ß": "de",
    "ñ": "es", "¿": "es", "¡": "es",
}  # fmt: skip
_LETTER = re.compile("[ığşİäßñ¿¡]")
_MARGIN = 0.3
_LEAST = 0.5


def detect(text: str, words: Sequence[Token]) -> Language | None:
    """The language of a text that was cut into `words`.

    One of "en", "tr", "de", "es"; None where the words do not tell ("ok", a name, a code).
    """
    scores: dict[Language, float] = dict.fromkeys(LANGUAGES, 0.0)
    known = word_languages()
    for token in words[:400]:
        languages = known.get(token.word)
        if languages:
            for language in languages:
                scores[language] += 1 / len(languages) ** 2
    if not text.isascii():
        for letter in set(_LETTER.findall(text)):
            scores[_LETTERS[letter]] += 0.5
    if ("'" in text or "’" in text) and _ENDING.search(text):
        scores["tr"] += 0.8
    best, second = sorted(LANGUAGES, key=scores.__getitem__, reverse=True)[:2]
    if scores[best] < _LEAST or scores[best] - scores[second] < _MARGIN:
        return None
    return best
