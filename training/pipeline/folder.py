"""The records of one stage on disk: a folder of parts, each there as a whole or not at all.

DIR/<stage>/part-00000.jsonl.zst   records, one line each (`training.pipeline.packing`)
DIR/<stage>/dropped-00000.jsonl    what was dropped of the same rows; absent where nothing was
DIR/<stage>/manifest.json          what they were made from, and counts
DIR/<stage>/sittings.json          when, how long, on what machine
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import orjson
from pydantic import ValidationError

from tools.errors import DataError
from training.pipeline.manifest import (
    FORMAT,
    Manifest,
    Plan,
    Sitting,
    decode_manifest,
    decode_sittings,
    differences,
    encode_manifest,
    encode_sittings,
)
from training.pipeline.packing import SUFFIX, pack, unpack
from training.pipeline.working import Outcome

MANIFEST, SITTINGS = "manifest.json", "sittings.json"
_ID = re.compile(rb'\{"id":"([\x20\x21\x23-\x5b\x5d-\x7e]*)"[,}]')
"""An id without anything that JSON escapes."""


class StageFolder:
    """The folder of one stage below the folder of a build."""

    def __init__(self, out: Path, stage: str) -> None:
        self.path = out / stage
        self.stage = stage

    def manifest(self) -> Manifest | None:
        """What the folder says of itself, None where there is nothing yet.

        Raises `DataError` when it cannot be read.
        """
        path = self.path / MANIFEST
        try:
            return decode_manifest(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise DataError(
                f"{path} cannot be read by this version; delete {self.path} or name another --out"
            ) from error

    def finished(self) -> Manifest:
        """The manifest of a finished stage.

        Raises `DataError` when it is not, and when its parts are those of another version.
        """
        found = self._readable()
        if found is None or not found.finished:
            raise DataError(
                f"{self.path} holds no finished records; say the command of that build again, "
                f"with --stage {self.stage} or with none"
            )
        return found

    def changes(self, plan: Plan) -> tuple[str, ...]:
        """In words, how what is there differs from a plan; none where nothing is there.

        Raises `DataError` when the folder holds something that no build wrote.
        """
        before = self.manifest()
        if before is not None:
            return tuple(differences(before.plan, plan))
        if self.path.exists() and any(one.suffix != ".part" for one in self.path.iterdir()):
            raise DataError(f"{self.path} holds files that no build wrote; name another --out")
        return ()

    def begin(self, plan: Plan) -> None:
        """Make the folder ready for a plan: finished parts of the same plan stay, others go.

        Raises as `changes` does.
        """
        if self.changes(plan):
            self.discard()
        self.path.mkdir(parents=True, exist_ok=True)
        for torn in self.path.glob("*.part"):
            torn.unlink()
        if self.manifest() is None:
            write_whole(self.path / MANIFEST, encode_manifest(Manifest(plan)))

    def replace(self, draft: StageFolder) -> None:
        """Put a finished folder in the place of this one, and delete what stood here."""
        old = self._aside()
        draft.path.rename(self.path)
        if old is not None:
            shutil.rmtree(old)

    def discard(self) -> None:
        """Delete the folder. However that ends, no half of it is left in its place."""
        old = self._aside()
        if old is not None:
            shutil.rmtree(old)

    def done(self) -> frozenset[int]:
        """The numbers of the parts that are there."""
        return frozenset(
            int(path.name.removeprefix("part-").removesuffix(SUFFIX)) for path in self._parts()
        )

    def write(self, outcome: Outcome) -> None:
        """Put a part on disk. It counts as done once its records are there."""
        if outcome.dropped:
            write_whole(self.path / f"dropped-{outcome.number:05}.jsonl", outcome.dropped)
        write_whole(self.path / f"part-{outcome.number:05}{SUFFIX}", pack(outcome.kept))

    def lines(self) -> Iterator[bytes]:
        """Every record, as its line, in order.

        Raises `DataError` when the parts are those of another version.
        """
        self._readable()
        for path in self._parts():
            yield from unpack(path)

    def dropped_lines(self) -> Iterator[bytes]:
        """Every `Dropped`, as its line, in order. Raises as `lines` does."""
        self._readable()
        for path in sorted(self.path.glob("dropped-*.jsonl")):
            with path.open("rb") as file:
                yield from file

    def finish(self, rows_in: int | None = None) -> Manifest:
        """Count what is there and note it as finished. `rows_in` None: as many as came out.

        Raises `DataError` when two records have one id.
        """
        digest, kept = sha256(), set[str]()
        for line in self.lines():
            digest.update(line)
            name = _id_of(line)
            if name in kept:
                raise DataError(f"stage {self.stage} made two records with the id {name!r}")
            kept.add(name)
        dropped = Counter(orjson.loads(line)["reason"] for line in self.dropped_lines())
        before = self.manifest()
        assert before is not None
        manifest = replace(
            before,
            finished=True,
            rows_in=len(kept) + dropped.total() if rows_in is None else rows_in,
            kept=len(kept),
            dropped=dict(dropped),
            parts=len(self._parts()),
            digest=digest.hexdigest(),
        )
        write_whole(self.path / MANIFEST, encode_manifest(manifest))
        return manifest

    def sittings(self) -> tuple[Sitting, ...]:
        """Every time that the program worked on this stage since it was last made anew."""
        path = self.path / SITTINGS
        return decode_sittings(path.read_bytes()) if path.exists() else ()

    def note(self, sitting: Sitting) -> None:
        """Add a sitting."""
        write_whole(self.path / SITTINGS, encode_sittings((*self.sittings(), sitting)))

    def _aside(self) -> Path | None:
        """Move the folder out of its place. None where there is none."""
        old = self.path.with_name(f".{self.stage}.old")
        shutil.rmtree(old, ignore_errors=True)
        if not self.path.exists():
            return None
        self.path.rename(old)
        return old

    def _readable(self) -> Manifest | None:
        """As `manifest`. Raises `DataError` when it is about parts of another version.

        Those may have other names, and be taken for none.
        """
        found = self.manifest()
        if found is not None and found.plan.format != FORMAT:
            raise DataError(
                f"{self.path} holds records in the format of another version; to make them anew, "
                "say the command of that build again, without --stage"
            )
        return found

    def _parts(self) -> list[Path]:
        return sorted(self.path.glob(f"part-*{SUFFIX}"))


def _id_of(line: bytes) -> str:
    """The id of a record. It is the first member of most, and then the rest need not be read."""
    head = _ID.match(line)
    return head[1].decode() if head else orjson.loads(line)["id"]


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file so that after any stop it holds all of `data` or what it held before.

    Raises `DataError` when that fails (a full disk).
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error}") from error


def _sync_directory(folder: Path) -> None:
    """Make a rename last through a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
