"""Opening an engine: the one way that the service and the benchmark share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import orjson

from agent.engines.base import Engine
from agent.models import ModelFiles, ensure
from agent.models.files import Progress, quietly
from tools.errors import ModelError

EngineKind = Literal["embedded", "openai", "scripted"]


@dataclass(frozen=True, slots=True)
class Embedded:
    """A model in this process; see `agent.models.ensure` for `base` and `adapter`.

    None means none here: which adapter a person means is `agent.models.choose_adapter`'s to say.

    With `reproducible`, what it decodes depends on the prompt, the grammar and the sampling alone,
    and not on what else is or was decoded; see `agent.engines.embedded.EmbeddedOptions`.
    """

    base: Path | None = None
    adapter: Path | None = None
    reproducible: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """A model behind an OpenAI-compatible server; `url` ends in ``/v1``.

    With `grammars` the server must hold to them: it is tried before anything is decided.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    grammars: bool = True


@dataclass(frozen=True, slots=True)
class Scripted:
    """Acts from a file with a JSON list of them, as objects or as text; None: an empty script."""

    script: Path | None = None


Target = Embedded | Served | Scripted
"""What to open: one of these for each `EngineKind`."""


async def open_engine(target: Target, progress: Progress = quietly) -> Engine:
    """Open an engine; the caller closes it. Raises `EngineError` or `ModelError`."""
    match target:
        case Embedded():
            return await _embedded(target, progress)
        case Served():
            return await _served(target)
        case Scripted():
            return _scripted(target)


def prepare(target: Embedded, progress: Progress = quietly) -> ModelFiles:
    """The embedded model's files, fetched and converted as far as they are not there yet.

    Blocks for as long as that takes. Raises `ModelError`.
    """
    return ensure(target.base, target.adapter, progress)


def is_tuned(target: Target) -> bool:
    """Whether the embedded model was trained on acts; False where that cannot be told.

    May read the model's files. Raises `ModelError`.
    """
    match target:
        case Embedded(base=None, adapter=None):
            return False
        case Embedded(adapter=None):
            return prepare(target).tuned
        case Embedded():
            return True
        case _:
            return False


def read_script(script: Path) -> tuple[str, ...]:
    """The texts of a script's acts. Raises `ModelError` where the file is no JSON list."""
    try:
        acts = orjson.loads(script.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ModelError(f"{script} is no JSON list of acts: {error}") from error
    if not isinstance(acts, list):
        raise ModelError(f"{script} is no JSON list of acts, but a {type(acts).__name__}")
    return tuple(act if isinstance(act, str) else orjson.dumps(act).decode() for act in acts)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


# Each engine is imported where it is opened: a runtime that nobody asked for costs seconds.


async def _embedded(target: Embedded, progress: Progress) -> Engine:
    from agent.engines.embedded import EmbeddedEngine, EmbeddedOptions  # noqa: PLC0415

    files = await asyncio.to_thread(prepare, target, progress)
    return await EmbeddedEngine.load(files, EmbeddedOptions(reproducible=target.reproducible))


async def _served(target: Served) -> Engine:
    from agent.engines.openai import OpenAIEngine  # noqa: PLC0415

    engine = OpenAIEngine(target.url, target.model, api_key=target.key)
    try:
        await engine.connect(grammars=target.grammars)
    except BaseException:
        await engine.aclose()
        raise
    return engine


def _scripted(target: Scripted) -> Engine:
    from agent.engines.scripted import ScriptedEngine  # noqa: PLC0415

    return ScriptedEngine(read_script(target.script) if target.script else ())
