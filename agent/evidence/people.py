"""Person names in a message: candidates, generously, for the model to choose from.

A name is a run of capitalised words that mean nothing else, or words of any case after a cue
("my name is", "adım", "ich heiße", "me llamo", "guests:"), or an answer that is nothing but unknown
words, or such a clause where the message is about people at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.evidence.tokens import Line, Token

_PARTICLES = frozenset("de del della da di la le van von der den bin ibn al el dos y zu".split())  # noqa: SIM905
_ENDING = re.compile(r"(?<=\w\w)['’][a-zçğıöşü]{1,4}$")
# N unknown word in capitals, n in small letters, K known word in capitals, I initial, v particle,
# P place, c cue, w weak cue, g guest, = date or "born", - hyphen inside a word, & and, ! please;
# anything else ends a name.
_ANY = r"(?:I\.?|[NnKP](?:-[NnKP])?|v+(?=[Nn]))"
_CAPITAL = r"(?:I\.?|[NK](?:-[NK])?|v+(?=N))"
_SMALL = r"n(?:-n)?(?:n(?:-n)?){1,3}"
_NAMES = re.compile(
    rf"""
    (?:(?<=c)|(?<=c[:,;.]))(?P<cued>{_ANY}{{1,5}})
  | (?<=w)(?P<meant>
        (?:I\.?|[NK](?:-[NKP])?){_CAPITAL}{{0,4}}P?
      | P(?:-[NKP])?{_CAPITAL}{{1,4}}
      | {_SMALL}(?=$|[&,.;@!])
    )
  | (?P<plain>{_CAPITAL}{{2,5}}|P{_CAPITAL}{{1,4}})
  | (?<=g)(?P<called>{_SMALL}(?=$|[&,.;@!]))
  | (?:^|(?<=[.,:;&]))(?P<clause>nv*n{{1,3}})(?=$|[.,:;&@=]|c(?!n))
    """,
    re.VERBOSE,
)
_UNKNOWN = re.compile("N")
_TWO_UNKNOWN = re.compile(r"(?:N|I\.?)[-v]*N|PN")
_ANSWER = re.compile(r"[NnIvK-]{1,5}[.]?")
_LIST = re.compile(r"&([NKPI][NnKPIv.-]{0,4}|n[nv-]{1,4}(?=$|[&,.;@]))")
_KEPT = {
    "(": ";",
    ")": ";",
    "A": "c",
    "B": "w",
    "_": "=",
    "b": "=",
    **{symbol: symbol for symbol in "&.,:;@"},
}
# "june carter", "noel baker": months and holidays that no date reader took.
_ALSO_NAMES = frozenset("MH")
_COUNTS = frozenset("dnwa")
_INTRODUCES = frozenset({"ben"})
"""The word for I alone says who somebody is where the language needs no verb for it."""
_NEVER_FIRST = frozenset("oDPw0$#iqJvTNt")
_SAID_PARTS: dict[str, str] = {
    **dict.fromkeys(("first name", "given name", "vorname", "forename", "nombre"), "given_name"),
    **dict.fromkeys(("last name", "family name", "surname", "nachname"), "family_name"),
    **dict.fromkeys(("familienname", "apellido", "apellidos", "soyadi", "soyadim"), "family_name"),
}
_BETWEEN_CUE_AND_NAME = frozenset({":", "=", "-", "is", "ist", "es"})


@dataclass(frozen=True, slots=True)
class NameMention:
    """A name or a part of one: characters start..end of the text; `part` is None for the whole."""

    start: int
    end: int
    value: str
    part: str | None = None


def read_names(
    line: Line, places: frozenset[int], *, nouns_are_capital: bool = False
) -> list[NameMention]:
    """Names in a line, each whole and in every split into given and family name.

    `places` holds the indices of tokens that name a place: those begin a name only right after a
    cue ("for Florence Nightingale"). Where `nouns_are_capital`, as in German, a known and an
    unknown word in capitals are no name yet.
    """
    if "x" not in line.classes:
        return []
    classes = "".join([_name_class(line, at, places) for at in range(len(line.tokens))])
    found: list[NameMention] = []
    plain = _TWO_UNKNOWN if nouns_are_capital else _UNKNOWN
    about_people = "c" in classes or "@" in classes or "b" in line.classes
    for begin, last in dict.fromkeys(_runs(classes, plain, about_people=about_people)):
        first = _first_word(line, begin, last)
        found += _parts(line, first, last)
        trimmed = first + len(classes[first:last]) - len(classes[first:last].lstrip("KP"))
        if first < trimmed < last and (last - trimmed > 1 or _is_doubtful(line, classes, first)):
            found += _parts(line, trimmed, last)
    return found


def _is_doubtful(line: Line, classes: str, first: int) -> bool:
    """Whether a run begins with a common word that no cue introduces: "Book Ada"."""
    return line.classes[first] == "s" and classes[max(0, first - 1) : first] not in {"c", "w"}


def _first_word(line: Line, first: int, last: int) -> int:
    """Where a name begins: "Second Ada Lovelace" does not begin with the ordinal."""
    return next((at for at in range(first, last) if line.classes[at] not in _NEVER_FIRST), last - 1)


def _runs(classes: str, plain: re.Pattern[str], *, about_people: bool) -> Iterator[tuple[int, int]]:
    if _ANSWER.fullmatch(classes) and ("n" in classes or "N" in classes):
        yield 0, len(classes.rstrip("."))
        return
    for match in _NAMES.finditer(classes):
        kind = match.lastgroup or "plain"
        first, last = match.span(kind)
        if kind == "plain" and not plain.search(match[0]):
            continue
        if kind == "clause" and not about_people:
            continue
        yield first, last
        # "for Ada and charles": after a cue the list goes on in any case.
        while kind != "plain" and (more := _LIST.match(classes, last)):
            yield more.span(1)
            last = more.end()


def _name_class(line: Line, at: int, places: frozenset[int]) -> str:
    cls = line.classes[at]
    token = line.tokens[at]
    capital = token.text[0].isupper()
    following = line.classes[at + 1 : at + 2]
    if cls in _KEPT or (token.value == "adult" and following == ":"):
        return _KEPT.get(cls, "c")
    if at in places:
        return "P" if capital else "_"
    if cls == "-":
        inside = at and line.tokens[at - 1].end == token.start
        return "-" if inside and not line.text[token.end : token.end + 1].isspace() else ";"
    if capital and not (cls == "m" and len(token.text) == 1):
        unknown = cls == "x" or (cls in _ALSO_NAMES and following == "x")
        return ("N" if len(token.text) > 1 else "I") if unknown else "K"
    return _small_class(line, at, following)


def _small_class(line: Line, at: int, following: str) -> str:
    cls, token = line.classes[at], line.tokens[at]
    if token.value == "polite":
        return "!"
    if cls == "m" and token.word in _INTRODUCES:
        return "w"
    if token.word in _PARTICLES:
        return "v"
    if token.value == "adult" and line.classes[max(0, at - 1) : at] not in _COUNTS:
        return "g"
    unknown = cls == "x" or (cls in _ALSO_NAMES and following == "x")
    return "n" if unknown and len(token.text) > 1 else "_"


def _parts(line: Line, first: int, last: int) -> Iterator[NameMention]:
    words = [token for token in line.tokens[first:last] if token.cls not in ".-"]
    if not words:
        return
    yield _mention(line, words, _said_part(line, first) if len(words) == 1 else None)
    for cut in range(1, len(words)):
        if words[cut].start > words[cut - 1].end + 1 or line.text[words[cut].start - 1] != "-":
            yield _mention(line, words[:cut], "given_name")
            yield _mention(line, words[cut:], "family_name")


def _said_part(line: Line, first: int) -> str | None:
    """Which part of a name its cue says that it is: "first name Tom, last name Berg"."""
    before = [one.word for one in line.tokens[max(0, first - 4) : first]]
    cue = [word for word in before if word not in _BETWEEN_CUE_AND_NAME][-2:]
    return _SAID_PARTS.get(" ".join(cue)) or _SAID_PARTS.get(cue[-1] if cue else "")


def _mention(line: Line, words: list[Token], part: str | None) -> NameMention:
    start, end = words[0].start, words[-1].end
    if ending := _ENDING.search(words[-1].text):
        end -= len(ending[0])
    return NameMention(start, end, " ".join(line.text[start:end].split()), part)
