"""transformers' Trainer over planned steps: ours are the data, the loss and the clock.

Checkpoints, resuming, clipping, optimiser, logging, callbacks, accelerate and FSDP are Trainer's.
TRL's SFTTrainer adds tokenising, packing and a collator to that; all three are replaced here (no
packer of it shares what rows have in common), so nothing of it would be left to use.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, Dataset
from transformers import Trainer

from training.tune.budget import Budget
from training.tune.lanes import Lanes
from training.tune.loss import ActLoss, Descent
from training.tune.memory import give_back_freed
from training.tune.plan import Step
from training.tune.settings import Settings


class Steps(Dataset[Step]):
    """The planned steps of a run, one to an item."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, index: int) -> Step:
        return self.steps[index]


class StepTrainer(Trainer):
    """A Trainer whose batches are whole `Step`s."""

    def __init__(self, inner: ActLoss, settings: Settings, budget: Budget, **kwargs: Any) -> None:
        """`inner` holds the model that `kwargs` name as ``model``."""
        super().__init__(**kwargs)
        self._inner = inner
        self._settings = settings
        self._budget = budget
        self._lanes = _lanes(settings) if self.args.world_size == 1 and self.args.use_cpu else None

    def get_train_dataloader(self) -> DataLoader[Any]:
        """The steps in their planned order; each process gets its own."""
        steps = cast("Steps", self.train_dataset)
        loader: DataLoader[Any] = DataLoader(steps, batch_size=1, shuffle=False, collate_fn=_only)
        return self.accelerator.prepare(loader)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> LambdaLR:
        """Warm-up and decay by whichever is further: the steps, or the minutes."""
        if cast("LambdaLR | None", self.lr_scheduler) is None:
            said = self._settings

            def factor(step: int) -> float:
                done = max(step / max(1, num_training_steps), self._budget.spent)
                return learning_rate_factor(done, said.warmup, said.schedule)

            self.lr_scheduler = LambdaLR(cast("Any", optimizer or self.optimizer), factor)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> Tensor:
        """Forward and backward of one step, chunk by chunk."""
        model.train()
        alone = self.args.world_size == 1
        descent = Descent(
            self._inner,
            self._inner if alone else model,
            self.accelerator.backward,
            nullcontext if alone else partial(self.accelerator.no_sync, model),
            self._lanes,
        )
        loss = descent.step(inputs["step"])
        give_back_freed()
        return loss

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Not counted."""
        return 0


def learning_rate_factor(done: float, warmup: float, schedule: str) -> float:
    """What the learning rate is multiplied by when `done` (0 to 1) of a run is behind it."""
    if done < warmup:
        return max(done, 1e-3) / warmup
    if schedule == "constant":
        return 1.0
    left = min(1.0, (done - warmup) / (1 - warmup))
    return 1 - left if schedule == "linear" else 0.5 * (1 + math.cos(math.pi * left))


def _lanes(settings: Settings) -> Lanes | None:
    count = settings.lanes or torch.get_num_threads()
    # Each lane holds a gradient of its own, which for whole models is too much.
    return None if count == 1 or settings.full else Lanes(count)


def _only(items: list[Step]) -> dict[str, Step]:
    (step,) = items
    return {"step": step}
