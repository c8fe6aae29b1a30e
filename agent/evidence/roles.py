"""What a place, a date or an hour is for, as the words around it say it.

English "from … to …", German "von … nach …", Spanish "de … a …", Turkish endings -dan and -ya;
"back on …", "zurück am …", "vuelta el …", "dönüş …"; "after …", "ab …", "después de …", "… sonra".
A role is only a reading of one message: it never forbids a value, it says which one was meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_NEAR = 40
ORIGIN, DESTINATION = "origin", "destination"
DEPARTURE, RETURN, STAY = "departure", "return", "stay"
AFTER, BEFORE = "after", "before"

_FROM_BEFORE = re.compile(
    r"(?:\bfrom|\bleaving|\bdeparting|\bout of|\bvon|\bab|\baus|\bdesde|\bsaliendo de|\bde|\bdel)"
    r"(?:\s+the)?\s+$",
    re.IGNORECASE,
)
_TO_BEFORE = re.compile(
    r"(?:\bto|\binto|\bfor|\bnach|\bhasta|\bhacia|\ba|\bal|\bvisit(?:ing)?)(?:\s+the)?\s+$",
    re.IGNORECASE,
)
_FROM_AFTER = re.compile(
    r"^(?:['’]?(?:dan|den|tan|ten)|\s(?:zu\s)?(?:starten|abfliegen|losfliegen))\b", re.IGNORECASE
)
_TO_AFTER = re.compile(r"^(?:['’]?(?:y?[ae]|n[ae])|\s(?:zu\s)?besuchen)\b", re.IGNORECASE)
_INSTEAD = re.compile(
    r"\b(?:instead|rather|lieber|stattdessen|mejor|en su lugar|onun yerine)\b", re.IGNORECASE
)
_OF = re.compile(r"\b(?:instead|rather|lieber) (?:of|than|als)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"^\s*(?:-|–|—|→|->|>|to|nach|a)\s*$", re.IGNORECASE)

# A ticket "there and back" is no way back yet, nor is a "return ticket". "Departure" and "leaving"
# are left out: of a hotel they are the last day.
_WAY = re.compile(
    r"""(?P<return>
        \breturn(?:ing|s)?\b(?!\s+(?:flight|ticket|trip|journey|fare))
      | \bback\b (?! \s+ (?:to|from)) | \binbound\b
      | (?<!hin\sund\s) (?<!hin-\sund\s) (?: \bzurück | \brück(?:flug|reise|kehr) )
      | (?<!ida\sy\s) \b(?:vuelta|regreso|volver|vuelvo|volvemos|regresar)\b
      | (?<!gidi[şs]\s) (?<!gidi[şs]-) \bd[öo]n[üu][şs] )
    | (?P<departure>
        \boutbound\b | \bhin(?:flug|reise|weg)?\b | \babflug
      | \bida\b (?! \s+ y\b) | \bgidi[şs] (?! [\s-]+ d[öo]n[üu][şs]) )""",
    re.IGNORECASE | re.VERBOSE,
)
_BACK_AFTER = re.compile(
    r"^['’]?\w{0,4}\s+(?:wieder\s+)?(?:zurück\b|dön(?:üyor|ece|mek|se|er))", re.IGNORECASE
)
_WAY_AFTER = re.compile(
    r"^['’]?\w{0,4}\s+(?:(?P<departure>gidi[şs])|(?P<return>d[öo]n[üu][şs]))", re.IGNORECASE
)
_STAY = re.compile(
    r"""\b(?:hotel|stay|room|lodging|accom+odation|sleep|unterkunft|zimmer|übernacht|schlaf|otel
        |konakla|kalacak|quedar|aloja|hospeda|habitación|dormir)\w*\b""",
    re.IGNORECASE | re.VERBOSE,
)
_UNTIL_BEFORE = re.compile(
    r"\b(?:until|till|through|bis|hasta|salida|check-?out)\b[\w\s]{0,12}$", re.IGNORECASE
)
_UNTIL_AFTER = re.compile(r"^['’]?\w{0,6}\s+kadar\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.;!?]\s")

_HOUR_LEAD = r"(?:\s+(?:the|um|gegen|about|around|las?|los|saat))?\s*$"
_NOT_BEFORE = re.compile(
    r"\b(?:not before|no earlier than|not earlier than|nicht vor|no antes de)" + _HOUR_LEAD,
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"\b(?:not after|no later than|not later than|nicht nach|no después de)" + _HOUR_LEAD,
    re.IGNORECASE,
)
_AFTER_BEFORE = re.compile(
    r"\b(?:after|from|past|ab|nach|frühestens|después de|a partir de|desde|pasadas)" + _HOUR_LEAD,
    re.IGNORECASE,
)
_BEFORE_BEFORE = re.compile(
    r"\b(?:before|by|until|till|vor|bis|spätestens|antes de|hasta)" + _HOUR_LEAD, re.IGNORECASE
)
_AFTER_AFTER = re.compile(
    r"^\s*['’]?(?:[dt][ae]n)?\s*(?:sonra|itibaren|or later|onwards?|oder später|o más tarde)\b",
    re.IGNORECASE,
)
_BEFORE_AFTER = re.compile(
    r"^\s*['’]?(?:(?:[dt][ae]n)?\s*önce|y?[ae]\s+kadar|or earlier|oder früher|o antes)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


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


def ways(text: str, spans: Sequence[tuple[int, int]]) -> list[str | None]:
    """What each date is of, in the order of `spans`: the way out, the way back, a stay; or None.

    The nearest word before it says so, in the same sentence and with no other date between. "A
    hotel there until the 9th" is the end of a stay and no way back. As with places, a role given to
    several dates says nothing.
    """
    ends = [text[end : end + _NEAR] for _, end in spans]
    # Turkish names the way before each day or after each; after the last only in the second case.
    if ends and _WAY_AFTER.match(ends[-1]):
        after = [_WAY_AFTER.match(end) for end in ends]
        return [match.lastgroup if match else None for match in after]
    found: list[str | None] = []
    last = 0
    for start, end in spans:
        sentence = _SENTENCE_END.split(text[max(last, start - 2 * _NEAR) : start])[-1]
        found.append(_way(sentence, text[end : end + _NEAR]))
        last = end
    return [one if found.count(one) == 1 else None for one in found]


def speaks_of_a_stay(text: str) -> bool:
    """Whether a message is about a place to sleep, at least in part."""
    return bool(_STAY.search(text))


def speaks_of_a_way(text: str) -> bool:
    """Whether a message names the way out or the way back of a journey."""
    return bool(_WAY.search(text))


def _way(sentence: str, after: str) -> str | None:
    if _BACK_AFTER.match(after):
        return RETURN
    until = _UNTIL_BEFORE.search(sentence) or _UNTIL_AFTER.match(after)
    if until and _STAY.search(sentence):
        return STAY
    said = [match.lastgroup for match in _WAY.finditer(sentence[-_NEAR:])]
    return said[-1] if said else None


def bound(text: str, start: int, end: int) -> str | None:
    """Whether an hour at these characters is the earliest (`AFTER`) or the latest; or None."""
    # What leads in ("um", "las") may belong to the span.
    digit = _DIGIT.search(text, start, end)
    begin = digit.start() if digit else start
    before, after = text[max(0, begin - _NEAR) : begin], text[end : end + _NEAR]
    if _NOT_AFTER.search(before):
        return BEFORE
    if _NOT_BEFORE.search(before) or _AFTER_AFTER.match(after):
        return AFTER
    if _BEFORE_AFTER.match(after):
        return BEFORE
    if _AFTER_BEFORE.search(before):
        return AFTER
    return BEFORE if _BEFORE_BEFORE.search(before) else None


def _role(text: str, start: int, end: int) -> str | None:
    # Only the words next to a place are read, or a long message would be read once for each.
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    if _FROM_AFTER.match(after) or _FROM_BEFORE.search(before):
        return ORIGIN
    if _TO_AFTER.match(after) or _TO_BEFORE.search(before):
        return DESTINATION
    return None
