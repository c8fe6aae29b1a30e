"""The mean of adapters that grew from one another: one adapter, as large as each of them.

Where fine-tuning goes on from weights that are good already, what a run learns costs some of what
was known; half way between beginning and end both are mostly there (WiSE-FT, Wortsman et al. 2022,
section 3; model soups, Wortsman et al. 2022, section 3.1).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import orjson

from agent.models.adapter import Adapter
from agent.models.provenance import Provenance, sign
from agent.models.source import check_free
from agent.models.tensors import Floats, write
from tools.errors import ModelError

_CONFIG = "adapter_config.json"


def average(adapters: Sequence[Adapter], out: Path) -> Path:
    """Write the folder `out`, whole or not at all: every matrix is the mean of the adapters' own.

    Both matrices of a module are averaged, not their product, so that the rank stays. That is
    close to the mean of the changes only for adapters of which one was trained on from another.
    Data are named after the last one. Raises `ModelError` for fewer than two, for adapters that do
    not fit each other, and where `out` holds something.
    """
    if len(adapters) < 2:
        raise ModelError("one adapter has no mean: name two or more folders")
    first, *others = adapters
    for other in others:
        _check_alike(first, other)
    check_free(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        shapes = {name: first.shape(name) for name in first}
        write(part / first.weights_file.name, _means(adapters), shapes, "fp16")
        (part / _CONFIG).write_bytes(orjson.dumps(first.config, option=orjson.OPT_INDENT_2) + b"\n")
        _sign(part, [adapter.provenance for adapter in adapters])
        part.chmod(0o755)
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return out


def _check_alike(one: Adapter, other: Adapter) -> None:
    names = f"{one.directory} and {other.directory}"
    if one.provenance.base != other.provenance.base:
        raise ModelError(f"{names} were trained on different bases, so they have no mean")
    if (one.rank, one.scale) != (other.rank, other.scale):
        raise ModelError(
            f"{names} have other ranks or scales (r={one.rank} and r={other.rank}): only adapters "
            "of which one was trained on from the other (callsign train sft --adapter) have a mean"
        )
    if {name: one.shape(name) for name in one} != {name: other.shape(name) for name in other}:
        raise ModelError(f"{names} change other modules of their base, so they have no mean")


def _means(adapters: Sequence[Adapter]) -> Iterator[tuple[str, Floats]]:
    for name in adapters[0]:
        matrices = [adapter.read(name) for adapter in adapters]
        yield name, np.asarray(np.mean(matrices, axis=0), np.float32)


def _sign(folder: Path, made_of: Sequence[Provenance]) -> None:
    last = made_of[-1]
    recipes = "; ".join(f"({n}) {one.recipe or one.weights}" for n, one in enumerate(made_of, 1))
    sign(
        folder,
        base=last.base,
        base_name=last.base_name,
        data=last.data,
        recipe=f"callsign model average of: {recipes}",
        licence=last.licence,
    )
