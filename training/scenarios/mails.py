"""E-mail addresses of those who travel.

In the test split an address is made of its owner's name. A model that is taught only such addresses
learns to compose them instead of copying them, so in the other splits more than half owe nothing to
the name. All domains are reserved ones (RFC 2606).
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping

from agent.evidence.lexicon import Language
from training.scenarios.scenario import Split
from training.scenarios.wording import typed

_DOMAINS: Mapping[Language, tuple[str, ...]] = {
    "en": ("example.com", "example.org", "example.net"),
    "tr": ("example.com.tr", "example.com"),
    "de": ("example.de", "example.org"),
    "es": ("example.es", "example.com"),
}
_FREE_SHARE = 0.6
_OWN_DOMAIN_SHARE = 0.4
_CONSONANTS, _VOWELS = "bcdfghjklmnprstvwz", "aeiou"
_JOINTS = ("", ".", "_", "-")


def mail(given: str, family: str, split: Split, language: Language, rng: random.Random) -> str:
    """An address for somebody of this name, who writes in this language."""
    if split == "test" or rng.random() >= _FREE_SHARE:
        return f"{_of_name(given, family, rng)}@{rng.choice(_DOMAINS[language])}"
    local = _word(rng) if rng.random() < 0.6 else _letters(given)[: rng.randint(2, 4)]
    if rng.random() < 0.5:
        local += f"{rng.choice(_JOINTS)}{rng.choice((_word(rng), str(rng.randint(2, 9999))))}"
    own = rng.random() < _OWN_DOMAIN_SHARE
    return f"{local}@{f'{_word(rng)}.example' if own else rng.choice(_DOMAINS[language])}"


def _of_name(given: str, family: str, rng: random.Random) -> str:
    first, last = _letters(given), _letters(family)
    return rng.choice((
        f"{first.lower()}.{last.lower()}", f"{first[0].lower()}{last.lower()}",
        f"{first.lower()}_{last.lower()}", f"{last.lower()}{rng.randint(2, 98)}",
        f"{first.lower()}+travel", f"{first}.{last}",
    ))  # fmt: skip


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFD", typed(name, "ascii", "en"))
    return "".join(one for one in plain if one.isascii() and one.isalnum()) or "guest"


def _word(rng: random.Random) -> str:
    """A word that no language has, so that it cannot be guessed."""
    pairs = (rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(rng.randint(2, 4)))
    return "".join(pairs) + rng.choice(("", "", rng.choice(_CONSONANTS)))
