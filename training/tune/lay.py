"""From a dataset and settings to the steps of a run; the same for the same order everywhere."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.models.files import Progress, quietly
from agent.models.folder import ModelFolder
from tools.errors import TrainingError
from training.tune.bases import Base, open_base
from training.tune.cutting import cut_share
from training.tune.plan import Batching, Step, plan
from training.tune.rows import Row, read_dataset
from training.tune.settings import Settings
from training.tune.tokens import Encoder
from training.tune.trees import Tree, grow
from training.tune.weights import Weights, balanced


@dataclass(frozen=True, slots=True)
class Laid:
    """What is known before a model is loaded. `steps` are those of all processes, in turn.

    `data` is the digest of the dataset's files; `too_long` counts conversations left out because
    the base cannot read them whole.
    """

    base: Base
    data: str
    trees: Sequence[Tree]
    steps: Sequence[Step]
    too_long: int


def lay(
    data: Path, base: Path | None, settings: Settings, ranks: int = 1, progress: Progress = quietly
) -> Laid:
    """Read, encode and plan. Raises `TrainingError` and `tools.errors.ModelError`."""
    opened = open_base(base, progress)
    encoder = Encoder(opened.checkpoint.tokenizer(), opened.name)
    dataset = read_dataset(data, "train", [one for one, factor in settings.sets.items() if factor])
    spoken = [row for row in dataset.rows if settings.languages.get(row.language, 1.0)]
    rows = limited(spoken, settings.limit, settings.seed)
    rows = cut_share(rows, settings.cut, settings.seed)
    weights = Weights(settings.sets, settings.languages, balanced(rows, settings.balance))
    trees = [tree for tree in grow(rows, encoder, weights) if tree.weight > 0]
    context = opened.checkpoint.config.context
    fitting = [tree for tree in trees if tree.depth <= context]
    if not fitting:
        raise TrainingError(f"no conversation fits the {context} tokens that {opened.name} reads")
    # A shared opening is computed apart, which wrappers of several processes do not see, and is
    # kept as keys and values, which recomputed layers do not keep.
    share = settings.share and ranks == 1 and not settings.checkpointing
    batching = Batching(max(1, settings.step // ranks), settings.chunk, settings.row, share)
    if settings.eval_every and isinstance(opened.checkpoint, ModelFolder):
        _check_evaluated(opened.checkpoint)
    steps = plan(fitting, batching, seed=settings.seed, epochs=settings.epochs,
                 prefer=settings.prefer, ranks=ranks)  # fmt: skip
    if not steps:
        raise TrainingError("nothing is left to learn from: --prefer or --epochs leaves all out")
    if settings.steps is not None:
        steps = steps[: settings.steps * ranks]
    return Laid(opened, dataset.digest, fitting, steps, len(trees) - len(fitting))


def _check_evaluated(base: ModelFolder) -> None:
    """Raise `TrainingError` where the engine that evaluates cannot run the base."""
    if base.scaled_rope:
        raise TrainingError(
            f"{base.path} scales its rotary embeddings, which the engine that evaluates does not: "
            "say --eval-every 0, and judge the result through callsign model serve"
        )


def limited(rows: Sequence[Row], limit: int | None, seed: int) -> Sequence[Row]:
    """The rows of so many conversations, drawn by the seed; a larger limit adds to a smaller."""
    if limit is None:
        return rows
    chains = sorted({row.chain for row in rows})
    random.Random(f"{seed} limit").shuffle(chains)
    kept = set(chains[:limit])
    return [row for row in rows if row.chain in kept]
