"""The dataset card: what is in it, how it came about, and how to make it again.

Everything in it follows from the rows and the manifests, so that the same build writes the same
card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.export.census import Census
from training.export.plots import Bar, bars
from training.export.sample import Sample
from training.pipeline import Manifest

CARD = "README.md"
_SPLITS = ("train", "validation", "test")
_OWN = "Apache-2.0"
_LONGEST = 700
_SAID: Mapping[str, str] = {
    "chains": "whole conversations in which nothing failed; every act is to be learnt",
    "mends": "the conversation up to the act that put a refused or failed call right",
    "irrelevance": "the conversation up to declining what no tool on offer is for",
    "asks": "the conversation up to asking for what is missing",
    "declines": "the conversation up to declining what is not possible or not safe",
    "preferences": "the conversation up to an act, beside one that failed in its place",
}
"""What the rows of each set are; the order of the card."""


@dataclass(frozen=True, slots=True)
class Set:
    """One set: its rows by split."""

    name: str
    told: str
    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        """All its rows."""
        return sum(self.rows.values())


def write_card(folder: Path, found: Census, manifests: Mapping[str, Manifest], seed: int) -> None:
    """Write ``README.md`` and its pictures into the folder of the files."""
    pictures = folder / "pictures"
    pictures.mkdir()
    drawn = {
        "funnel": bars("Records that each stage handed on", funnel(manifests)),
        "decisions": bars(
            "Acts of whole conversations, by what they decide", ranked(found.decisions)
        ),
        "depth": bars("Whole conversations, by their acts", depths(found)),
    }
    for name, picture in drawn.items():
        (pictures / f"{name}.svg").write_text(picture, encoding="utf-8", newline="\n")
    (folder / CARD).write_text(card(found, manifests, seed), encoding="utf-8", newline="\n")


def card(found: Census, manifests: Mapping[str, Manifest], seed: int) -> str:
    """The card as Markdown with the YAML head that dataset hubs read."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701 - Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("card.md.jinja").render(
        found=found,
        sets=sets(found),
        splits=_SPLITS,
        manifests=manifests,
        seed=seed,
        licence="apache-2.0" if set(found.licences) <= {_OWN} else "other",
        languages=sorted(found.languages),
        excerpt=excerpt,
        ranked=ranked,
        size=_size(found.rows),
    )


def sets(found: Census) -> list[Set]:
    """The sets that have rows, in the card's order."""
    made = (
        Set(name, told, {split: found.splits[name, split] for split in _SPLITS})
        for name, told in _SAID.items()
    )
    return [one for one in made if one.total]


def funnel(manifests: Mapping[str, Manifest]) -> list[Bar]:
    """What every stage kept, with what it dropped."""
    return [
        Bar(name, one.kept, f"−{sum(one.dropped.values()):,}" if one.dropped else "")
        for name, one in manifests.items()
    ]


def ranked(counts: Mapping[str, int]) -> list[Bar]:
    """Counts from the most to the fewest, those of equal count by name."""
    total = sum(counts.values()) or 1
    order = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [Bar(name, count, f"({100 * count / total:.1f} %)") for name, count in order]


def depths(found: Census) -> list[Bar]:
    """Conversations by their acts, the short ones first."""
    return [Bar(f"{acts} act{'s' * (acts > 1)}", n) for acts, n in sorted(found.depths.items())]


def excerpt(sample: Sample) -> Sequence[Mapping[str, Any]]:
    """The messages of an example without its system message, long ones cut."""
    return [{"role": one["role"], "content": _cut(one["content"])} for one in sample.messages[1:]]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _size(rows: int) -> str:
    """The size class that hubs sort by."""
    steps = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
    return next((name for limit, name in steps if rows < limit), "100K<n<1M")
