r"""Training throughput: `callsign train sft` beside a plain loop of transformers' Trainer.

    python -m bench.training --data .var/data --conversations 4 --rounds 3

Both train the same adapter (LoRA r=16 on all linear layers, bf16 weights, AdamW) on the same rows
with the same targets, one optimiser step a round, in turns. The plain loop is what the library does
by itself: each row whole, in batches padded to their longest, PyTorch's attention, logits at every
position. Ours computes what rows share once (see `docs/training.md`).

*Useful* tokens are those of the rows one by one without padding; a plain loop without padding would
compute exactly these. Time is CPU time of the process (user and system) and, beside it, wall time,
which depends on what else the machine does.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import argparse
import statistics
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, cast

import torch
import transformers
from peft import LoraConfig, get_peft_model
from rich.console import Console
from transformers import Trainer, TrainerCallback, TrainingArguments

from training.benchmark.machine import machine
from training.tune.bases import Base
from training.tune.budget import Budget
from training.tune.environment import environment
from training.tune.journal import Count
from training.tune.lay import Laid, lay, limited
from training.tune.models import PROJECTIONS, prepare_model
from training.tune.plan import Batching, plan
from training.tune.processes import place
from training.tune.rows import Row, read_dataset
from training.tune.settings import Settings, preset
from training.tune.tokens import Encoder
from training.tune.trainer import Steps, StepTrainer

_IGNORED = -100


@dataclass(frozen=True, slots=True)
class Taken:
    """What one optimiser step took."""

    cpu: float
    wall: float
    loss: float


class _Timer(TrainerCallback):
    def __init__(self) -> None:
        self._begun = (0.0, 0.0)
        self.cpu = self.wall = 0.0

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._begun = (process_time(), perf_counter())

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.cpu = process_time() - self._begun[0]
        self.wall = perf_counter() - self._begun[1]


class Plain:
    """Rows as the library takes them."""

    def __init__(self, base: Base, rows: Sequence[Row], batch: int) -> None:
        encoder = Encoder(base.checkpoint.tokenizer(), base.name)
        self._items = [_item(row, encoder) for row in rows]
        self._batch = batch
        model = base.load(torch.bfloat16, "sdpa")
        config = LoraConfig(r=16, lora_alpha=32, target_modules=[*PROJECTIONS])
        self._model: Any = get_peft_model(model, config)
        self.computed = sum(
            len(part) * max(len(one["input_ids"]) for one in part) for part in self._batches()
        )

    def step(self, folder: Path) -> Taken:
        """One optimiser step over all rows."""
        timer = _Timer()
        trainer = Trainer(
            model=self._model,
            args=_arguments(folder, self._batch, -(-len(self._items) // self._batch)),
            train_dataset=cast("Any", self._items),
            data_collator=_padded,
            callbacks=[timer],
        )
        trainer.remove_callback(transformers.PrinterCallback)
        done = trainer.train()
        return Taken(timer.cpu, timer.wall, done.training_loss)

    def _batches(self) -> list[list[dict[str, list[int]]]]:
        size = self._batch
        return [self._items[n : n + size] for n in range(0, len(self._items), size)]


class Ours:
    """The same rows as a planned step."""

    def __init__(self, laid: Laid, settings: Settings) -> None:
        self._settings = settings
        self._tuned = prepare_model(laid.base, settings, place().device)
        batching = Batching(10**9, settings.chunk, settings.row, settings.share)
        self._steps = plan(laid.trees, batching, seed=0, epochs=1)
        count = Count()
        count.add(self._steps[0])
        self.computed, self.useful, self.learnt = count.computed, count.useful, count.learnt

    def step(self, folder: Path) -> Taken:
        """One optimiser step."""
        timer = _Timer()
        trainer = StepTrainer(
            self._tuned.loss,
            self._settings,
            Budget(),
            model=self._tuned.model,
            args=_arguments(folder, 1, 1),
            train_dataset=Steps(self._steps),
            callbacks=[timer],
        )
        trainer.remove_callback(transformers.PrinterCallback)
        done = trainer.train()
        return Taken(timer.cpu, timer.wall, done.training_loss)


def _item(row: Row, encoder: Encoder) -> dict[str, list[int]]:
    ids: list[int] = []
    labels: list[int] = []
    for place_, message in enumerate(row.messages):
        tokens = encoder.message(message)
        told = [_IGNORED] * len(tokens)
        if message.role == "assistant" and (row.every_act or place_ == len(row.messages) - 1):
            _, first, end = encoder.act(message)
            told[first:end] = tokens[first:end]
        ids += tokens
        labels += told
    return {"input_ids": ids, "labels": labels}


def _padded(items: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    longest = max(len(one["input_ids"]) for one in items)

    def filled(name: str, value: int) -> torch.Tensor:
        return torch.tensor([one[name] + [value] * (longest - len(one[name])) for one in items])

    lengths = torch.tensor([[len(one["input_ids"])] for one in items])
    mask = (torch.arange(longest)[None] < lengths).long()
    return {
        "input_ids": filled("input_ids", 0),
        "labels": filled("labels", _IGNORED),
        "attention_mask": mask,
    }


def _arguments(folder: Path, batch: int, accumulated: int) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        max_steps=1,
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=accumulated,
        learning_rate=1e-4,
        lr_scheduler_type="constant",
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=False,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Training throughput beside a plain loop")
    parser.add_argument("--data", type=Path, default=Path(".var", "data"))
    parser.add_argument("--conversations", type=int, default=4)
    parser.add_argument("--batch", type=int, default=4, help="rows at once in the plain loop")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--preset", default="cpu-135m")
    parser.add_argument("--warm-up", action=argparse.BooleanOptionalAction, default=True)
    said = parser.parse_args()
    transformers.logging.set_verbosity_error()
    warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
    settings = preset(said.preset, {"limit": said.conversations})
    console = Console()
    console.print(machine(), highlight=False)
    console.print(dict(environment()), highlight=False)
    laid = lay(said.data, None, settings)
    rows = limited(read_dataset(said.data, "train").rows, settings.limit, settings.seed)
    ours, plain = Ours(laid, settings), Plain(laid.base, rows, said.batch)
    console.print(
        f"{len(rows)} rows of {len(laid.trees)} conversations: {ours.useful:,} useful tokens, "
        f"{ours.learnt:,} learnt (rows that share an act count it once). Computed a step: plain "
        f"{plain.computed:,}, ours {ours.computed:,}", highlight=False,
    )  # fmt: skip
    rounds: list[tuple[Taken, Taken]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(0 if said.warm_up else 1, said.rounds + 1):
            pair = (plain.step(Path(folder)), ours.step(Path(folder)))
            label = "warm-up" if number == 0 else f"round {number}"
            for name, one in zip(("plain", "ours "), pair, strict=True):
                console.print(
                    f"{label} {name}: {one.cpu:.1f} s CPU, {one.wall:.1f} s wall, "
                    f"{ours.useful / one.cpu:,.0f} useful tokens/CPU s, "
                    f"{ours.useful / one.wall:,.0f}/s, loss {one.loss:.3f}", highlight=False,
                )  # fmt: skip
            if number:
                rounds.append(pair)
    for name, ratios in (
        ("CPU", [one.cpu / other.cpu for one, other in rounds]),
        ("wall", [one.wall / other.wall for one, other in rounds]),
    ):
        console.print(
            f"{name} time, plain to ours: {statistics.median(ratios):.2f} (median of "
            f"{len(ratios)}, {min(ratios):.2f} to {max(ratios):.2f})", highlight=False,
        )  # fmt: skip


if __name__ == "__main__":
    main()
