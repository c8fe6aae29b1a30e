"""A training run from start to end, in a folder of its own.

``config.json`` says what it is made from, ``metrics.jsonl`` and ``curves.svg`` how it went,
``checkpoints`` are for going on, ``adapter`` (or ``model``) is what comes of it.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import transformers
from rich.console import Console
from transformers import TrainerCallback, TrainingArguments

from agent.models.files import Progress, quietly, whole_file
from agent.models.source import open_source
from tools.errors import TrainingError
from training.benchmark.machine import commit, machine
from training.tune.budget import Budget
from training.tune.environment import environment
from training.tune.examiner import BEST, Examiner
from training.tune.journal import Journal, newest_whole, read_spent
from training.tune.lay import Laid, lay
from training.tune.models import computes_bf16, prepare_model
from training.tune.outcome import Outcome
from training.tune.processes import Place, place
from training.tune.settings import Settings
from training.tune.trainer import Steps, StepTrainer

CONFIG, CHECKPOINTS = "config.json", "checkpoints"


@dataclass(frozen=True, slots=True)
class Order:
    """What `callsign train sft` was asked for. `command` is how, for the records.

    `adapter` is one to go on with; None begins a new one.
    """

    data: Path
    out: Path
    base: Path | None
    preset: str
    settings: Settings
    adapter: Path | None = None
    resume: bool = False
    command: str = ""


def train(order: Order, console: Console, progress: Progress = quietly) -> Path:
    """Train, or go on with what `order.out` holds; the folder of the result.

    Raises `TrainingError` where the run cannot start as asked, `ModelError` for a base that does
    not open.
    """
    _quieten()
    last = _last_checkpoint(order)
    where = place()
    transformers.set_seed(order.settings.seed)
    laid = lay(order.data, order.base, order.settings, where.ranks, progress)
    config = describe(order, laid)
    trainer, outcome = _assemble(order, laid, config, where, last=last, console=console)
    if where.first:
        _claim(order.out, config)
        if last is None:
            # What a sitting without any checkpoint left would pass for this one's.
            shutil.rmtree(order.out / BEST, ignore_errors=True)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    return outcome.finish(trainer)


def describe(order: Order, laid: Laid) -> dict[str, Any]:
    """Everything that a run is made from. A run can be resumed where ``plan`` is the same."""
    trees = laid.trees
    return {
        "plan": {
            "settings": asdict(replace(order.settings, minutes=None)),
            "preset": order.preset,
            "base": {"name": laid.base.name, "digest": laid.base.digest},
            "adapter": _started(order, laid),
            "data": laid.data,
            "conversations": len(trees),
            "too_long": laid.too_long,
            "rows": sum(tree.rows for tree in trees),
            "tokens": sum(tree.length for tree in trees),
            "row_tokens": sum(tree.row_tokens for tree in trees),
            "steps": len(laid.steps),
        },
        "base": str(order.base or "default"),
        "minutes": order.settings.minutes,
        "command": order.command,
        "commit": commit(),
        "machine": machine().removeprefix("machine: "),
        "environment": environment(),
    }


def _assemble(
    order: Order, laid: Laid, config: Mapping[str, Any], where: Place, *,
    last: Path | None, console: Console,
) -> tuple[StepTrainer, Outcome]:  # fmt: skip
    settings = order.settings
    if settings.bf16 and where.first and not computes_bf16(where.device):
        console.print(
            "This machine has no instructions for bf16: training in float32, which takes more time "
            "and memory."
        )
    tuned = prepare_model(laid.base, settings, where.device, order.adapter)
    outcome = Outcome(order.out, tuned, laid.base, config, where, full=settings.full)
    budget = Budget(settings.minutes, read_spent(last))
    mine = laid.steps[where.rank :: where.ranks]
    callbacks: list[TrainerCallback] = [Journal(order.out, mine, budget, console, where)]
    if settings.eval_every:
        path, save = laid.base.path, outcome.save
        callbacks.append(Examiner(order.out, path, settings, save, console=console, where=where))
    if where.ranks > 1:
        # What wrappers for several processes call is the loss itself, in one forward pass.
        tuned.model.forward = tuned.loss.__call__
    trainer = StepTrainer(
        tuned.loss,
        settings,
        budget,
        model=tuned.model,
        args=_arguments(order.out, settings, len(mine), where),
        train_dataset=Steps(laid.steps),
        callbacks=callbacks,
    )
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer, outcome


def _started(order: Order, laid: Laid) -> str | None:
    """The digest of the adapter that the run goes on with."""
    if order.adapter is None:
        return None
    return open_source(laid.base.path, order.adapter).provenance().weights


def _last_checkpoint(order: Order) -> Path | None:
    """The checkpoint to go on from; None to begin."""
    begun = (order.out / CONFIG).is_file()
    if begun and not order.resume:
        raise TrainingError(
            f"{order.out} holds a run already; say --resume to go on with it, or name another --out"
        )
    return newest_whole(order.out / CHECKPOINTS)


def _claim(out: Path, config: Mapping[str, Any]) -> None:
    """Write the configuration; a run that goes on must be of the same plan."""
    path = out / CONFIG
    if path.is_file():
        before = orjson.loads(path.read_bytes())["plan"]
        now = orjson.loads(orjson.dumps(config["plan"]))
        if differing := [name for name in now if now[name] != before.get(name)]:
            raise TrainingError(
                f"{out} holds a run with other {', '.join(differing)}; ask for the same again, or "
                "name another --out"
            )
    try:
        with whole_file(path) as part:
            part.write_bytes(orjson.dumps(config, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise TrainingError(f"{out} cannot hold a run: {error}") from error


def _arguments(out: Path, settings: Settings, steps: int, where: Place) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(out / CHECKPOINTS),
        max_steps=steps,
        per_device_train_batch_size=1,
        learning_rate=settings.lr,
        weight_decay=settings.decay,
        max_grad_norm=settings.clip,
        optim="adamw_torch",
        logging_steps=1,
        save_strategy="steps",
        save_steps=settings.save_every,
        save_total_limit=2,
        seed=settings.seed,
        data_seed=settings.seed,
        use_cpu=where.device.type == "cpu",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        logging_nan_inf_filter=False,
    )


def _quieten() -> None:
    transformers.logging.set_verbosity_error()
    # peft 0.21 still calls what transformers 5 renamed.
    warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
