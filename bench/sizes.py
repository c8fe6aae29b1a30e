r"""Tasks solved and calls hallucinated against the number of conversations learnt from.

    python -m bench.sizes --data .var/data --out .var/sizes --sizes 60,120,240,480,960

For every size and seed: `callsign train sft --limit SIZE --seed SEED`, then `callsign bench run` on
the booking suite, whose templates no training sees. Training of the next goes on beside the
benchmark of the last. What is there already is not done again, so stop and go on at will. The
report (``sizes.md``, ``sizes.json``, ``sizes.svg``, ``sizes.png``) is written anew after each.

The interval of a size says where one more run of that size, with another seed, is to be expected
(95 %, Student's t with n - 1 degrees of freedom, clipped to 0 to 100 %); with one seed only it is
that of the tasks alone.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from scipy.stats import t as student

from tools.errors import TrainingError
from training.benchmark.machine import commit, machine
from training.benchmark.statistics import Estimate
from training.benchmark.store import read_run
from training.benchmark.summary import summarise

RECIPE = (
    "--sets chains,asks,irrelevance,declines --cut 0.6 --epochs 1 --balance 0.3 "
    "--batch-tokens 3072 --lr 1.5e-3"
)
MODES = ("grounded", "free")
_CONFIDENCE = 0.95
_CALLSIGN = (sys.executable, "-c", "from service.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Cell:
    """One training run: what it learnt from and where it is kept."""

    size: int
    seed: int
    folder: Path

    @property
    def adapter(self) -> Path:
        """What the training leaves."""
        return self.folder / "run" / "adapter"

    @property
    def results(self) -> Path:
        """What the benchmark leaves."""
        return self.folder / "bench"


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one run in one mode. Shares are from 0 to 1, with the benchmark's intervals."""

    size: int
    seed: int
    mode: str
    solved: float
    solved_within: tuple[float, float]
    hallucinated: float
    hallucinated_within: tuple[float, float]
    tasks: int
    calls: int


@dataclass(frozen=True, slots=True)
class Point:
    """A size in one mode: means over `seeds` runs, and where one more run is to be expected."""

    size: int
    mode: str
    seeds: int
    solved: float
    solved_within: tuple[float, float]
    hallucinated: float
    hallucinated_within: tuple[float, float]


def cells(sizes: Iterable[int], *, seeds: int, few: int, out: Path) -> list[Cell]:
    """Every run: `seeds` of each size up to `few` conversations, one of each larger one."""
    return [
        Cell(size, seed, out / f"{size}-{seed}")
        for size in sorted(sizes)
        for seed in range(seeds if size <= few else 1)
    ]


def points(played: Sequence[Played]) -> list[Point]:
    """Means and expectations by size and mode, in that order."""
    groups: dict[tuple[int, str], list[Played]] = {}
    for one in played:
        groups.setdefault((one.size, one.mode), []).append(one)
    return [_point(size, mode, groups[size, mode]) for size, mode in sorted(groups)]


def expected(values: Sequence[float]) -> tuple[float, float]:
    """Where one more value lies, with 95 %, by two or more that were drawn like it."""
    count, middle = len(values), statistics.mean(values)
    quantile = float(student.ppf((1 + _CONFIDENCE) / 2, count - 1))
    reach = quantile * statistics.stdev(values) * (1 + 1 / count) ** 0.5
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _point(size: int, mode: str, runs: Sequence[Played]) -> Point:
    solved = [one.solved for one in runs]
    made_up = [one.hallucinated for one in runs]
    many = len(runs) > 1
    return Point(
        size=size,
        mode=mode,
        seeds=len(runs),
        solved=statistics.mean(solved),
        solved_within=expected(solved) if many else runs[0].solved_within,
        hallucinated=statistics.mean(made_up),
        hallucinated_within=expected(made_up) if many else runs[0].hallucinated_within,
    )


# -- Doing it ------------------------------------------------------------------------------------


async def work(todo: Sequence[Cell], said: argparse.Namespace, console: Console) -> None:
    """Train each, and benchmark it while the next one is trained."""
    trained: asyncio.Queue[Cell | None] = asyncio.Queue()

    async def train() -> None:
        for cell in todo:
            if not cell.adapter.is_dir():
                flags = shlex.split(said.recipe)
                await _callsign(
                    console, "train", "sft", "--data", said.data, "--out", cell.folder / "run",
                    "--limit", cell.size, "--seed", cell.seed, *flags,
                    *(["--resume"] if (cell.folder / "run" / "config.json").is_file() else []),
                )  # fmt: skip
            await trained.put(cell)
        await trained.put(None)

    async def play() -> None:
        while (cell := await trained.get()) is not None:
            if not (cell.results / "report.json").is_file():
                await _callsign(
                    console, "bench", "run", "--limit", said.tasks, "--out", cell.results,
                    "--model", f"tuned=embedded:default+{cell.adapter}",
                    *[part for mode in MODES for part in ("--mode", mode)],
                    *(["--resume"] if cell.results.is_dir() else []),
                )  # fmt: skip
                await _callsign(console, "bench", "report", cell.results)
            report(said.out, console)

    async with asyncio.TaskGroup() as group:
        group.create_task(train())
        group.create_task(play())


