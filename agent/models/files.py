"""Where model files live, and what a converted model consists of."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import orjson

from tools.errors import ModelError

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much (0: not known)."""

FORMAT = 1
"""Raised whenever `convert` writes something else for the same sources."""

_CHUNK = 1 << 20
_MANIFEST = "manifest.json"
GRAPH = "model.xml"
"""The file of a converted model's graph."""


def quietly(what: str, done: int, total: int) -> None:
    """A `Progress` that shows nothing."""
    _ = what, done, total


def home() -> Path:
    """The folder for models: ``CALLSIGN_HOME``, else ``XDG_DATA_HOME``, else ``.var`` here."""
    if chosen := os.environ.get("CALLSIGN_HOME"):
        return Path(chosen) / "models"
    if data := os.environ.get("XDG_DATA_HOME"):
        return Path(data) / "callsign" / "models"
    return Path(".var", "models").absolute()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a converted model was made from.

    Digests are SHA-256; `context` is in tokens. `prompt` is the prompt format that the model was
    trained with (`agent.prompt_format`), "" for one that was never trained on acts. `origin` is
    what adapters call its base (`agent.models.checkpoint.identity`), `scale` how much the adapter's
    product counts.
    """

    name: str
    base: str
    adapter: str | None
    context: int
    prompt: str = ""
    origin: str = ""
    scale: float | None = None
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A converted model on disk."""

    directory: Path
    name: str
    context: int
    tuned: bool = False
    """Whether it was trained on acts."""

    @property
    def graph(self) -> Path:
        """The OpenVINO graph; its weights stand beside it."""
        return self.directory / GRAPH

    @property
    def tokenizer(self) -> Path:
        """The tokenizer, in the JSON format of the `tokenizers` library."""
        return self.directory / "tokenizer.json"

    @classmethod
    def open(cls, directory: Path) -> ModelFiles:
        """A model that `convert` wrote. Raises `ModelError` if it is not whole or not current."""
        manifest = read_manifest(directory)
        if manifest is None:
            raise ModelError(f"{directory} holds no converted model; run: callsign model convert")
        return cls(directory, manifest.name, manifest.context, tuned=bool(manifest.prompt))


def is_converted(directory: Path) -> bool:
    """Whether `convert` wrote this folder, be it damaged or of other days."""
    return (directory / _MANIFEST).is_file() and (directory / GRAPH).is_file()


def read_manifest(directory: Path) -> Manifest | None:
    """The manifest of a converted model, or None where there is none, or one of other days."""
    path = directory / _MANIFEST
    try:
        fields = orjson.loads(path.read_bytes())
        manifest = Manifest(**fields)
    except FileNotFoundError:
        return None
    except (orjson.JSONDecodeError, TypeError):
        return None
    return manifest if manifest.format == FORMAT else None


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write it. Done last, it marks the folder as whole."""
    (directory / _MANIFEST).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    state = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
    return state.hexdigest()


@contextmanager
def whole_file(path: Path) -> Generator[Path]:
    """A temporary name to write to, moved to `path` if the block succeeds, else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def alone_in(folder: Path) -> Generator[None]:
    """Waits until no other process or thread is in such a block for a folder that exists."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
