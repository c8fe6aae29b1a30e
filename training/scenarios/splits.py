"""What keeps the splits apart: templates, phrases and people belong to one of them only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import combinations
from typing import get_args

from agent.evidence.folding import fold
from agent.evidence.lexicon import LANGUAGES
from training.scenarios.scenario import Split
from training.scenarios.templates import REGISTER
from training.scenarios.wording import people, phrases, says_something, shape

__all__ = ["leaks", "shape", "shared"]

_SPLITS: tuple[Split, ...] = get_args(Split)


def shared(held: Mapping[Split, Set[str]]) -> Iterator[str]:
    """What two splits hold both, told with their names."""
    for left, right in combinations(held, 2):
        for one in sorted(held[left] & held[right]):
            yield f"{left} and {right} share {one!r}"


def leaks() -> list[str]:
    """Whatever more than one split holds; nothing may.

    Phrases that are nothing but slots ("{name}, {mail}") say nothing of their own and may recur.
    """
    return [
        *shared({split: set(_phrases(split)) for split in _SPLITS}),
        *shared({split: set(_people(split)) for split in _SPLITS}),
        *shared({split: set(_chains(split)) for split in _SPLITS}),
    ]


def _phrases(split: Split) -> Iterator[str]:
    for language in LANGUAGES:
        for said in phrases(split, language).values():
            yield from map(shape, filter(says_something, said))


def _people(split: Split) -> Iterable[str]:
    return (fold(name) for names in people(split).values() for name in names)


def _chains(split: Split) -> Iterable[str]:
    return (one.name for one in REGISTER.values() if one.split == split)
