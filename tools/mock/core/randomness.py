"""Deterministic draws: the same parts give the same value on every machine and every run.

Every value is a BLAKE2b digest of its parts, so a draw depends on nothing that was drawn before:
worlds need no stored random state and are the same in whatever order they are looked at.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_REFERENCE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I, O, 0, 1: people read them out


def digest(*parts: object, size: int = 8) -> bytes:
    """`size` bytes drawn from the parts, each taken as its `str`."""
    text = "\x1f".join(map(str, parts))
    return hashlib.blake2b(text.encode(), digest_size=size).digest()


def fraction(*parts: object) -> float:
    """A number in [0, 1)."""
    return (int.from_bytes(digest(*parts)) >> 11) / (1 << 53)


def whole(low: int, high: int, *parts: object) -> int:
    """A whole number from `low` to `high`, both included."""
    return low + int(fraction(*parts) * (high - low + 1))


def choose(options: Sequence[T], *parts: object) -> T:
    """One of the options, each as likely as the others."""
    return options[whole(0, len(options) - 1, *parts)]


def short_id(prefix: str, *parts: object) -> str:
    """`prefix`, an underscore and eight base32 characters (40 bits): ``off_k3c2mzqa``."""
    return f"{prefix}_{base64.b32encode(digest(*parts, size=5)).decode().lower()}"


def reference(*parts: object) -> str:
    """A booking reference of six letters and digits that are easy to read out: ``K7QX2M``."""
    return "".join(_REFERENCE_LETTERS[byte % 32] for byte in digest(*parts, size=6))
