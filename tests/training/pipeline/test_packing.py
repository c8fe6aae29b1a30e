"""Parts on disk: small, readable by others, the same bytes for the same lines."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tools.errors import DataError
from training.pipeline.packing import pack, unpack

LINES = b"".join(b'{"id":"r%d","text":"%s"}\n' % (at, b"again " * 20) for at in range(200))


def written(folder: Path, data: bytes) -> Path:
    path = folder / "part-00000.jsonl.zst"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("lines", [b"", b"{}\n", LINES], ids=["none", "one", "many"])
def test_lines_come_back_as_they_were(lines: bytes, tmp_path: Path):
    assert b"".join(unpack(written(tmp_path, pack(lines)))) == lines


def test_it_is_plain_zstandard_and_small(tmp_path: Path):
    packed = pack(LINES)
    assert pa.decompress(packed, len(LINES), "zstd", asbytes=True) == LINES
    assert len(packed) < len(LINES) / 10


def test_the_same_lines_are_the_same_bytes():
    assert pack(LINES) == pack(LINES)


@pytest.mark.parametrize("data", [b"no zstandard", pack(LINES)[:-40]], ids=["other", "torn"])
def test_a_damaged_part_says_so(data: bytes, tmp_path: Path):
    with pytest.raises(DataError, match="cannot be read"):
        unpack(written(tmp_path, data))
