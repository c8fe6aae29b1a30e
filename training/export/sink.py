"""The second half of export: all rows become a folder that others can take away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agent.prompt_format import prompt_format
from training.export.card import write_card
from training.export.census import Census
from training.export.files import Files
from training.export.formats import FORMATS
from training.export.sample import Sample
from training.pipeline import read_manifests

_VERSION = 1


@dataclass(frozen=True, slots=True)
class DatasetFiles:
    """Writes every format, and a card (`training.pipeline.stage.Sink`).

    ``data/<set>/<split>.parquet`` is what `datasets.load_dataset` finds by the card;
    ``<format>/<set>/<split>.jsonl.gz`` are the same rows in the formats of others.
    """

    name: str = "export"

    @property
    def settings(self) -> Mapping[str, Any]:
        """See `Sink.settings`. Another pyarrow writes other bytes."""
        return {
            "version": _VERSION,
            "formats": [*FORMATS],
            "pyarrow": version("pyarrow"),
            "prompt": prompt_format(),
        }

    def write(self, records: Iterable[Sample], out: Path, folder: Path, seed: int) -> int:
        """See `Sink.write`. Raises `tools.errors.DataError` when `out` holds no build."""
        found = Census()
        with Files(folder) as files:
            for sample in records:
                found.add(sample)
                files.add(sample)
        # The manifest of this very step may be there from a build before.
        before = {name: one for name, one in read_manifests(out).items() if name != self.name}
        write_card(folder, found, before, seed)
        return found.rows
