"""Folding: one form for words that differ only in case, accents or the Turkish dots."""

from __future__ import annotations

import sys
import unicodedata


def _base(character: str) -> str:
    decomposed = unicodedata.normalize("NFD", character)
    return decomposed[0] if len(decomposed) > 1 else character


# Latin letters only: that is all the four languages need, and the table stays small.
_LATIN = range(0x00C0, min(0x0250, sys.maxunicode))
_TABLE = {
    code: _base(chr(code)).lower()
    for code in _LATIN
    if chr(code).isalpha() and _base(chr(code)) != chr(code)
} | {ord("ı"): "i", ord("İ"): "i", ord("ß"): "s", ord("ẞ"): "s", ord("’"): "'"}


_DIGRAPHS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS"}
)


def spellings(phrase: str) -> tuple[str, ...]:
    """A phrase folded, and folded as it is typed where a keyboard has no umlauts ("fuer")."""
    return tuple(dict.fromkeys((fold(phrase), fold(phrase.translate(_DIGRAPHS)))))


def fold(text: str) -> str:
    """`text` in lower case without accents, character by character: offsets stay valid.

    The Turkish İ and ı become i, ß becomes s.
    """
    return text.lower() if text.isascii() else text.translate(_TABLE).lower()
