"""The files of a dataset: compressed JSON lines for every format, Parquet for TRL."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

import orjson

from training.export.formats import FORMATS
from training.export.formats.trl import trl
from training.export.sample import Sample

DATA = "data"
"""The folder of the Parquet files: ``data/<set>/<split>.parquet``."""
_ROWS_PER_GROUP = 1000
_LEVEL = 6


class Files:
    """Writes samples into all files at once; each file is opened with its first line.

    The same samples in the same order give the same bytes, with the same versions of pyarrow and
    zlib.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._lines: dict[Path, BinaryIO] = {}
        self._tables: dict[Path, _Table] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def add(self, sample: Sample) -> None:
        """Write a row wherever a format has words for it."""
        name = f"{sample.set}/{sample.split}"
        for form, told in FORMATS.items():
            line = told(sample)
            if line is not None:
                path = self._folder / form / f"{name}.jsonl.gz"
                self._open(path).write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        path = self._folder / DATA / f"{name}.parquet"
        if path not in self._tables:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._tables[path] = self._stack.enter_context(_Table(path))
        self._tables[path].add(trl(sample))

    def _open(self, path: Path) -> BinaryIO:
        if path not in self._lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            raw = self._stack.enter_context(path.open("wb"))
            # Neither name nor time of the file goes into it, or no two builds were the same.
            packed = gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0)
            self._lines[path] = cast("BinaryIO", self._stack.enter_context(packed))
        return self._lines[path]


class _Table:
    """One Parquet file, written in groups of rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._arrow: Any = import_module("pyarrow")
        self._parquet: Any = import_module("pyarrow.parquet")
        self._rows: list[Mapping[str, Any]] = []
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._rows:
            self._flush()
        if self._writer is not None:
            self._writer.close()

    def add(self, row: Mapping[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) == _ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        schema = self._schema(self._rows[0])
        if self._writer is None:
            self._writer = self._parquet.ParquetWriter(self._path, schema, compression="zstd")
        self._writer.write_table(self._arrow.Table.from_pylist(self._rows, schema=schema))
        self._rows = []

    def _schema(self, row: Mapping[str, Any]) -> Any:
        """Spelt out: an empty list at the top of a file tells nothing of what it may hold."""
        arrow = self._arrow
        message = arrow.struct([("role", arrow.string()), ("content", arrow.string())])
        kinds: dict[str, Any] = {"acts": arrow.int32(), "simulated": arrow.bool_()}
        kinds |= dict.fromkeys(("apis", "categories"), arrow.list_(arrow.string()))
        told = ("messages", "prompt", "completion", "chosen", "rejected")
        kinds |= dict.fromkeys(told, arrow.list_(message))
        return arrow.schema([(name, kinds.get(name, arrow.string())) for name in row])
