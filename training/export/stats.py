"""`callsign data stats`: what is in a dataset, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from training.export.card import depths, ranked, sets
from training.export.census import Census, census
from training.export.plots import Bar
from training.export.reading import read_samples
from training.pipeline import Manifest, read_manifests

_SPLITS = ("train", "validation", "test")
_MOST = 40
_BAR = 24


def show_stats(folder: Path, console: Console) -> None:
    """Print the funnel and the counts of a build. Raises `DataError` where there is none."""
    found = census(read_samples(folder))
    console.print(funnel(read_manifests(folder)))
    console.print(by_set(found))
    told = (
        ("decision", "acts", ranked(found.decisions)),
        ("operation", "calls", ranked(found.operations)),
        ("acts in a conversation", "conversations", depths(found)),
        ("language", "rows", ranked(found.languages)),
        ("style", "rows", ranked(found.styles)),
        ("template", "rows", ranked(found.templates)),
        ("licence", "rows", ranked(found.licences)),
    )
    for name, unit, bars in told:
        console.print(counts(name, unit, bars))
    shown = ", ".join(one.id for rows in found.examples.values() for one in rows)
    console.print(f"To look at: callsign data show {folder} ROW_ID, such as {shown}", style="dim")


def funnel(manifests: Mapping[str, Manifest]) -> Table:
    """What every stage took, handed on and dropped."""
    table = Table("stage", title="Stages", title_justify="left")
    table.add_column("in", justify="right")
    table.add_column("handed on", justify="right")
    table.add_column("dropped, by reason")
    for name, one in manifests.items():
        reasons = sorted(one.dropped.items(), key=lambda it: -it[1])
        told = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
        table.add_row(name, f"{one.rows_in:,}", f"{one.kept:,}", told)
    return table


def by_set(found: Census) -> Table:
    """Rows of each set by split."""
    table = Table("set", title=f"{found.rows:,} rows", title_justify="left")
    for split in (*_SPLITS, "all"):
        table.add_column(split, justify="right")
    for one in sets(found):
        cells = [f"{one.rows[split]:,}" for split in _SPLITS]
        table.add_row(one.name, *cells, f"{one.total:,}")
    if found.simulated:
        table.caption = f"{found.simulated:,} of them simulated"
    return table


def counts(name: str, unit: str, bars: Iterable[Bar]) -> Table:
    """Counts with a bar each, the first forty."""
    rows = list(bars)
    table = Table(name)
    table.add_column(unit, justify="right")
    table.add_column("")
    most = max((row.value for row in rows), default=0) or 1
    for row in rows[:_MOST]:
        drawn = "━" * max(1, round(_BAR * row.value / most))
        table.add_row(row.label, f"{row.value:,}", f"[cyan]{drawn}[/] {row.note}".rstrip())
    if len(rows) > _MOST:
        table.add_row(f"… {len(rows) - _MOST:,} more", "", "", style="dim")
    return table
