"""What a run's folder says of itself, for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.tune.examiner import EVALUATIONS
from training.tune.journal import METRICS, read_notes

ADAPTER, MODEL = "adapter", "model"
"""Folders of the result."""


def write_card(folder: Path, config: Mapping[str, Any], result: Path) -> None:
    """Write ``README.md``: the recipe, how it went, how to serve and judge what came of it."""
    plan = config["plan"]
    metrics = read_notes(folder / METRICS)
    base, judged, served = config["base"], f"{result}", f"--model {result}"
    if result.name == ADAPTER:
        judged, served = f"{base}+{result}", f"--adapter {result}"
        served += f" --model {base}" if base != "default" else ""
    lines = [
        f"# {plan['base']['name']}, fine-tuned on acts",
        "",
        "```sh",
        config["command"],
        "```",
        "",
        f"- base: {plan['base']['name']} (`{plan['base']['digest'][:12]}`)",
        f"- data: `{plan['data'][:12]}`, {plan['conversations']:,} conversations, "
        f"{plan['rows']:,} rows, {plan['row_tokens']:,} tokens "
        f"({plan['tokens']:,} computed, openings apart)",
        f"- code: `{config['commit']}`",
        f"- machine: {config['machine']}",
        *_went(metrics),
        "",
        *_examined(read_notes(folder / EVALUATIONS)),
        f"Serve it: `callsign serve {served}`  ",
        f"Judge it: `callsign bench run --model tuned=embedded:{judged}`",
        "",
        "![curves](curves.svg)",
        "",
    ]  # fmt: skip
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _went(metrics: list[dict[str, Any]]) -> list[str]:
    if not metrics:
        return []
    last = metrics[-1]
    tail = [one["loss"] for one in metrics[-20:]]
    return [
        f"- {last['step']:,} steps in {last['seconds'] / 60:.1f} minutes: {last['tokens']:,} "
        f"tokens computed, which are {last['useful_tokens']:,} tokens of rows, "
        f"{last['learnt_tokens']:,} of them learnt; loss {metrics[0]['loss']:.3f} at first, "
        f"{sum(tail) / len(tail):.3f} over the last {len(tail)} steps"
    ]


def _examined(found: list[dict[str, Any]]) -> list[str]:
    if not found:
        return []
    rows = ["| step | mode | tasks solved | calls hallucinated |", "| ---: | --- | ---: | ---: |"]
    for one in found:
        for mode, score in one.items():
            if isinstance(score, dict):
                rows.append(
                    f"| {one['step']} | {mode} | {score['solved']}/{score['tasks']} | "
                    f"{score['hallucinated']}/{score['calls']} |"
                )
    return ["On validation conversations, while it trained:", "", *rows, ""]
