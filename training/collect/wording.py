"""Words for operations and arguments, as a person would say them; never their code form."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.spec import JsonSchema, ToolSpec
from tools.words import id_stem, words

_FILE = Path(__file__).with_name("wording.yaml")
_LONGEST_INTENT = 14
_LONGEST_LABEL = 4
_ASIDE = re.compile(r"\s*[(\[][^)\]]*[)\]]")
_BY_ID = re.compile(
    r",?\s+(?:(?:by|with|using|given|for|from|based on|specified by|identified by)\s+)"
    r"(?:(?:its|their|the|an?|given|specified|provided|unique|this|that|your)\s+)*"
    r"(?:[\w-]+\s+){0,2}(?:ids?|uuid|identifiers?|keys?|slug)\b.*$",
    re.IGNORECASE,
)
_CODE = re.compile(r"[^A-Za-z0-9 ,'\-]|[a-z][A-Z]|_|\d{2,}|\b[A-Z]{6,}\b|\bv\d")


@dataclass(frozen=True, slots=True)
class _Words:
    """`wording.yaml`, read. `forms` maps every form of a verb to its base."""

    verbs: Mapping[str, tuple[str, ...]]
    forms: Mapping[str, str]
    about_apis: frozenset[str]
    no_label: frozenset[str]
    short: frozenset[str]
    known_as: Mapping[str, str]


def first_sentence(text: str) -> str:
    """The first sentence of a description, without its full stop."""
    line = text.partition("\n")[0].strip()
    return line.partition(". ")[0].rstrip(". ")


def plain_sentence(text: str) -> str:
    """The first sentence of a description, without asides and without ``by its ID``."""
    return _BY_ID.sub("", _ASIDE.sub("", first_sentence(text))).strip(" ,:;-")


def intent_of(tool: ToolSpec) -> tuple[str, str] | None:
    """What a tool does, as a verb in its base form and the rest of the clause (``list``, ``all
    orders of a customer``); None where its description does not say so plainly.
    """
    said = plain_sentence(tool.description)
    head, _, rest = said.partition(" ")
    verb = _known().forms.get(head.lower())
    rest = rest.removeprefix("for ") if verb in ("search", "look") else rest
    parts = rest.split()
    if verb is None or not 1 <= len(parts) <= _LONGEST_INTENT or _CODE.search(rest):
        return None
    if _known().about_apis.intersection(word.lower().strip(",'") for word in parts):
        return None
    return verb, _lowered(rest)


def reads(intent: tuple[str, str]) -> bool:
    """Whether an intent is to show something, which can be asked for without naming a value."""
    return "show me" in _known().verbs[intent[0]]


def said_as(intent: tuple[str, str], rng: random.Random) -> str:
    """A clause that asks for an intent, often with another verb than the description's."""
    verb, rest = intent
    chosen = rng.choice(_known().verbs[verb])
    if chosen == "give me" and not rest.startswith(("the ", "a ", "an ", "all ", "list")):
        chosen = "show me"
    return f"{chosen} {rest}"


def label_of(name: str, schema: JsonSchema, owner: str, rng: random.Random) -> str | None:
    """What a person calls an argument: a short description, else the words of its name.

    `owner` is what a bare ``id`` identifies. None where neither is plain language.
    """
    named = plain_name(name, owner)
    described = _from_description(schema.get("description", ""))
    if described and (named is None or rng.random() < 0.5):
        return described
    return named


def code_forms(names: Sequence[str]) -> frozenset[str]:
    """Names that cannot be taken for plain words: they hold a capital, a sign or a digit."""
    return frozenset(name for name in names if not re.fullmatch(r"[a-z]+|[A-Z][a-z]+", name))


def plain_name(name: str, owner: str) -> str | None:
    """The words of an argument's name as a person says them; None where they are code."""
    parts = list(words(name))
    if not parts or any(len(part) < 3 and part not in _known().short for part in parts):
        return None
    if id_stem(name) == "" and owner:
        parts = [*owner.split("_"), "id"]
    if len(parts) > _LONGEST_LABEL:
        return None
    return " ".join(_known().known_as.get(part, part) for part in parts)


def _from_description(text: str) -> str | None:
    said = _ASIDE.sub("", first_sentence(text)).strip(" ,:;-")
    said = re.sub(r"^(?:the|an?)(?:\s+|$)", "", said, flags=re.IGNORECASE)
    parts = said.split()
    if not 1 <= len(parts) <= _LONGEST_LABEL or _CODE.search(said):
        return None
    if _known().no_label.intersection(word.lower().strip(",'") for word in parts):
        return None
    return _lowered(said)


def _lowered(text: str) -> str:
    """Words in lower case but for abbreviations: ``A Wedding RSVP`` is ``a wedding RSVP``."""
    return " ".join(
        word if word.isupper() and len(word) > 1 else word.lower() for word in text.split()
    )


@cache
def _known() -> _Words:
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    said = {verb: tuple(one["say"]) for one in read["verbs"] for verb in one["verbs"]}
    verbs = said | {verb: (verb,) for verb in read["as_they_are"]}
    return _Words(
        verbs,
        {form: verb for verb in verbs for form in _forms(verb)},
        frozenset(read["about_apis"]),
        frozenset(read["no_label"]),
        frozenset(read["short"]),
        read["known_as"],
    )


def _forms(verb: str) -> Iterator[str]:
    """``apply`` is apply, applys, applyes and applies: the wrong ones do no harm."""
    yield from (verb, f"{verb}s", f"{verb}es")
    if verb.endswith("y"):
        yield f"{verb[:-1]}ies"