async def _callsign(console: Console, *parts: object) -> None:
    said = [str(part) for part in parts]
    console.print(f"callsign {shlex.join(said)}", highlight=False, soft_wrap=True)
    process = await asyncio.create_subprocess_exec(
        *_CALLSIGN, *said, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, told = await process.communicate()
    if process.returncode:
        raise TrainingError(f"callsign {said[0]} {said[1]} failed:\n{told.decode()[-2000:]}")


# -- Telling it ----------------------------------------------------------------------------------


def read(out: Path) -> list[Played]:
    """What every finished run came to."""
    found: list[Played] = []
    for folder in sorted(out.glob("*-*/bench/report.json")):
        size, seed = map(int, folder.parent.parent.name.split("-"))
        (suite,) = summarise(read_run(folder.parent)).suites
        found += [
            Played(size, seed, row.contender.mode, _value(row.solved), _within(row.solved),
                   _value(row.hallucinated_calls), _within(row.hallucinated_calls), row.tasks,
                   row.hallucinated_calls.total)
            for row in suite.rows if not row.contender.baseline
        ]  # fmt: skip
    return found


def table(found: Sequence[Point]) -> str:
    """The points as Markdown."""
    lines = [
        "| Conversations | Mode | Seeds | Solved | One more run | Calls hallucinated | One more |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one.size:,} | {one.mode} | {one.seeds} | {_percent(one.solved)} | "
        f"{_span(one.solved_within)} | {_percent(one.hallucinated)} | "
        f"{_span(one.hallucinated_within)} |"
        for one in sorted(found, key=lambda one: (one.mode, one.size))
    ]
    return "\n".join(lines) + "\n"


def report(out: Path, console: Console) -> None:
    """Write all files of the report."""
    played = read(out)
    found = points(played)
    state = {"machine": machine(), "commit": commit(), "runs": [asdict(one) for one in played],
             "points": [asdict(one) for one in found]}  # fmt: skip
    (out / "sizes.json").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    (out / "sizes.md").write_text(table(found), encoding="utf-8")
    draw(out, played, found)
    console.print(table(found), highlight=False, soft_wrap=True)


def draw(out: Path, played: Sequence[Played], found: Sequence[Point]) -> None:
    """``sizes.svg`` and ``sizes.png``: each run a dot, each size its expectation."""
    import matplotlib as mpl  # noqa: PLC0415 - takes a second, and drawing comes last

    mpl.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, 2, figsize=(11, 4))
    for axis, what, title in (
        (axes[0], "solved", "booking tasks solved"),
        (axes[1], "hallucinated", "calls with something made up"),
    ):
        for number, mode in enumerate(MODES):
            mine = [one for one in found if one.mode == mode]
            dots = [one for one in played if one.mode == mode]
            if mine:
                _draw_mode(axis, f"C{number}", what, dots, mine)
        axis.set(xscale="log", xlabel="conversations learnt from", ylabel="%", title=title)
        sizes = sorted({one.size for one in found})
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axis.minorticks_off()
        axis.set_ylim(bottom=-2)
        axis.legend()
    figure.tight_layout()
    for kind in ("svg", "png"):
        figure.savefig(out / f"sizes.{kind}", dpi=120)
    plt.close(figure)


def _draw_mode(
    axis: Any, color: str, what: str, dots: Sequence[Played], mine: Sequence[Point]
) -> None:
    sizes = [one.size for one in mine]
    middles = [100 * getattr(one, what) for one in mine]
    low, high = zip(*[getattr(one, f"{what}_within") for one in mine], strict=True)
    axis.plot(sizes, middles, color=color, label=mine[0].mode)
    axis.fill_between(sizes, [100 * one for one in low], [100 * one for one in high],
                      color=color, alpha=0.15, linewidth=0)  # fmt: skip
    axis.plot([one.size for one in dots], [100 * getattr(one, what) for one in dots], "o",
              color=color, markersize=4)  # fmt: skip


def _value(estimate: Estimate) -> float:
    return estimate.value or 0.0


def _within(estimate: Estimate) -> tuple[float, float]:
    return estimate.low or 0.0, 1.0 if estimate.high is None else estimate.high


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _span(within: tuple[float, float]) -> str:
    return f"{100 * within[0]:.0f} to {100 * within[1]:.0f} %"


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description="Success and hallucination against data size")
    parser.add_argument("--data", type=Path, default=Path(".var", "data"))
    parser.add_argument("--out", type=Path, default=Path(".var", "sizes"))
    parser.add_argument("--sizes", default="60,120,240,480,960", help="conversations")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each small size")
    parser.add_argument("--few", type=int, default=480, help="the largest small size")
    parser.add_argument("--tasks", type=int, default=40, help="booking tasks of each benchmark")
    parser.add_argument("--recipe", default=RECIPE, help="flags of callsign train sft")
    parser.add_argument("--only-report", action="store_true", help="of what is there")
    said = parser.parse_args()
    said.out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    console.print(machine(), highlight=False)
    todo = cells(map(int, said.sizes.split(",")), seeds=said.seeds, few=said.few, out=said.out)
    if not said.only_report:
        asyncio.run(work(todo, said, console))
    report(said.out, console)


if __name__ == "__main__":
    main()
