"""Who takes part in a benchmark: ``NAME=ENGINE:TARGET``, and the engine behind it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from agent.engines.base import Engine
from agent.engines.opening import (
    Embedded,
    Scripted,
    Served,
    Target,
    open_engine,
    prepare,
    read_script,
)
from agent.engines.scripted import ScriptedEngine
from agent.models import shipped
from agent.models.files import Progress, quietly, read_manifest
from agent.models.shipping import SHIPPED
from tools.errors import BenchmarkError, EngineError
from training.benchmark.manifest import Entry

EXAMPLES = (
    "base=embedded:default",
    "tuned=embedded:shipped",
    "ours=embedded:default+path/to/adapter",
    "mine=embedded:path/to/model.gguf",
    "big=openai:http://127.0.0.1:8080/v1#model-name",
    "fake=scripted:acts.json",
)
"""One for each way to write a contestant. ``default`` is the bare default base; ``shipped`` is what
`callsign serve` serves: that base with the adapter that comes with this package."""

_NAME = re.compile(r"[\w.-]+")
_DEFAULT = "default"

Seat = Callable[[], Engine]
"""Gives the engine for one attempt: the same one each time, or a script from its start."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model under a name. `written` is its target as it was asked for."""

    name: str
    target: Target
    written: str

    @property
    def untuned(self) -> bool:
        """Whether this is the default model as it comes, which was never trained on acts."""
        return isinstance(self.target, Embedded) and not (self.target.base or self.target.adapter)


def parse_contestants(
    given: Sequence[str],
    *,
    key: str | None = None,
    reproducible: bool = True,
    grammars: bool = True,
) -> tuple[Contestant, ...]:
    """The contestants that ``--model`` names; where it names none, what `callsign serve` serves.

    `key` is sent to servers; with `grammars` they must hold to them. Raises `BenchmarkError`,
    which shows how it is written.
    """
    served = EXAMPLES[1:2] if shipped() else EXAMPLES[:1]
    found = tuple(
        _parse(text, Served("", "", key, grammars=grammars), reproducible=reproducible)
        for text in given or served
    )
    names = [one.name for one in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BenchmarkError(f"two models are called {', '.join(sorted(twice))}; give each a name")
    return found


async def identify(contestant: Contestant, progress: Progress = quietly) -> Entry:
    """What the run's manifest says of a contestant; fetches and converts its model if need be.

    Raises `ModelError`.
    """
    match contestant.target:
        case Embedded() as target:
            files = await asyncio.to_thread(prepare, target, progress)
            made = read_manifest(files.directory)
            digests = [made.base, made.adapter or ""] if made else []
            fingerprint = " ".join(filter(None, digests))
        case Scripted(script=Path() as script):
            fingerprint = sha256("\n".join(read_script(script)).encode()).hexdigest()
        case _:
            fingerprint = ""
    return Entry(contestant.written, fingerprint)


@asynccontextmanager
async def seated(contestants: Sequence[Contestant]) -> AsyncGenerator[Mapping[str, Seat]]:
    """Open every engine once, the same target for all who name it, and close them at the end.

    Raises `EngineError` or `ModelError`.
    """
    async with AsyncExitStack() as stack:
        opened: dict[Target, Seat] = {}
        for target in dict.fromkeys(one.target for one in contestants):
            opened[target] = await _seat(target, stack)
        yield {one.name: opened[one.target] for one in contestants}


async def _seat(target: Target, stack: AsyncExitStack) -> Seat:
    if isinstance(target, Scripted):
        acts = read_script(target.script) if target.script else ()
        return lambda: ScriptedEngine(acts)
    engine = await open_engine(target)

    async def close() -> None:
        with suppress(EngineError):
            await engine.aclose()

    stack.push_async_callback(close)
    return lambda: engine


def _parse(text: str, server: Served, *, reproducible: bool) -> Contestant:
    name, named, written = text.partition("=")
    kind, typed, rest = written.partition(":")
    if not (named and typed and rest and _NAME.fullmatch(name)):
        raise _bad(text, "expected NAME=ENGINE:TARGET")
    match kind:
        case "embedded":
            return Contestant(name, _embedded(text, rest, reproducible=reproducible), written)
        case "openai":
            return Contestant(name, _served(text, rest, server), written)
        case "scripted":
            return Contestant(name, Scripted(Path(rest)), written)
        case _:
            raise _bad(text, f"there is no engine {kind!r}")


def _embedded(text: str, rest: str, *, reproducible: bool) -> Embedded:
    if rest == SHIPPED:
        if (folder := shipped()) is None:
            raise _bad(text, "this build ships no adapter")
        return Embedded(adapter=folder, reproducible=reproducible)
    base, adapter = rest, ""
    # A plus may also stand in a path.
    if "+" in rest and not Path(rest).exists():
        base, _, adapter = rest.rpartition("+")
    return Embedded(
        base=None if base == _DEFAULT else Path(base),
        adapter=Path(adapter) if adapter else None,
        reproducible=reproducible,
    )


def _served(text: str, rest: str, server: Served) -> Served:
    url, _, model = rest.partition("#")
    if not url.startswith(("http://", "https://")) or not model:
        raise _bad(text, "a server needs its address and, after #, the name of a model")
    return replace(server, url=url, model=model)


def _bad(text: str, why: str) -> BenchmarkError:
    return BenchmarkError(f"--model {text}: {why}; for example {', '.join(EXAMPLES)}")
