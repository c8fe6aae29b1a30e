"""What a run says while it trains: a line of metrics a step, a bar, and the end of its minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from agent.models.files import whole_file
from tools.errors import TrainingError
from training.tune.budget import Budget, StopWatch
from training.tune.memory import peak_memory
from training.tune.plan import Step
from training.tune.processes import Place, agreed

METRICS = "metrics.jsonl"


@dataclass(slots=True)
class Count:
    """Tokens of steps: `computed`; `useful`, of their rows one by one; `learnt`.

    What a plain loop without padding would compute is the useful ones, since a row's opening and
    all that rows share is in each of them.
    """

    computed: int = 0
    useful: int = 0
    learnt: int = 0

    def add(self, step: Step) -> None:
        """One more step."""
        for tree in step.trees:
            self.learnt += sum(one > 0 for node in tree.nodes for one in node.weights)
            self.useful += tree.row_tokens
            self.computed += tree.length
        for group in step.groups:
            openings = 1 if group.shared else sum(len(chunk.rows) for chunk in group.chunks)
            self.computed += openings * len(group.opening)


class Journal(TrainerCallback):
    """Writes ``metrics.jsonl`` and shows a bar; stops the run when its minutes are over."""

    def __init__(
        self, folder: Path, steps: Sequence[Step], budget: Budget, console: Console, where: Place
    ) -> None:
        """`steps` are those of this process; only the first writes and shows."""
        self._path = folder / METRICS
        self._steps = steps
        self._budget = budget
        self._where = where
        self._count = Count()
        self._sitting = Count()
        self._training = StopWatch()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not where.first,
        )
        self._task = self._bar.add_task("training", total=len(steps), told="")

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Count what earlier sittings did, and drop metrics beyond it."""
        for step in self._steps[: state.global_step]:
            self._count.add(step)
        if self._where.first:
            _forget(self._path, state.global_step)
            self._bar.update(self._task, completed=state.global_step)
            self._bar.start()
        self._budget.run()

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Rates are those of steps alone."""
        self._training.run()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Count the step; stop when the minutes are over."""
        self._training.stop()
        for count in (self._count, self._sitting):
            count.add(self._steps[state.global_step - 1])
        if agreed(self._budget.spent >= 1, self._where.device):
            control.should_training_stop = True
            control.should_save = True

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """One line a step, and the bar."""
        if not self._where.first or "loss" not in logs:
            return
        if not all(map(isfinite, (logs["loss"], logs.get("grad_norm") or 0.0))):
            raise TrainingError(
                f"the loss is {logs['loss']} at step {state.global_step}: nothing can be learnt "
                "any more; begin again with a lower --lr, or --resume from the last checkpoint"
            )
        taken = max(1e-9, self._training.elapsed)
        rate, useful = self._sitting.computed / taken, self._sitting.useful / taken
        line = {
            "step": state.global_step,
            "loss": logs["loss"],
            "lr": logs["learning_rate"],
            "grad_norm": logs.get("grad_norm"),
            "seconds": round(self._budget.elapsed, 2),
            "tokens": self._count.computed,
            "useful_tokens": self._count.useful,
            "learnt_tokens": self._count.learnt,
            "tokens_per_second": round(rate, 1),
            "useful_tokens_per_second": round(useful, 1),
            "peak_memory": peak_memory(),
        }
        note(self._path, line)
        told = f"loss {logs['loss']:.3f}  {rate:,.0f} tok/s ({useful:,.0f} useful)"
        self._bar.update(self._task, completed=state.global_step, told=told)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Keep the time that was spent beside the checkpoint."""
        if self._where.first:
            write_spent(
                Path(args.output_dir, f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"), self._budget
            )

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The bar ends."""
        self._budget.stop()
        self._bar.stop()


_SPENT = "seconds.json"


def write_spent(checkpoint: Path, budget: Budget) -> None:
    """Put the budget's seconds into a checkpoint. Written last, they mark it as whole."""
    with whole_file(checkpoint / _SPENT) as part:
        part.write_bytes(orjson.dumps(budget.elapsed))


def newest_whole(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; None where there is none."""
    whole = [path.parent for path in folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*/{_SPENT}")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def read_spent(checkpoint: Path | None) -> float:
    """The seconds that a checkpoint was made after; 0 without one."""
    path = checkpoint / _SPENT if checkpoint else None
    return float(orjson.loads(path.read_bytes())) if path and path.is_file() else 0.0


def note(path: Path, line: dict[str, Any]) -> None:
    """Append a line of JSON."""
    with path.open("ab") as file:
        file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def read_notes(path: Path) -> list[dict[str, Any]]:
    """All lines of such a file, () where there is none; a torn last one is left out."""
    if not path.is_file():
        return []
    lines = path.read_bytes().split(b"\n")
    return [orjson.loads(line) for line in lines[:-1]]


def _forget(path: Path, step: int) -> None:
    """Drop what was noted after `step`: a killed run computes it again."""
    kept = [line for line in read_notes(path) if line["step"] <= step]
    path.write_bytes(b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in kept))
