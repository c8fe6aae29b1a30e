"""`callsign data stats` and `callsign data show`: what a person sees of a build."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.training.export.places import build
from tools.errors import DataError
from training.annotate.practice import PracticePlace
from training.export.census import census
from training.export.page import page
from training.export.plots import Bar, bars
from training.export.reading import find
from training.export.sample import Sample
from training.export.show import show_row
from training.export.stats import show_stats
from training.records import Chain


def console() -> Console:
    return Console(file=StringIO(), width=200)


def printed(it: Console) -> str:
    assert isinstance(it.file, StringIO)
    return it.file.getvalue()


def test_stats_count_the_rows(exported: Path, rows: tuple[Sample, ...]) -> None:
    it = console()
    show_stats(exported, it)
    found, text = census(rows), printed(it)
    assert f"{len(rows)} rows" in text
    for kind, count in found.sets.items():
        assert re.search(rf"│ {kind} .*│ +{count} │", text)
    for name, count in found.operations.items():
        assert re.search(rf"│ {name} +│ +{count} │", text)


def test_stats_of_an_unfinished_build_say_how_to_go_on(exported: Path, tmp_path: Path) -> None:
    shutil.copytree(exported / "select", tmp_path / "select")
    shutil.copy(exported / "steps.json", tmp_path)
    with pytest.raises(DataError, match="say its command again"):
        show_stats(tmp_path, console())


def test_depth_counts_acts_of_whole_conversations(rows: tuple[Sample, ...]) -> None:
    whole = [row for row in rows if row.set == "chains"]
    found = census(rows)
    assert found.depths.total() == len(whole)
    assert found.decisions.total() == sum(row.acts for row in whole)


@pytest.mark.parametrize("suffix", ["", ".preference-0"])
def test_show_finds_a_chain_by_any_of_its_rows(
    exported: Path, rows: tuple[Sample, ...], suffix: str
) -> None:
    pair = next(row for row in rows if row.set == "preferences" and row.id.endswith("-0"))
    it = console()
    show_row(exported, pair.chain + suffix, it)
    text = printed(it)
    assert pair.chain in text
    assert "solved" in text
    assert "✗" in text


def test_show_writes_a_page(exported: Path, chains: Mapping[str, Chain]) -> None:
    it = console()
    show_row(exported, "en-flight-2", it, html=True)
    (name,) = re.findall(r"written: (.*)\n", printed(it))
    text = Path(name).read_text("utf-8")
    for branch in chains["en-flight-2"].branches:
        assert f'<span class="reason">{branch.reason}</span>' in text
    assert not re.search(r"https?://|src=|href=|<script", text)
    Path(name).unlink()
    Path(name).parent.rmdir()


def test_a_page_shows_markup_as_text(exported: Path) -> None:
    found = find(exported, "en-flight-2")
    scenario = replace(found.chain.instruction.scenario, template="<script>alert(1)</script>")
    instruction = replace(found.chain.instruction, scenario=scenario)
    text = page(replace(found, chain=replace(found.chain, instruction=instruction)))
    assert "<script" not in text


def test_what_was_not_exported_says_why(
    chains: Mapping[str, Chain], place: PracticePlace, tmp_path: Path
) -> None:
    lost = replace(chains["en-trip-1"], solved=False, unsolved=("no booking",))
    build(tmp_path, (lost, chains["en-flight-2"]), place)
    found = find(tmp_path, "en-trip-1")
    assert found.rows == ()
    assert found.fate == "dropped by export-rows: no_row no booking"


def test_a_row_that_is_not_there(exported: Path) -> None:
    with pytest.raises(DataError, match="has no row 'nowhere'"):
        find(exported, "nowhere")


def test_bars_share_a_scale_and_escape_labels() -> None:
    drawn = bars("A & B", [Bar("<all>", 200), Bar("half", 100), Bar("none", 0)])
    widths = [float(one) for one in re.findall(r'width="([\d.]+)" height="17"', drawn)]
    track, full, _, half, _, none = widths
    assert (full, half, none) == (track, track / 2, 0)
    assert "A &amp; B" in drawn
    assert "&lt;all&gt;" in drawn
