"""Evaluation in the middle of a run: by tasks solved and calls hallucinated, not by loss."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from transformers import TrainerCallback

from tools.errors import TrainingError
from training.tune.evaluation import EXAMINATION, Examination
from training.tune.journal import note, read_notes
from training.tune.processes import Place, agreed
from training.tune.settings import Settings

EVALUATIONS, SAMPLES, BEST = "evaluations.jsonl", "samples", "best"

Save = Callable[[Path], Path]
"""Writes the model as it stands to a folder."""


class Examiner(TrainerCallback):
    """Every so many steps and at the end: save, play, note, keep the best, stop when it is past."""

    def __init__(
        self, folder: Path, base: Path, settings: Settings, save: Save, *, console: Console,
        where: Place,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._base = base
        self._settings = settings
        self._save = save
        self._console = console
        self._where = where

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Forget evaluations of steps that a killed run computes again."""
        if self._where.first:
            kept = [one for one in self._notes() if one["step"] <= state.global_step]
            (self._folder / EVALUATIONS).unlink(missing_ok=True)
            for one in kept:
                note(self._folder / EVALUATIONS, one)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Evaluate where one is due."""
        ends = state.global_step == state.max_steps or control.should_training_stop
        if state.global_step % self._settings.eval_every and not ends:
            return
        stop = self._evaluate(state.global_step) if self._where.first else False
        if agreed(stop, self._where.device):
            control.should_training_stop = True
            control.should_save = True

    def _evaluate(self, step: int) -> bool:
        """Whether to stop: no better for `patience` evaluations."""
        saved = self._save(self._folder / "examined")
        found = self._play(saved)
        value = round(found.value, 4)
        before = [one["value"] for one in self._notes()]
        line: dict[str, Any] = {"step": step, "value": value}
        for mode, score in found.scores.items():
            line[mode] = {
                "solved": score.solved, "tasks": score.tasks, "errors": score.errors,
                "hallucinated": score.hallucinated, "calls": score.calls,
            }  # fmt: skip
            self._console.print(
                f"step {step} {mode}: solved {score.solved}/{score.tasks}, hallucinated "
                f"{score.hallucinated}/{score.calls} calls", highlight=False,
            )  # fmt: skip
        note(self._folder / EVALUATIONS, line)
        (self._folder / SAMPLES).mkdir(exist_ok=True)
        told = "\n".join(found.samples)
        (self._folder / SAMPLES / f"step-{step}.md").write_text(told, encoding="utf-8")
        if value >= max(before, default=value):
            # Of equals the later one has seen more.
            shutil.rmtree(self._folder / BEST, ignore_errors=True)
            saved.replace(self._folder / BEST)
        else:
            shutil.rmtree(saved)
        return self._settings.patience > 0 and is_past([*before, value], self._settings.patience)

    def _play(self, saved: Path) -> Examination:
        target = ["--base", str(saved)]
        if not self._settings.full:
            target = ["--base", str(self._base), "--adapter", str(saved)]
        out = self._folder / ".examined.json"
        command = [
            sys.executable, "-m", "training.tune.evaluation", *target,
            "--tasks", str(self._settings.eval_tasks), "--out", str(out),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise TrainingError(f"the evaluation failed:\n{done.stderr[-2000:].strip()}")
        try:
            return EXAMINATION.validate_json(out.read_bytes())
        except (OSError, ValidationError) as error:
            raise TrainingError(f"the evaluation left nothing to read: {error}") from error
        finally:
            out.unlink(missing_ok=True)

    def _notes(self) -> list[dict[str, Any]]:
        return read_notes(self._folder / EVALUATIONS)


def is_past(values: list[float], patience: int) -> bool:
    """Whether the best value is more than `patience` evaluations ago."""
    best = max(range(len(values)), key=lambda place: (values[place], place))
    return len(values) - 1 - best >= patience
