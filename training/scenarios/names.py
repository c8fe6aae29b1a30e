"""Who travels: the test split's people by their list, everybody else from name statistics (Faker).

Nobody travels in two splits: the test split's names are reserved, and of the others a checksum
decides which split they belong to.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from zlib import crc32

from faker import Faker

from agent.evidence.folding import fold
from agent.evidence.lexicon import Language
from training.scenarios.scenario import Split
from training.scenarios.wording import people

_LOCALES: Mapping[Language, tuple[str, ...]] = {
    "en": ("en_GB", "en_US", "en_IN", "en_AU", "en_IE", "nl_NL", "it_IT"),
    "tr": ("tr_TR",),
    "de": ("de_DE", "de_AT", "de_CH"),
    "es": ("es_ES", "es_MX", "es_AR", "es_CO"),
}
_PARTY = 8
_SAMPLED = 3000
_VALIDATION_SHARE = 20


def travellers(split: Split, language: Language, rng: random.Random) -> Sequence[str]:
    """Full names of people who travel in a split, enough of them for one conversation."""
    listed = people(split).get(language)
    if listed is not None:
        return listed
    found: list[str] = []
    while len(found) < _PARTY:
        name = _drawn(rng.choice(_LOCALES[language]), rng)
        if belongs(name) == split and name not in found:
            found.append(name)
    return found


def belongs(name: str) -> Split:
    """The split in which somebody of this full name travels."""
    folded = fold(name)
    if folded in _reserved():
        return "test"
    return "validation" if crc32(folded.encode()) % _VALIDATION_SHARE == 0 else "train"


def _drawn(locale: str, rng: random.Random) -> str:
    given, family = _known(locale)
    return f"{rng.choice(given)} {rng.choice(family)}"


@cache
def _known(locale: str) -> tuple[Sequence[str], Sequence[str]]:
    """Given names and family names of one word each, always the same ones in the same order."""
    fake = Faker(locale, use_weighting=False)
    fake.seed_instance(0)
    given = {fake.first_name() for _ in range(_SAMPLED)}
    family = {fake.last_name() for _ in range(_SAMPLED)}
    return sorted(filter(str.isalpha, given)), sorted(filter(str.isalpha, family))


@cache
def _reserved() -> frozenset[str]:
    return frozenset(fold(name) for names in people("test").values() for name in names)
