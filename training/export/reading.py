"""Reads a build back: its rows, and the chain that a row was made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from tools.errors import DataError
from training.export.sample import Sample
from training.export.stage import ExportRows
from training.pipeline import Codec, StageFolder, read_manifests
from training.records import Chain


@dataclass(frozen=True, slots=True)
class Found:
    """A chain, the newest stage that handed it on, and what became of it after that.

    `fate` is "" where it was exported, else the stage that dropped it, the reason and its detail.
    `rows` are the ids of the rows that were made of it, with their sets.
    """

    chain: Chain
    stage: str
    fate: str = ""
    rows: tuple[tuple[str, str], ...] = ()


def read_samples(folder: Path) -> Iterator[Sample]:
    """Every row of a build, in its order. Raises `DataError` where there is none yet."""
    stage = ExportRows().name
    manifest = read_manifests(folder).get(stage)
    if manifest is None:
        raise DataError(f"{folder} holds no rows yet; to finish that build, say its command again")
    codec = Codec(Sample)
    return (codec.decode(line) for line in StageFolder(folder, stage).lines())


def find(folder: Path, row_id: str) -> Found:
    """The chain of a row, by the row's id or the chain's own.

    Raises `DataError` when there is no such row, and when `folder` holds no build.
    """
    stages = [name for name, one in read_manifests(folder).items() if one.plan.makes == "Chain"]
    for chain_id in (row_id, row_id.rpartition(".")[0]):
        for stage in reversed(stages):
            line = _line(StageFolder(folder, stage).lines(), chain_id) if chain_id else None
            if line is not None:
                rows = tuple(_rows_of(folder, chain_id))
                fate = "" if rows else _fate(folder, chain_id)
                return Found(Codec(Chain).decode(line), stage, fate, rows)
    raise DataError(f"{folder} has no row {row_id!r}; `callsign data stats {folder}` names some")


def _line(lines: Iterator[bytes], record_id: str) -> bytes | None:
    """The line of a record. Every record is written with its id first."""
    start = b'{"id":%b,' % orjson.dumps(record_id)
    return next((line for line in lines if line.startswith(start)), None)


def _rows_of(folder: Path, chain_id: str) -> Iterator[tuple[str, str]]:
    stage = ExportRows().name
    if stage not in read_manifests(folder):
        return
    codec, start = Codec(Sample), orjson.dumps(chain_id)[:-1]
    for line in StageFolder(folder, stage).lines():
        if line.startswith(b'{"id":%b' % start):
            sample = codec.decode(line)
            if sample.chain == chain_id:
                yield sample.id, sample.set


def _fate(folder: Path, chain_id: str) -> str:
    """Which stage dropped a chain, and why; "" where none did."""
    for stage in reversed([*read_manifests(folder)]):
        line = _line(StageFolder(folder, stage).dropped_lines(), chain_id)
        if line is not None:
            dropped = orjson.loads(line)
            return f"dropped by {stage}: {dropped['reason']} {dropped['detail']}".rstrip()
    return ""
