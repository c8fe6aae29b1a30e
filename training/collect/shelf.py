"""The documents that ``--specs`` named: files, folders of them, archives; one at a time.

A worker is handed a place on the shelf and never a document's contents. Archives are compressed
as a whole, so they are read as a stream: a worker that asks in their order goes through an archive
once.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from tools.errors import DataError, SpecError
from tools.openapi.document import Json, load

LARGEST = 128_000_000
"""Bytes of a document; a larger one would take gigabytes once parsed."""

SUFFIXES = (".json", ".yaml", ".yml")
_ARCHIVES = (".tgz", ".tar.gz")
_PACKAGE = "package/"
_PACKAGE_MANIFEST = "package/package.json"
_PACKAGE_DOCUMENTS = "package/api/"
_LEFT_OUT = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands: number of the spec, its name within it, its size in bytes."""

    spec: int
    name: str
    size: int


@dataclass(slots=True)
class Shelf:
    """What some paths hold. Paths that are no file, folder or archive raise `DataError`."""

    specs: Sequence[Path]
    _streams: dict[int, _Stream] = field(default_factory=dict[int, "_Stream"])
    _last: tuple[tuple[int, str], Json] | None = None

    def __post_init__(self) -> None:
        for path in self.specs:
            if not path.exists():
                raise DataError(
                    f"--specs {path}: there is no such file or folder. It takes OpenAPI documents "
                    "(JSON or YAML), folders of them, URLs, and npm packages of them (.tgz)"
                )

    def places(self) -> Iterator[tuple[Place, bytes]]:
        """Every candidate with its bytes, in a fixed order; none (b"") where it is too large."""
        for number, path in enumerate(self.specs):
            if _is_archive(path):
                for name, size, data in _Stream(path):
                    yield Place(number, name, size), data
            elif path.is_dir():
                for file in _files_below(path):
                    size = file.stat().st_size
                    name = file.relative_to(path).as_posix()
                    yield Place(number, name, size), _bytes(file) if size <= LARGEST else b""
            else:
                size = path.stat().st_size
                yield Place(number, path.name, size), _bytes(path) if size <= LARGEST else b""

    def document(self, spec: int, name: str) -> Json:
        """One document, parsed; the last one is kept. Raises `DataError` when it is gone."""
        if self._last is None or self._last[0] != (spec, name):
            self._last = None
            try:
                self._last = (spec, name), load(self._read(spec, name))
            except SpecError as error:
                raise DataError(f"{name} has changed since it was listed: {error}") from error
        return self._last[1]

    def package(self, spec: int) -> str:
        """Name and version of the npm package that a spec is; "" where it is none."""
        path = self.specs[spec]
        return _package(path) if _is_archive(path) else ""

    def digests(self) -> list[str]:
        """SHA-256 of what each spec holds: names and contents, wherever it stands."""
        return [_digest(path) for path in self.specs]

    def _read(self, spec: int, name: str) -> bytes:
        path = self.specs[spec]
        if not _is_archive(path):
            return _bytes(path / name if path.is_dir() else path)
        if spec not in self._streams:
            self._streams[spec] = _Stream(path)
        return self._streams[spec].read(name)


class _Stream:
    """An archive, read forwards; from its beginning again for what lies behind."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members = iter(self)

    @cached_property
    def _prefix(self) -> str:
        """What names of documents begin with and is left out."""
        with _opened(self._path) as archive:
            names = [member.name for member in archive]
        for prefix in (_PACKAGE_DOCUMENTS, _PACKAGE):
            if any(name.startswith(prefix) for name in names):
                return prefix
        return ""

    def __iter__(self) -> Iterator[tuple[str, int, bytes]]:
        with _opened(self._path) as archive:
            for member in archive:
                name = member.name.removeprefix(self._prefix)
                inside = member.isfile() and member.name.startswith(self._prefix)
                if inside and name.endswith(SUFFIXES):
                    held = archive.extractfile(member) if member.size <= LARGEST else None
                    yield name, member.size, held.read() if held else b""

    def read(self, name: str) -> bytes:
        for _ in range(2):
            for found, _, data in self._members:
                if found == name:
                    return data
            self._members = iter(self)
        raise DataError(f"{self._path} holds no {name} any more")


@contextmanager
def _opened(path: Path) -> Generator[tarfile.TarFile]:
    """An archive to go through once. Raises `DataError` wherever it turns out to be damaged."""
    try:
        with tarfile.open(path, "r|gz") as archive:
            yield archive
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise DataError(f"--specs {path} cannot be read as a .tgz archive: {error}") from error


def _is_archive(path: Path) -> bool:
    return path.name.endswith(_ARCHIVES)


def _package(path: Path) -> str:
    with _opened(path) as archive:
        for member in archive:
            if member.name == _PACKAGE_MANIFEST:
                held = archive.extractfile(member)
                manifest: Any = orjson.loads(held.read()) if held else {}
                return f"{manifest.get('name', '')} {manifest.get('version', '')}".strip()
    return ""


def _files_below(folder: Path) -> list[Path]:
    """Documents of a folder, however deep; nothing hidden and nobody's dependencies."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in SUFFIXES
        and file.is_file()
        and not any(
            part in _LEFT_OUT or part.startswith(".") for part in file.relative_to(folder).parts
        )
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"--specs {path} cannot be read: {error}") from error


def _digest(path: Path) -> str:
    whole = sha256()
    files = _files_below(path) if path.is_dir() else [path]
    for file in files:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        whole.update(f"{name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as held:
            while block := held.read(1 << 20):
                whole.update(block)
    return whole.hexdigest()
