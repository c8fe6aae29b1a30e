"""Numbers and what they count: people, rooms, nights, stars, money, "the second one"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from agent.evidence.folding import fold
from agent.evidence.ordinals import picks
from agent.evidence.shares import is_share
from agent.evidence.tokens import Line, Token

PEOPLE = frozenset({"adult", "child", "infant"})
"""Units that count people."""
_WHO = PEOPLE | {"year"}
_ANY = r"[dDnyfwY]"
_GRAMMAR = re.compile(
    rf"""(?=[dDnyfwYaoP0$\#])(?:
    (?P<money>\$-?{_ANY}|{_ANY}-?\$)
  | (?P<named>(?:\#\.?|P(?=d(?![dUPOZ$M.\-:]))){_ANY})
  | (?P<age>{_ANY}-?Z)
  | (?P<position>d\.(?=P)|D(?=P))
  | (?P<counted>[dnyfwY]-?(?:[xs]?P|U)|a[xs]?[xs]?P|aU)
  | (?P<ordinal>[oD])
  | (?P<none>0)
  | (?P<bare>{_ANY})
    )    """,
    re.VERBOSE,
)
_FOR = frozenset({"for", "fur", "fuer", "para"})
_WE_ARE = frozenset({"we are", "we're", "wir sind", "somos", "seremos"})
_US = frozenset({"of us", "von uns", "de nosotros", "de nosotras"})
_GROUPS = frozenset("family group party team crew familie gruppe familia grupo equipo".split())  # noqa: SIM905
_OF = frozenset({"of", "von", "mit", "de"})
_YOU_ARE = frozenset({"you're", "youre", "ur", "are", "bist", "seid", "sind", "eres", "sois", "es"})
_TOGETHER = frozenset(
    "with taking bringing plus mit samt nehme con llevo ile birlikte beraber".split()  # noqa: SIM905
)
_FRIENDS = frozenset("friends freunde freunden freundinnen amigos amigas arkadas".split())  # noqa: SIM905
"""Who comes beside the person that speaks, where they come along."""
_NO_COUPLE = frozenset("of more other cheaper better".split())  # noqa: SIM905
_OLD = re.compile(r"old$|alt$|^yas")
_AGES = {"infant": (0, 2), "child": (2, 12)}
_PLURAL = re.compile(r"(?:s|children|kindern?|sohne|tochter|lar\w*)$")


@dataclass(frozen=True, slots=True)
class NumberMention:
    """Tokens first..last-1 hold this number; `unit` as in `x-unit`, `currency` beside money.

    It is not `given` where it was only counted from people of whom nobody said that they travel,
    nor as an ordinal that picks nothing.
    """

    first: int
    last: int
    value: int | float
    unit: str | None = None
    currency: str | None = None
    given: bool = True


def read_numbers(line: Line) -> list[NumberMention]:
    """The numbers in a line that no date, time or identifier has claimed."""
    read = [_number(line, match) for match in _GRAMMAR.finditer(line.classes)]
    found = [number for number in read if not _only_an_article(line, number)]
    if not any(number.unit in _WHO for number in found):
        found = [replace(n, unit="adult") if _is_total(line, n) else n for n in found]
    counted: set[str | None] = {number.unit for number in found if number.unit in PEOPLE}
    return [*found, *_by_age(line, found, counted), *_party(line, counted)]


def _number(line: Line, match: re.Match[str]) -> NumberMention:
    first, last = match.span()
    tokens = line.tokens[first:last]
    value = next((_value(token) for token in tokens if token.cls in "dDnyfwYao0"), 1)
    unit: str | None = None
    currency: str | None = None
    given = True
    match match.lastgroup:
        case "money":
            unit = "money"
            currency = next(str(token.value) for token in tokens if token.cls == "$")
        case "named" | "ordinal" | "position":
            unit = "ordinal"
            given = picks(line, first, last) and _numbers_a_choice(tokens[0])
            first = last - 1 if match.lastgroup == "named" else first
        case "none":
            unit = "stop"
        case "age" | "counted":
            unit = next(str(token.value) for token in tokens if token.cls in "PUZ")
            value += tokens[-1].word in _FRIENDS and _is_together(line, last - 1)
        case _:
            unit = "adult" if first and line.tokens[first - 1].word in _FOR else None
    if unit == "ordinal" and is_share(line, first, last):
        unit = None
    return NumberMention(first, last, value, unit, currency, given)


def _is_total(line: Line, number: NumberMention) -> bool:
    """Whether a bare number counts who speaks: "a family of 5", "we are 4", "4 of us".

    Beside "2 adults and 3 children" it would count them twice.
    """
    if number.unit is not None:
        return False
    first, last = number.first, number.last
    *_, second, word = "", "", *(token.word for token in line.tokens[max(0, first - 2) : first])
    after = " ".join(token.word for token in line.tokens[last : last + 2])
    noun = line.classes[last : last + 1] == "x"
    return (
        (word in _OF and second in _GROUPS)
        or (not noun and (word in _WE_ARE or f"{second} {word}" in _WE_ARE))
        or after in _US
    )


def _numbers_a_choice(token: Token) -> bool:
    """Whether what a number stands behind is chosen by it: "option 2", and not "passenger 2"."""
    return token.cls != "P" or token.value == "option"


def _only_an_article(line: Line, number: NumberMention) -> bool:
    """Whether "a flight" was said: that names what is wanted and limits nothing."""
    if line.classes[number.first] != "a":
        return False
    if number.unit == "star":
        # "You're a star" thanks somebody.
        return bool(line.words_before(number.first, 1) & _YOU_ARE)
    return number.unit == "option"


def _value(token: Token) -> int | float:
    return float(token.text) if token.cls == "Y" else token.value  # type: ignore[return-value]


def _by_age(
    line: Line, found: Sequence[NumberMention], counted: Set[str | None]
) -> Iterator[NumberMention]:
    """Read "a 3-year-old" as one child, where children were not counted otherwise."""
    ages = [
        number
        for number in found
        if number.unit == "year" and _OLD.search(fold(line.tokens[number.last - 1].text))
    ]
    for unit, (youngest, oldest) in _AGES.items():
        young = [age for age in ages if youngest <= age.value < oldest]
        if young and unit not in counted:
            yield NumberMention(young[0].first, young[-1].last, len(young), unit)


def _party(line: Line, counted: Set[str | None]) -> Iterator[NumberMention]:
    """Read "my wife and I" as two adults, "just me" as one, "my son" as a child.

    People that were counted in digits or words are not counted again.
    """
    classes = line.classes
    alone = next((at for at, cls in enumerate(classes) if cls == "L" and _is_party(line, at)), -1)
    if alone >= 0 and "adult" not in counted:
        yield NumberMention(alone, alone + 1, int(line.tokens[alone].number), "adult")
        return
    companions = [at for at, cls in enumerate(classes) if cls == "S" and _is_mine(line, at)]
    if companions and "adult" not in counted:
        adults = 1 + sum(int(line.tokens[at].number) for at in companions)
        first = min(companions[0], max(classes.rfind("m", 0, companions[0]), 0) or companions[0])
        given = any(_is_together(line, at) for at in companions)
        yield NumberMention(first, companions[-1] + 1, adults, "adult", given=given)
    if "P" not in classes:
        return
    for unit in sorted({"child", "infant"} - counted):
        mine = [at for at, token in enumerate(line.tokens) if token.value == unit]
        mine = [
            at for at in mine if _is_mine(line, at) and not _PLURAL.search(line.tokens[at].word)
        ]
        if mine:
            yield NumberMention(mine[0], mine[-1] + 1, len(mine), unit)


def _is_party(line: Line, at: int) -> bool:
    """Whether "a couple" are two people, and not some flights ("a couple of flights")."""
    following = line.tokens[at + 1 : at + 2]
    return not any(token.word in _NO_COUPLE or token.cls in "PUZ" for token in following)


def _is_together(line: Line, at: int) -> bool:
    """Whether somebody comes along: "with my wife", "my wife and I", "eşimle"."""
    around = line.classes[max(0, at - 3) : at + 3]
    return (
        ("&" in around and "m" in around)
        or bool(line.words_before(at, 3) & _TOGETHER)
        or line.tokens[at].word.endswith(("mle", "mla"))
    )


def _is_mine(line: Line, at: int) -> bool:
    """Whether "my" stands before the word, or Turkish says it within the word."""
    before = line.classes[max(0, at - 3) : at]
    return "m" in before or line.tokens[at].word.endswith(("im", "um", "em", "am", "mle", "mla"))
