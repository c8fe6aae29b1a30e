r"""Generates scenarios: templates × phrases × sampled values, the same on any machine.

    python -m training.scenarios.generate --split test --count 206 --seed 1 \
        --out training/benchmark/suites/data/booking.jsonl

writes the generated scenarios and, after them, the hand-written ones of the split: this very
command makes the committed suite `booking`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Collection, Sequence
from importlib import resources
from pathlib import Path

import yaml
from pydantic import TypeAdapter
from rich.console import Console

from agent.evidence.lexicon import Language
from training.scenarios.scenario import Line, Scenario, Split, encode_scenario
from training.scenarios.scene import scene
from training.scenarios.story import Story
from training.scenarios.templates import REGISTER, Template
from training.worlds import World, world

_LANGUAGES: tuple[Language, ...] = ("en", "tr", "de", "en", "es")
"""Two of five scenarios are English, one is each of the others."""
_SEEDS = 100_000
_ATTEMPTS = 8
"""So often a scenario is drawn, while another one says the same or its world lacks something."""
_HAND_WRITTEN = TypeAdapter(tuple[Scenario, ...])


async def generate(split: Split, count: int, seed: int, world: World) -> tuple[Scenario, ...]:
    """`count` scenarios of a split, spread over its templates by weight and over the languages.

    The same arguments give the same scenarios: `world` only answers what a search in a sandbox
    shows. Raises ValueError for a split without templates.
    """
    made: list[Scenario] = []
    said: set[tuple[Line, ...]] = set()
    for number, (template, language) in enumerate(_plan(split, count)):
        key = f"{template.name.replace('/', '-')}-{language}-{number:03}"
        scenario = await _told(template, key, language, seed, world, said)
        said.add(scenario.lines)
        made.append(scenario)
    return tuple(made)


async def _told(  # noqa: PLR0917 - all that a scenario follows from
    template: Template, key: str, language: Language, seed: int, world: World,
    said: Collection[tuple[Line, ...]],
) -> Scenario:  # fmt: skip
    """A scenario that says something new if it can; of the draws that its world has things for.

    Raises LookupError where no draw finds what its story needs.
    """
    told, fault = None, LookupError(f"{template.name} was never drawn")
    for attempt in range(_ATTEMPTS):
        try:
            told = await _written(template, key, language, f"{seed} {attempt}", world)
        except LookupError as error:
            fault = error
        else:
            if told.lines not in said:
                break
    if told is None:
        raise fault
    return told


async def _written(
    template: Template, key: str, language: Language, seed: str, world: World
) -> Scenario:
    """One scenario, all of whose draws follow from `seed` and `key`."""
    rng = random.Random(f"{seed} {template.split} {key}")
    world_seed = rng.randrange(_SEEDS)
    async with scene(world, world_seed) as place:
        story = Story(template.split, language, rng, place)
        await template.write(story)
    return story.scenario(key, template.name, template.categories, world_seed)


def hand_written(split: Split) -> tuple[Scenario, ...]:
    """The scenarios of a split that people wrote; () where there are none."""
    source = resources.files("training.scenarios") / "written" / f"{split}.yaml"
    if not source.is_file():
        return ()
    return _HAND_WRITTEN.validate_python(yaml.safe_load(source.read_text(encoding="utf-8")))


def _plan(split: Split, count: int) -> Sequence[tuple[Template, Language]]:
    """Which templates are written in which languages, as evenly as the count allows."""
    templates = [one for one in REGISTER.values() if one.split == split]
    if not templates:
        raise ValueError(f"there is no template of the split {split}")
    turns = [one for one in templates for _ in range(one.weight)]
    plan: list[tuple[Template, Language]] = []
    for number in range(count):
        lap, at = divmod(number, len(turns))
        plan.append((turns[at], _LANGUAGES[(at + lap) % len(_LANGUAGES)]))
    return plan


def encode(scenarios: Sequence[Scenario]) -> bytes:
    """Scenarios as JSON lines."""
    return b"".join(encode_scenario(one) + b"\n" for one in scenarios)


async def suite(split: Split, count: int, seed: int) -> tuple[Scenario, ...]:
    """The generated scenarios of a split and its hand-written ones, in worlds of their own."""
    async with world() as place:
        generated = await generate(split, count, seed, place)
    return (*generated, *hand_written(split))


def main() -> None:
    """Parse, generate, write."""
    parser = argparse.ArgumentParser(description="Generates scenarios")
    parser.add_argument("--split", choices=["train", "validation", "test"], default="test")
    parser.add_argument("--count", type=int, default=206, help="how many to generate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="file of JSON lines to write")
    chosen = parser.parse_args()
    scenarios = asyncio.run(suite(chosen.split, chosen.count, chosen.seed))
    chosen.out.write_bytes(encode(scenarios))
    Console(stderr=True).print(f"{len(scenarios)} scenarios in {chosen.out}")


if __name__ == "__main__":
    main()
