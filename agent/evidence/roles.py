"""Where a journey starts and ends, as the words around a place say it.

English "from … to …", German "von … nach …", Spanish "de … a …", Turkish endings -dan and -ya.
A role is only a reading of one message: it never forbids a value, it says which place was meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_NEAR = 40
ORIGIN, DESTINATION = "origin", "destination"

_FROM_BEFORE = re.compile(
    r"(?:\bfrom|\bleaving|\bdeparting|\bout of|\bvon|\bab|\baus|\bdesde|\bsaliendo de|\bde|\bdel)"
    r"(?:\s+the)?\s+$",
    re.IGNORECASE,
)
_TO_BEFORE = re.compile(
    r"(?:\bto|\binto|\bfor|\bnach|\bhasta|\bhacia|\ba|\bal|\bvisit(?:ing)?)(?:\s+the)?\s+$",
    re.IGNORECASE,
)
_FROM_AFTER = re.compile(r"^['’]?(?:dan|den|tan|ten)\b", re.IGNORECASE)
_TO_AFTER = re.compile(r"^['’]?(?:y?[ae]|n[ae])\b", re.IGNORECASE)
_INSTEAD = re.compile(
    r"\b(?:instead|rather|lieber|stattdessen|mejor|en su lugar|onun yerine)\b", re.IGNORECASE
)
_OF = re.compile(r"\b(?:instead|rather|lieber) (?:of|than|als)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"^\s*(?:-|–|—|→|->|>|to|nach|a)\s*$", re.IGNORECASE)


def roles(text: str, spans: Sequence[tuple[int, int]]) -> list[str | None]:
    """The role of each place, in the order of `spans` (character offsets, ascending); or None.

    Two places with a dash, an arrow or "to" between them are origin and destination. A reading in
    which one role is given to several places says nothing, and all roles of it are left out. A
    single place "instead" is where the journey goes now.
    """
    found = [_role(text, start, end) for start, end in spans]
    for number, ((_, end), (start, _)) in enumerate(pairwise(spans)):
        if _BETWEEN.match(text[end:start]):
            found[number] = found[number] or ORIGIN
            found[number + 1] = found[number + 1] or DESTINATION
    for role in (ORIGIN, DESTINATION):
        if found.count(role) > 1:
            found = [None if one == role else one for one in found]
    if found == [None] and _INSTEAD.search(text) and not _OF.search(text):
        return [DESTINATION]
    return found


def _role(text: str, start: int, end: int) -> str | None:
    # Only the words next to a place are read, or a long message would be read once for each.
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    if _FROM_AFTER.match(after) or _FROM_BEFORE.search(before):
        return ORIGIN
    if _TO_AFTER.match(after) or _TO_BEFORE.search(before):
        return DESTINATION
    return None
