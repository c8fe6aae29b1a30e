"""Words of identifiers: ``orderIDs`` is order, id, s; and the names of tools and arguments."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache

NAME_LENGTH = 64

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_OUTSIDE = re.compile(r"[^a-zA-Z0-9_-]+")
_ID_WORDS = frozenset({"id", "ids", "uuid", "guid"})


@lru_cache(maxsize=65536)
def words(identifier: str) -> tuple[str, ...]:
    """The words of a snake_case, kebab-case or camelCase identifier, in lower case."""
    return tuple(word.lower() for word in _WORD.findall(identifier))


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """An English noun's singular, by its ending; words that it does not know stay as they are."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:
        return word[:-1]
    return word


@lru_cache(maxsize=65536)
def noun(identifier: str) -> str:
    """What a collection or property holds one of: ``flightOrders`` is flight_order."""
    parts = words(identifier)
    return "_".join((*parts[:-1], singular(parts[-1]))) if parts else ""


def id_stem(identifier: str) -> str | None:
    """What an id-shaped name identifies: ``order_id`` order, ``id`` "", ``period`` None."""
    parts = words(identifier)
    if not parts or parts[-1] not in _ID_WORDS:
        return None
    return noun("_".join(parts[:-1]))


def unique_name(wanted: str, taken: Container[str], suffix: str = "") -> str:
    """`wanted` as a valid name (``^[a-zA-Z0-9_-]{1,64}$``) that is not among `taken`.

    A taken name gets `suffix` first, a number after that.
    """
    base = _OUTSIDE.sub("_", wanted).strip("_") or "unnamed"
    name = base[:NAME_LENGTH]
    if name in taken and suffix:
        base = f"{base[: NAME_LENGTH - len(suffix) - 1]}_{suffix}"
        name = base
    number = 2
    while name in taken:
        tail = f"_{number}"
        name = base[: NAME_LENGTH - len(tail)] + tail
        number += 1
    return name
