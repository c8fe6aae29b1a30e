"""How somebody talks besides what they say: small talk, politeness, slips of the keyboard.

The benchmark's people have no manner, so that its committed file stays as it is.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import yaml

from agent.evidence.lexicon import Language
from training.scenarios.wording import Wording

Manner = Literal["bare", "terse", "chatty", "polite", "misspelt"]
_MANNERS: tuple[Manner, ...] = ("bare", "bare", "terse", "chatty", "chatty", "polite", "misspelt")
_BARE_MOVES = ("give.", "small.")
"""Answers to a question, where a word more could be read as part of a name; and small talk."""
_SLOT = re.compile(r"(\{[^}]*\})")
_WORD = re.compile(r"\w+")
_SLIP = 0.7


def a_manner(rng: random.Random) -> Manner:
    """Somebody's manner, which they keep for a whole conversation."""
    return rng.choice(_MANNERS)


def dressed(move: str, wording: Wording, manner: Manner, rng: random.Random, *, first: bool) -> str:
    """A phrase for a move as somebody of this manner says it; `first` begins the conversation."""
    phrase = wording.phrase(move, rng)
    if manner == "terse":
        return min(phrase, wording.phrase(move, rng), wording.phrase(move, rng), key=len)
    if manner == "misspelt":
        return misspelt(phrase, wording.language, rng)
    if manner == "bare" or move.startswith(_BARE_MOVES):
        return phrase
    if manner == "chatty" and rng.random() < 0.75:
        opener = wording.phrase("opener.first" if first else "opener.next", rng)
        phrase = f"{opener} {phrase}"
    if manner == "polite" or rng.random() < 0.3:
        end = "" if phrase[-1] in ".!?" else "."
        phrase = f"{phrase}{end} {wording.phrase('closer', rng)}"
    return phrase


def misspelt(phrase: str, language: Language, rng: random.Random) -> str:
    """A phrase with slips in some words that name no value; slots stay as they are."""
    known = _slips()[language]

    def slip(word: re.Match[str]) -> str:
        wrong = known.get(word.group().lower())
        return rng.choice(wrong) if wrong and rng.random() < _SLIP else word.group()

    parts = _SLOT.split(phrase)
    return "".join(p if p.startswith("{") else _WORD.sub(slip, p) for p in parts)


@cache
def _slips() -> Mapping[Language, Mapping[str, list[str]]]:
    source = resources.files("training.scenarios") / "phrases" / "slips.yaml"
    return yaml.safe_load(source.read_text(encoding="utf-8"))
