"""Results on disk: a folder with ``run.json`` and ``results.jsonl``, which can only grow.

Every result is one line, on disk before the next attempt is counted as done. However a run is
stopped, no more is lost than the attempts under way: a line that was being written then is torn,
and dropped when the run is resumed. Results are read in the order of their keys, so that nothing
made from them depends on when or in how many sittings they came.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import orjson
from pydantic import ValidationError

from tools.errors import BenchmarkError
from training.benchmark.manifest import Manifest, decode_manifest, differences, encode_manifest
from training.benchmark.records import Result, decode_result, encode_result

MANIFEST, RESULTS = "run.json", "results.jsonl"

Key = tuple[str, str, str, str, int]
"""See `Result.key`."""


class Store:
    """The results of one run, for one writer. A context manager; `open_store` makes one."""

    def __init__(self, folder: Path, file: BinaryIO, done: set[Key]) -> None:
        self.folder = folder
        self.done = done
        """Keys of the attempts whose results are on disk."""
        self._file = file

    def append(self, result: Result) -> None:
        """Put a result on disk. Raises `BenchmarkError` when that fails (a full disk)."""
        try:
            self._file.write(encode_result(result) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise BenchmarkError(f"a result cannot be saved in {self.folder}: {error}") from error
        self.done.add(result.key)

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file, which lets another process write.

        What could not be written then cannot be written now either, and was said already.
        """
        with suppress(OSError) if error else nullcontext():
            self._file.close()


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands on disk. Iterating reads its results one by one, in order of their keys.

    Iterating raises `BenchmarkError` for a line that is no result.
    """

    folder: Path
    manifest: Manifest
    lines: Mapping[Key, int]
    """Where each result begins in its file, in bytes."""

    def __iter__(self) -> Iterator[Result]:
        """Every result once."""
        with (self.folder / RESULTS).open("rb") as file:
            for key in sorted(self.lines):
                file.seek(self.lines[key])
                yield _decoded(file.readline(), self.folder)


def open_store(folder: Path, manifest: Manifest, *, resume: bool) -> Store:
    """Start a run in a folder, or go on with the one that it holds if `resume`.

    `manifest` brings the new sitting. Raises `BenchmarkError` when the folder holds results and
    `resume` is not given, when they are of another plan, when something else was written there,
    and while another process writes there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / RESULTS).open("a+b")
    except OSError as error:
        raise BenchmarkError(f"{folder} cannot hold results: {error}") from error
    try:
        _lock(file, folder)
        done = _begin(file, folder, manifest, resume=resume)
    except BaseException:
        file.close()
        raise
    return Store(folder, file, done)


def read_run(folder: Path) -> Run:
    """The run in a folder, finished or not. Raises `BenchmarkError` when there is none."""
    manifest = _before(folder)
    if manifest is None:
        raise BenchmarkError(
            f"{folder} holds no benchmark run; make one: callsign bench run --out {folder}"
        )
    try:
        with (folder / RESULTS).open("rb") as file:
            lines, _ = _index(file, folder)
    except OSError as error:
        raise BenchmarkError(f"the results in {folder} cannot be read: {error}") from error
    return Run(folder, manifest, lines)


_ANOTHER = "name another folder with --out, or delete this one"


def _lock(file: BinaryIO, folder: Path) -> None:
    """Hold the file for this process until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise BenchmarkError(f"another process is writing to {folder}") from error


def _before(folder: Path) -> Manifest | None:
    try:
        return decode_manifest((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise BenchmarkError(
            f"{folder / MANIFEST} cannot be read by this version; {_ANOTHER}"
        ) from error


def _begin(file: BinaryIO, folder: Path, manifest: Manifest, *, resume: bool) -> set[Key]:
    """Check that the folder may be written to, drop a torn line, note the sitting."""
    before = _before(folder)
    if before is not None and (found := list(differences(before.plan, manifest.plan))):
        raise BenchmarkError(
            f"{folder} holds another run, and results of two runs are never mixed: "
            f"{'; '.join(found)}. Ask for the same again, or {_ANOTHER}."
        )
    lines, whole = _index(file, folder)
    if lines and before is None:
        raise BenchmarkError(f"{folder} holds results without {MANIFEST}; {_ANOTHER}")
    if lines and not resume:
        raise BenchmarkError(
            f"{folder} holds {len(lines)} results of this very run; say --resume to go on with "
            f"it, or {_ANOTHER}"
        )
    if before is not None:
        manifest = replace(before, sittings=(*before.sittings, *manifest.sittings))
    file.truncate(whole)
    _write_whole(folder / MANIFEST, encode_manifest(manifest))
    return set(lines)


def _index(file: BinaryIO, folder: Path) -> tuple[dict[Key, int], int]:
    """Where each whole line begins, by its result's key, and how many bytes are whole lines."""
    lines: dict[Key, int] = {}
    start = 0
    file.seek(0)
    for number, line in enumerate(file, 1):
        if not line.endswith(b"\n"):
            break
        try:
            found = orjson.loads(line)
            key = tuple(found[name] for name in ("suite", "task", "contestant", "mode", "trial"))
        except (orjson.JSONDecodeError, LookupError, TypeError) as error:
            raise BenchmarkError(
                f"line {number} of {folder / RESULTS} is no result: something else wrote there"
            ) from error
        lines.setdefault(key, start)
        start += len(line)
    return lines, start


def _decoded(line: bytes, folder: Path) -> Result:
    try:
        return decode_result(line)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = "/".join(map(str, fault["loc"]))
        raise BenchmarkError(
            f"a line of {folder / RESULTS} is no result of this version: {where}: {fault['msg']}"
        ) from error


def _write_whole(path: Path, data: bytes) -> None:
    """Replace a file so that after any stop it holds all of `data` or what it held before."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
