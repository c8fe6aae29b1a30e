"""Checks a finished dataset: every file loads, every row renders, every call of it is cleared.

``python -m training.export.check DIR`` (what `--out` of `callsign data build` named) prints what
was checked and every fault; it exits with 1 where there is one.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from typing import Any

import typer

from tools.catalog import Catalog
from tools.errors import DataError
from training.annotate.stage import Opener
from training.benchmark.judge import Judge
from training.benchmark.report.traces import read_calls
from training.export.files import DATA
from training.export.offered import offered
from training.export.reading import read_samples
from training.export.render import render
from training.export.rows import samples
from training.export.sample import Sample
from training.export.sink import DatasetFiles
from training.export.stage import ExportRows
from training.live import LiveApis, LivePlaces
from training.pipeline import Codec, StageFolder, read_manifests
from training.records import Chain

_OPENERS: tuple[Opener, ...] = (*ExportRows().openers, LivePlaces(LiveApis({})))
"""Places of every build. Nothing is executed, so that running APIs need no address."""
_END = "<|im_end|>"


@dataclass(slots=True)
class Checked:
    """What was checked, how often, and every fault in words."""

    counts: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])


def check_files(folder: Path, checked: Checked) -> None:
    """Load every file of an exported folder with `datasets`, and compare its rows to the rows.

    The messages of every row of the Parquet files are rendered. Raises `DataError` when there is
    nothing to check.
    """
    files = sorted(folder.rglob("*.parquet")) + sorted(folder.rglob("*.jsonl.gz"))
    if not files:
        raise DataError(f"{folder} holds no exported files")
    with tempfile.TemporaryDirectory() as cache:
        for path in files:
            form = path.relative_to(folder).parts[0]
            kind = "parquet" if path.suffix == ".parquet" else "json"
            rows = _load(kind, path, cache)
            checked.counts[f"rows of {form} loaded"] += len(rows)
            if form == DATA:
                for row in rows:
                    _check_row(row, checked)


def check_chains(chains: Iterable[tuple[Chain, Catalog]], checked: Checked) -> Iterator[Sample]:
    """Judge the log of every chain that rows were made of, and make its rows once more.

    A log of ``chains`` may have no fault at all. In the other sets something failed before, or was
    tried in a branch; the act that is to be learnt must have none.
    """
    for chain, catalog in chains:
        made = list(samples(chain, offered(catalog)))
        proposals = _judge(catalog).judge(chain.events) if made else ()
        faulty = {one.event: one.faults for one in proposals if one.faults}
        checked.counts["calls cleared once more"] += sum(len(one.calls) for one in proposals)
        for sample in made:
            whole = sample.set == "chains"
            wrong = faulty if whole else faulty.keys() & {_decided_at(sample, chain)}
            checked.faults += [
                f"{sample.id}: {one.code} {one.pointer}: {one.message}"
                for position in sorted(wrong)
                for one in faulty[position]
            ]
        yield from made


def compare(made: Iterable[Sample], found: Iterable[Sample], checked: Checked) -> None:
    """Whether the rows are those that the chains make, in the same order."""
    for wanted, one in zip_longest(made, found):
        checked.counts["rows made once more"] += 1
        if wanted != one:
            names = " and ".join(dict.fromkeys(it.id for it in (wanted, one) if it))
            checked.faults.append(f"{names}: the chains make another row")


async def check(out: Path, openers: Sequence[Opener] = _OPENERS) -> Checked:
    """Everything above, over the newest build in a folder. Raises `DataError`."""
    checked = Checked()
    manifests = read_manifests(out)
    missing = {ExportRows().name, DatasetFiles().name} - manifests.keys()
    if missing:
        raise DataError(f"{out} is not finished: no {', '.join(sorted(missing))}")
    check_files(out / DatasetFiles().name, checked)
    async with AsyncExitStack() as stack:
        places = [await stack.enter_async_context(one.open()) for one in openers]
        codec, inputs = Codec(Chain), manifests[ExportRows().name].plan.inputs

        def chains() -> Iterator[tuple[Chain, Catalog]]:
            for stage in inputs:
                for line in StageFolder(out, stage).lines():
                    chain = codec.decode(line)
                    place = next((p for p in places if p.serves(chain.instruction)), None)
                    if place is not None:
                        yield chain, place.catalog(chain.instruction)

        compare(check_chains(chains(), checked), read_samples(out), checked)
    return checked


def main(out: Path) -> None:
    """Check the build in a folder."""
    checked = asyncio.run(check(out))
    for name, count in checked.counts.items():
        typer.echo(f"{count:>9,} {name}")
    for fault in checked.faults:
        typer.echo(fault, err=True)
    typer.echo(f"{len(checked.faults):>9,} faults")
    if checked.faults:
        raise typer.Exit(1)


def _check_row(row: Mapping[str, Any], checked: Checked) -> None:
    """Every text of a row renders, and what is to be learnt is exactly the assistant's acts."""
    prompt: list[dict[str, str]] = row.get("prompt") or []
    texts: list[list[dict[str, str]]] = [
        row[name] for name in ("messages", "completion", "chosen", "rejected") if name in row
    ]
    for messages in texts:
        whole = [*prompt, *messages]
        said = tuple(one["content"] + _END for one in whole if one["role"] == "assistant")
        if render(whole).learnt != said:
            checked.faults.append(f"{row['id']}: its spans are not what the assistant says")
    kept = texts[0]
    unread = [one for one in kept if one["role"] == "assistant" and not read_calls(one["content"])]
    if unread:
        checked.faults.append(f"{row['id']}: an act that is no call: {unread[0]['content']!r}")
    checked.counts["rows rendered"] += 1


def _decided_at(sample: Sample, chain: Chain) -> int:
    """Where in the log the act stands that a row ends with; its id tells (`export.rows`)."""
    kind, _, number = sample.id.rpartition(".")[2].rpartition("-")
    if kind == "preference":
        return chain.branches[int(number)].position
    if number.startswith("b"):
        return chain.branches[int(number[1:])].position
    return int(number)


def _load(kind: str, path: Path, cache: str) -> Any:
    datasets: Any = import_module("datasets")
    datasets.disable_progress_bars()
    return datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=cache)


@lru_cache(maxsize=16)
def _judge(catalog: Catalog) -> Judge:
    return Judge(catalog.specs)


if __name__ == "__main__":
    sys.exit(typer.run(main))
