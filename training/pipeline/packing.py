"""Parts of records on disk: JSON lines under Zstandard (RFC 8878), which `zstdcat` reads as well.

The records of a stage repeat each other (events, prompts, tools), and shrink to a tenth and less.
The same lines give the same bytes with the same pyarrow.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from tools.errors import DataError

SUFFIX = ".jsonl.zst"
_LEVEL = 3


def pack(lines: bytes) -> bytes:
    """Lines as they stand on disk."""
    return _arrow().Codec("zstd", compression_level=_LEVEL).compress(lines, asbytes=True)


def unpack(path: Path) -> list[bytes]:
    """The lines of a part, each with its end. Raises `DataError` when it cannot be read."""
    arrow = _arrow()
    try:
        with arrow.input_stream(str(path), compression="zstd") as stream:
            return stream.read().splitlines(keepends=True)
    except (OSError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {error}; delete {path.parent}") from error


def _arrow() -> Any:
    # Loaded late: every command of the program loads this module, and few need pyarrow.
    return import_module("pyarrow")
