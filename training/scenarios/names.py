"""Who travels: the test split's people by their list, everybody else from name statistics (Faker).

Nobody travels in two splits: the test split's names are reserved, and of the others a checksum
decides which split they belong to.
"""

from __future__ import annotations

import random
import re
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
_ABROAD = (
    "az_AZ", "cs_CZ", "da_DK", "en_KE", "et_EE", "fi_FI", "fr_FR", "hr_HR", "hu_HU", "id_ID",
    "is_IS", "lt_LT", "lv_LV", "no_NO", "pl_PL", "pt_BR", "ro_RO", "sk_SK", "sl_SI", "sv_SE",
    "tw_GH", "uz_UZ", "yo_NG", "zu_ZA",
)  # fmt: skip
"""Names that hardly any text a small model has read holds: it must copy what it cannot guess."""
_ABROAD_SHARE = 0.35
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)?")
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
        locales = _ABROAD if rng.random() < _ABROAD_SHARE else _LOCALES[language]
        name = _drawn(rng.choice(locales), rng)
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
    """Given and family names of one word each (Anna-Maria, O'Neill), the same ones in one order."""
    fake = Faker(locale, use_weighting=False)
    fake.seed_instance(0)
    given = {fake.first_name() for _ in range(_SAMPLED)}
    family = {fake.last_name() for _ in range(_SAMPLED)}
    return sorted(filter(_WORD.fullmatch, given)), sorted(filter(_WORD.fullmatch, family))


@cache
def _reserved() -> frozenset[str]:
    return frozenset(fold(name) for names in people("test").values() for name in names)
