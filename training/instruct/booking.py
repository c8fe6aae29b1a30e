"""Instructions over the two practice APIs: templates × phrases × sampled values."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

from agent.evidence.lexicon import Language
from tools.errors import CallsignError
from training.pipeline.seeds import rng_for
from training.records import Dropped, Instruction
from training.scenarios.scenario import Line, Split
from training.scenarios.shared import Worlds
from training.scenarios.story import Story
from training.scenarios.templates import REGISTER, Template
from training.worlds import world

_APIS = ("flights", "hotels")
_LANGUAGES: tuple[Language, ...] = ("en", "tr", "en", "de", "en", "es", "en")
"""Four of seven conversations are English, one is each of the others."""
_VALIDATION_EVERY = 20
_WORLDS = 64
"""So many worlds: routes and dates make the difference, worlds cost time."""
_SCENARIOS = Path(str(resources.files("training.scenarios")))
_AT_ONCE = 12
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class BookingInstructions:
    """Makes `count` instructions (`training.pipeline.stage.Source`), one in 20 for validation.

    Row i follows from ``H(seed, "instruct", i)`` alone, apart from what was said before: nothing is
    said twice, but drawn again (``duplicate`` where that does not help), as is what no world holds
    (``impossible``).
    """

    count: int
    name: str = "instruct-booking"

    @property
    def total(self) -> int:
        """How many records there will be."""
        return self.count

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Source.settings`; `bank` is the digest of what rows are written with."""
        return {"version": 1, "count": self.count, "bank": bank()}

    async def records(self, seed: int) -> AsyncIterator[Instruction | Dropped]:
        """All instructions, in the order of their numbers."""
        async with _writer(seed) as writer:
            plan = list(_plan(self.count))
            for start in range(0, self.count, _AT_ONCE):
                places = plan[start : start + _AT_ONCE]
                rows = [writer.first(start + at, *place) for at, place in enumerate(places)]
                for number, row in enumerate(await asyncio.gather(*rows), start):
                    yield await writer.unheard(number, *plan[number], row)


class _Writer:
    """Writes instructions, and knows what was said."""

    def __init__(self, seed: int, worlds: Worlds) -> None:
        self._seed, self._worlds = seed, worlds
        self._said: set[bytes] = set()

    async def first(self, number: int, template: Template, language: Language) -> _Try:
        """The first of this row's tries that some world holds."""
        return await self._next(number, template, language, 0)

    async def unheard(
        self, number: int, template: Template, language: Language, tried: _Try
    ) -> Instruction | Dropped:
        """The first of this row's tries that says what no earlier row says."""
        while (row := tried.row) is not None:
            said = _digest(row.scenario.lines)
            if said not in self._said:
                self._said.add(said)
                return row
            if tried.attempt + 1 >= _ATTEMPTS:
                return Dropped(row.id, "duplicate", template.name)
            tried = await self._next(number, template, language, tried.attempt + 1)
        return Dropped(_id(number, template, language), "impossible", template.name)

    async def _next(self, number: int, template: Template, language: Language, start: int) -> _Try:
        for attempt in range(start, _ATTEMPTS):
            rng = rng_for(self._seed, "instruct", f"{number}" + (f".{attempt}" if attempt else ""))
            try:
                row = await self._write(_id(number, template, language), template, language, rng)
            except (LookupError, CallsignError):
                continue
            return _Try(attempt, row)
        return _Try(_ATTEMPTS, None)

    async def _write(
        self, key: str, template: Template, language: Language, rng: Random
    ) -> Instruction:
        world_seed = rng.randrange(_WORLDS)
        async with self._worlds.scene(world_seed) as place:
            story = Story(template.split, language, rng, place)
            await template.write(story)
        scenario = story.scenario(key, template.name, template.categories, world_seed)
        manner = story.manner or "bare"
        return Instruction(key, scenario, _APIS, style=story.style if manner == "bare" else manner)


@dataclass(frozen=True, slots=True)
class _Try:
    """A draw of a row; None where no world holds it."""

    attempt: int
    row: Instruction | None


def bank(root: Path = _SCENARIOS) -> str:
    """The digest of everything that instructions are made of: templates, phrases, forms, code."""
    digest = sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".yaml"):
            digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _plan(count: int) -> Iterator[tuple[Template, Language]]:
    """Which template is written in which language: each equally often, by its weight."""
    laps = {split: _turns(split) for split in ("train", "validation")}
    taken = dict.fromkeys(laps, 0)
    for number in range(count):
        split: Split = "validation" if number % _VALIDATION_EVERY == 7 else "train"
        lap, at = divmod(taken[split], len(laps[split]))
        taken[split] += 1
        yield laps[split][at], _LANGUAGES[(at + lap) % len(_LANGUAGES)]


def _turns(split: Split) -> Sequence[Template]:
    """Each template as often as it weighs, mixed so that any stretch holds all families."""
    turns = [t for t in REGISTER.values() if t.split == split for _ in range(t.weight)]
    Random("turns").shuffle(turns)
    return turns


def _id(number: int, template: Template, language: Language) -> str:
    return f"booking-{number:06}-{language}-{template.chain}"


def _digest(lines: Sequence[Line]) -> bytes:
    return sha256("\n".join(line.text.casefold() for line in lines).encode()).digest()[:12]


@asynccontextmanager
async def _writer(seed: int) -> AsyncGenerator[_Writer]:
    async with world() as running, AsyncExitStack() as stack:
        yield _Writer(seed, Worlds(running, stack))
