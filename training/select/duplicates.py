"""Near duplicates: MinHash and locality-sensitive hashing find candidates, exact Jaccard decides.

Broder 1997 ("On the resemblance and containment of documents") for the sketches, Leskovec,
Rajaraman and Ullman (Mining of Massive Datasets, chapter 3) for the bands. Candidates are looked
for far below the threshold and then compared exactly, so nothing is taken for a duplicate that is
none, and few duplicates are missed.
"""

from __future__ import annotations

from typing import Any

from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]

from training.select.text import Shingles, jaccard

_PERMUTATIONS = 128
_ROWS_OF_A_BAND = 4
_LIKELY = 0.6
"""Jaccard similarity from which on two sets become candidates with probability 0.99: the 32 bands
of 4 rows miss a pair of similarity s with (1 - s**4)**32."""


class Near:
    """A growing index of texts, each under a key."""

    def __init__(self, threshold: float, seed: int = 1) -> None:
        """Pairs are near from this Jaccard similarity on. Raises ValueError below 0.6."""
        if threshold < _LIKELY:
            raise ValueError(f"candidates are only found from a similarity of {_LIKELY} on")
        self._threshold = threshold
        self._empty: Any = MinHash(num_perm=_PERMUTATIONS, seed=seed)
        bands = _PERMUTATIONS // _ROWS_OF_A_BAND
        self._index: Any = MinHashLSH(num_perm=_PERMUTATIONS, params=(bands, _ROWS_OF_A_BAND))
        self._held: dict[str, tuple[str, Shingles]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, key: str, text: Shingles, kind: str = "") -> str | None:
        """Hold a text unless one like it of its kind is held already: then the key of that one.

        A text without words is like no other. Raises ValueError for a key that is held already.
        """
        if key in self._held:
            raise ValueError(f"{key} is held already")
        if not text:
            return None
        sketch = self._sketch(text)
        twin = self._twin(text, kind, sketch)
        if twin is None:
            self._index.insert(key, sketch)
            self._held[key] = kind, text
        return twin

    def find(self, text: Shingles, kind: str = "") -> str | None:
        """The key of the held text of a kind that is most like this one; None for none near."""
        return self._twin(text, kind, self._sketch(text)) if text and self._held else None

    def _twin(self, text: Shingles, kind: str, sketch: Any) -> str | None:
        candidates = ((key, self._held[key]) for key in self._index.query(sketch))
        found = [(jaccard(text, held), key) for key, (of, held) in candidates if of == kind]
        near = [(-likeness, key) for likeness, key in found if likeness >= self._threshold]
        return min(near)[1] if near else None

    def _sketch(self, text: Shingles) -> Any:
        sketch = self._empty.copy()
        sketch.update_batch([one.encode() for one in sorted(text)])
        return sketch
