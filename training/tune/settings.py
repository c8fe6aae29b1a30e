"""What a run is asked for: presets, and what the command line changes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from tools.errors import TrainingError
from training.tune.rows import SETS

PRESETS = ("cpu-135m", "gpu-135m", "gpu-8b")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is trained; `training/tune/presets/*.yaml` are these, and say why.

    Sizes `step`, `chunk` and `row` are in tokens (`training.tune.plan.Batching`). `balance` makes
    rare decisions count more (`training.tune.weights.balanced`), `sets` and `languages` are factors
    by name; `prefer` are factors by a pattern of templates (`training.tune.plan.passes`); `cut` is
    the share of conversations that end before their first result (`training.tune.cutting`).
    `minutes` bounds the time that training takes, evaluation included; the learning rate reaches
    zero there. `lanes` are chunks at once on a CPU (`training.tune.lanes`; 0: one for each core).
    `patience` evaluations without a better one end a run (0: never).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    full: bool = False
    rank: int = 16
    alpha: float = 32.0
    lr: float = 1e-3
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: float = 0.03
    clip: float = 1.0
    decay: float = 0.0
    epochs: float = 2.0
    steps: int | None = None
    minutes: float | None = None
    step: int = 8192
    chunk: int = 2048
    row: int = 4096
    share: bool = True
    bf16: bool = True
    checkpointing: bool = False
    lanes: int = 0
    seed: int = 0
    limit: int | None = None
    sets: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SETS, 1.0))
    languages: dict[str, float] = field(default_factory=dict[str, float])
    balance: float = 0.0
    prefer: dict[str, float] = field(default_factory=dict[str, float])
    cut: float = 0.0
    save_every: int = 50
    eval_every: int = 0
    eval_tasks: int = 20
    patience: int = 0


_SETTINGS: TypeAdapter[Settings] = TypeAdapter(Settings)


def preset(name: str, changes: dict[str, Any]) -> Settings:
    """A preset with changes; those that are None change nothing.

    Raises `TrainingError` for an unknown preset or a value that does not fit.
    """
    if name not in PRESETS:
        raise TrainingError(f"there is no preset {name!r}; there are {', '.join(PRESETS)}")
    text = (resources.files("training.tune") / "presets" / f"{name}.yaml").read_text("utf-8")
    said = yaml.safe_load(text) | {k: v for k, v in changes.items() if v is not None}
    try:
        made = _SETTINGS.validate_python(said)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = "/".join(map(str, fault["loc"]))
        raise TrainingError(f"{where}: {fault['msg']}") from error
    if made.step < 1 or made.chunk < 1 or made.epochs <= 0:
        raise TrainingError("--batch-tokens and --epochs must be above zero")
    return made
