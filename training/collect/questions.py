"""A question for a call, made the reverse way: from what is wanted and the values to name."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from training.collect.surface import listed

Style = Literal["imperative", "question", "terse", "chatty"]
STYLES: tuple[Style, ...] = get_args(Style)
LANGUAGES = ("en", "de", "tr", "es")

_FILE = Path(__file__).with_name("shells.yaml")


@dataclass(frozen=True, slots=True)
class Named:
    """One value to name: what it is called, and its text in the question's language.

    `sentence` is false for a yes or no, which is said as a pair in every style.
    """

    label: str
    text: str
    sentence: bool = True


def ask(
    intent: str, named: Sequence[Named], language: str, style: Style, rng: random.Random
) -> str:
    """A question that wants `intent` and names every value, in their order.

    `language` is one of `LANGUAGES`; the words of the intent and the labels stay English. Raises
    KeyError for another language or style.
    """
    shells = _shells()[language]
    shell: str = rng.choice(shells["said" if named else "bare"][style])
    return fill(shell, intent, named, shells)


def fill(shell: str, intent: str, named: Sequence[Named], shells: Mapping[str, Any]) -> str:
    """A sentence with its parts filled in. `shells` are those of its language, as in the file."""
    conjunction = shells["conjunction"]
    facts = [_fact(shells["fact"], one) for one in named]
    parts = {
        "intent": intent,
        "Intent": intent[:1].upper() + intent[1:],
        "items": listed([f"{one.label} {one.text}" for one in named] or [""], conjunction),
        "pairs": ", ".join(f"{one.label}: {one.text}" for one in named),
        "facts": _capital(listed(facts or [""], conjunction)),
    }
    return shell.format(**parts)


def _fact(pattern: str, one: Named) -> str:
    chosen = pattern if one.sentence else "{label}: {value}"
    return chosen.format(label=one.label, value=one.text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def _shells() -> Mapping[str, Any]:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))
