"""Randomness that depends on nothing but the seed of the build, the stage and the row."""

from __future__ import annotations

import random
from hashlib import sha256

import orjson


def seed_for(seed: int, stage: str, row_id: str) -> int:
    """H(seed, stage, row id): the first eight bytes of SHA-256 over the three as a JSON list."""
    digest = sha256(orjson.dumps([seed, stage, row_id])).digest()
    return int.from_bytes(digest[:8], "big")


def rng_for(seed: int, stage: str, row_id: str) -> random.Random:
    """A generator of its own for one row of one stage (see `seed_for`)."""
    return random.Random(seed_for(seed, stage, row_id))
