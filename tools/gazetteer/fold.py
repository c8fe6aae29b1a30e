"""Folding: one spelling for upper and lower case, accents and the Turkish i's.

`fold` keeps the length of its input, so that offsets into the folded text are offsets into the
text itself.
"""

from __future__ import annotations

import unicodedata


def _base_letters() -> dict[int, str]:
    """Lower-case base letter of every precomposed Latin letter."""
    table: dict[int, str] = {}
    for codepoint in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        decomposed = unicodedata.normalize("NFD", chr(codepoint))
        if len(decomposed) > 1 and decomposed[0].isascii():
            table[codepoint] = decomposed[0].lower()
    for letters, base in (("ıİ", "i"), ("øØ", "o"), ("łŁ", "l"), ("đĐð", "d"), ("ħĦ", "h")):
        table.update(dict.fromkeys(map(ord, letters), base))
    return table


_BASE = _base_letters()


def fold(text: str) -> str:
    """`text` in lower case without accents, one character for each of its own.

    Expects precomposed text (NFC); combining marks stay what they are. "ß" and "æ" have no base
    letter of one character and stay, too.
    """
    # Of all characters only "İ" gets longer in lower case, and that one is in the table.
    return text.lower() if text.isascii() else text.translate(_BASE).lower()


def compose(text: str) -> tuple[str, list[int] | None]:
    """`text` in NFC, with the offset in `text` of every character of it and of its end.

    The offsets are None where nothing had to change, which is nearly always.
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text, None
    out: list[str] = []
    offsets: list[int] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and unicodedata.combining(text[end]):
            continue
        composed = unicodedata.normalize("NFC", text[start:end])
        out.append(composed)
        offsets.extend([start] * len(composed))
        start = end
    offsets.append(len(text))
    return "".join(out), offsets
