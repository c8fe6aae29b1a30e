"""What an operation is good for, as a clause: `training.collect.wording`, for more descriptions.

Descriptions are taken out of their markup first, and more verbs are known. The benchmark's own
questions are made without this, so that they stay as they are.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.spec import ToolSpec
from training.collect.wording import intent_of, said_as

_FILE = Path(__file__).with_name("intents.yaml")
_BREAK = re.compile(r"</?(?:p|br|li|ul|ol|div|note|h\d)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_ADJECTIVE = re.compile(
    r"\b(?:specified|given|provided|existing|requested|single|specific|particular)\s+", re.I
)
# A verb that `intent_of` knows, in whose place another is judged by the same rules.
_STAND_IN = "Add"


@dataclass(frozen=True, slots=True)
class _Verbs:
    """`intents.yaml`, read."""

    same: Mapping[str, str]
    more: frozenset[str]


def plain(description: str) -> str:
    """A description without markup, each paragraph a line."""
    text = _TAG.sub("", _BREAK.sub("\n", description))
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def intent(tool: ToolSpec) -> tuple[str, str] | None:
    """Verb and rest of what a tool is good for; None where its description does not say so."""
    said = _ADJECTIVE.sub("", plain(tool.description))
    found = _judged(tool, said)
    if found is not None:
        return found
    head, _, rest = said.partition(" ")
    for base in _bases(head.lower()):
        if base in _verbs().same:
            return _judged(tool, f"{_verbs().same[base]} {rest}")
        if base in _verbs().more:
            judged = _judged(tool, f"{_STAND_IN} {rest}")
            return (base, judged[1]) if judged else None
    return None


def wanted(found: tuple[str, str], rng: random.Random) -> str:
    """A clause that asks for an intent."""
    return " ".join(found) if found[0] in _verbs().more else said_as(found, rng)


def _judged(tool: ToolSpec, description: str) -> tuple[str, str] | None:
    return intent_of(replace(tool, description=description))


def _bases(word: str) -> tuple[str, ...]:
    """What a verb may be a form of: ``applies`` is apply, applie or applies."""
    forms = [word]
    if word.endswith("ies"):
        forms.append(f"{word[:-3]}y")
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("s"):
        forms.append(word[:-1])
    return tuple(forms)


@cache
def _verbs() -> _Verbs:
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return _Verbs(read["same"], frozenset(read["more"]))
