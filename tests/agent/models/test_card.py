"""The model card: what is known stands in it, with figures from the benchmark's own report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from agent.models.base import open_checkpoint
from agent.models.card import card, tables, write_card
from agent.models.checkpoint import identity
from agent.models.provenance import sign
from tests.agent.models import tiny
from tests.training.benchmark.handmade import attempt, called
from tools.errors import ModelError
from training.benchmark.figures import Summary
from training.benchmark.summary import encode, summarise

Q, K = "model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.k_proj"


@pytest.fixture
def adapter(base: Path, tmp_path: Path) -> Path:
    made = tiny.adapter(tmp_path / "booking", base, target_modules=["q_proj", "k_proj"])
    said = identity(open_checkpoint(base))
    sign(made, base=said, base_name="tiny", data="d" * 64, recipe="callsign train sft --seed 1")
    return made


@pytest.fixture
def summary() -> Summary:
    tries = [
        attempt(task, called(()), contestant="tuned", mode="grounded", solved=solved)
        for task, solved in (("t1", True), ("t2", False))
    ]
    return summarise([*tries, *(replace(one, contestant="base") for one in tries)])


def report(folder: Path, summary: Summary) -> Path:
    folder.mkdir()
    (folder / "report.json").write_bytes(encode(summary))
    return folder


def test_the_head_is_yaml_that_hubs_read(adapter: Path) -> None:
    _, head, body = card(adapter, ()).split("---\n", 2)
    assert yaml.safe_load(head)["license"] == "apache-2.0"
    assert body.startswith("# tiny-booking\n")


def test_base_data_recipe_and_limits_stand_in_it(adapter: Path, base: Path) -> None:
    text = card(adapter, (), "Booker")
    for part in ("# Booker", identity(open_checkpoint(base)), "d" * 64, "rank 4, alpha 8",
                 "k_proj, q_proj", "callsign train sft --seed 1", "## Limits"):  # fmt: skip
        assert part in text
    assert "## Measured" not in text


def test_what_is_not_known_is_left_out(adapter: Path) -> None:
    sign(adapter, base="b" * 64, base_name="tiny")
    text = card(adapter, ())
    assert "Dataset" not in text
    assert "## Made by" not in text


def test_figures_come_from_the_benchmarks_report(
    adapter: Path, tmp_path: Path, summary: Summary
) -> None:
    folder = report(tmp_path / "bench", summary)
    [table] = tables(folder)
    row = next(row for row in table.rows if row["model"] == "tuned")
    assert row["mode"] == "grounded"
    assert row["solved"].startswith("1 of 2, 50.0 % (")
    assert "at most" in row["calls"]
    text = card(adapter, [folder])
    assert f"| tuned | grounded | {row['solved']} | {row['calls']} |" in text
    assert "### booking: 2 tasks\n" in text


def test_a_folder_without_a_report_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="callsign bench report"):
        tables(tmp_path)
    (tmp_path / "report.json").write_text('{"suites": [{}]}')
    with pytest.raises(ModelError, match="is no report"):
        tables(tmp_path)


def test_it_is_written_beside_the_weights(adapter: Path) -> None:
    assert write_card(adapter, ()) == adapter / "README.md"
    assert (adapter / "README.md").read_text() == card(adapter, ())
