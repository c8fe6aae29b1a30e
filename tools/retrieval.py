"""Okapi BM25 over short texts (Robertson and Zaragoza, 2009).

Written out because the index is a page long: it needs no array library, and scores only the
documents that share a word with the query.
"""

from __future__ import annotations

import heapq
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from tools.words import singular, words

_K1 = 1.2
_B = 0.75
_RUN = re.compile(r"[^\W_]+")


def terms(text: str) -> list[str]:
    """The words of a text or identifier, without case, accents and plural endings.

    Scripts other than Latin are kept as whole runs of letters.
    """
    folded = text
    if not text.isascii():
        marked = unicodedata.normalize("NFKD", text)
        folded = "".join(mark for mark in marked if not unicodedata.combining(mark))
    found: list[str] = []
    for run in _RUN.findall(folded):
        parts = words(run) if run.isascii() else (run.casefold(),)
        found += [singular(part) for part in parts]
    return found


class Bm25:
    """An index over documents given as lists of terms; a document is known by its position."""

    def __init__(self, documents: Iterable[Sequence[str]]) -> None:
        postings: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        lengths: list[int] = []
        for position, document in enumerate(documents):
            lengths.append(len(document))
            for term, count in Counter(document).items():
                postings[term].append((position, count))
        mean = sum(lengths) / len(lengths) if lengths and sum(lengths) else 1.0
        # All that does not depend on the query is worked out here: a search only adds up.
        self._weights = {term: _weights(found, lengths, mean) for term, found in postings.items()}

    def search(self, query: Iterable[str], k: int) -> list[tuple[int, float]]:
        """The `k` best documents with their scores, best first; equals in their order.

        Documents that share no term with the query are left out.
        """
        scores: defaultdict[int, float] = defaultdict(float)
        for term in query:
            for position, weight in self._weights.get(term, ()):
                scores[position] += weight
        return heapq.nsmallest(k, scores.items(), key=lambda pair: (-pair[1], pair[0]))


def _weights(
    found: list[tuple[int, int]], lengths: list[int], mean: float
) -> list[tuple[int, float]]:
    rarity = math.log(1 + (len(lengths) - len(found) + 0.5) / (len(found) + 0.5))
    scaled = [_K1 * (1 - _B + _B * lengths[position] / mean) for position, _ in found]
    return [
        (position, rarity * count * (_K1 + 1) / (count + scale))
        for (position, count), scale in zip(found, scaled, strict=True)
    ]
