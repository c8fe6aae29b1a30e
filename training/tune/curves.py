"""A run as a picture: loss and learning rate by step, what evaluations found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training.tune.examiner import EVALUATIONS
from training.tune.journal import METRICS, read_notes

_SMOOTHED = 20


def draw_curves(folder: Path) -> None:
    """Write ``curves.svg`` and ``curves.png`` from what the run noted."""
    # Without a display, and only where something is drawn.
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    metrics = read_notes(folder / METRICS)
    if not metrics:
        return
    examined = read_notes(folder / EVALUATIONS)
    figure, axes = plt.subplots(
        1, 2 if examined else 1, figsize=(11 if examined else 6, 4), squeeze=False
    )
    _draw_loss(axes[0][0], metrics)
    if examined:
        _draw_scores(axes[0][1], examined)
    figure.tight_layout()
    for kind in ("svg", "png"):
        figure.savefig(folder / f"curves.{kind}", dpi=120)
    plt.close(figure)


def smoothed(values: list[float], width: int = _SMOOTHED) -> list[float]:
    """The mean of each value and up to `width` - 1 before it."""
    return [sum(part) / len(part) for n in range(len(values))
            if (part := values[max(0, n + 1 - width) : n + 1])]  # fmt: skip


def _draw_loss(axis: Any, metrics: list[dict[str, Any]]) -> None:
    steps = [one["step"] for one in metrics]
    losses = [one["loss"] for one in metrics]
    axis.plot(steps, losses, color="0.8", linewidth=0.8)
    axis.plot(steps, smoothed(losses), color="C0", label="loss of acts (nats a token)")
    axis.set(xlabel="step", ylabel="loss", yscale="log")
    rate = axis.twinx()
    rate.plot(steps, [one["lr"] for one in metrics], color="C1", linewidth=0.8, label="lr")
    rate.set_ylabel("learning rate")
    axis.legend(loc="upper right")


def _draw_scores(axis: Any, examined: list[dict[str, Any]]) -> None:
    steps = [one["step"] for one in examined]
    for number, mode in enumerate(name for name, one in examined[0].items() if type(one) is dict):
        found = [one[mode] for one in examined]
        color = f"C{number}"
        solved = [100 * one["solved"] / max(1, one["tasks"]) for one in found]
        made_up = [100 * one["hallucinated"] / max(1, one["calls"]) for one in found]
        axis.plot(steps, solved, "o-", color=color, label=f"{mode}: tasks solved")
        axis.plot(steps, made_up, "x--", color=color, label=f"{mode}: calls hallucinated")
    axis.set(xlabel="step", ylabel="%", ylim=(-2, 102))
    axis.legend(loc="center right")
