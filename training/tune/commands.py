"""`callsign train`: fine-tunes a LLaMA on the dataset."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from agent.models.commands import reporting
from agent.models.folder import read_json
from agent.models.shipping import choose_adapter
from tools.errors import TrainingError
from training.tune.rows import SETS
from training.tune.settings import PRESETS, preset

if TYPE_CHECKING:
    from training.tune.run import Order

app = typer.Typer(help="Fine-tune a LLaMA on the dataset.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Fine-tune a LLaMA on the dataset."""


_Sets = Annotated[
    str | None,
    typer.Option(help=f"Sets to learn from, with factors: chains,mends=0.5. Of {', '.join(SETS)}."),
]


@app.command()
def sft(
    *,
    data: Annotated[
        Path, typer.Option(help="What --out of `callsign data build` named.")
    ] = Path(".var", "data"),
    out: Annotated[Path, typer.Option(help="Folder of the run.")] = Path(".var", "train", "sft"),
    base: Annotated[
        Path | None,
        typer.Option(help="A LLaMA: GGUF file, transformers folder or hub name. "
                     "Default: SmolLM2-135M-Instruct."),
    ] = None,
    adapter: Annotated[
        str | None,
        typer.Option(help="An adapter to go on with, instead of a new one: a folder, or `shipped`. "
                     "Its rank and alpha are taken over."),
    ] = None,
    preset_name: Annotated[
        str, typer.Option("--preset", help=f"Where settings begin: {', '.join(PRESETS)}.")
    ] = PRESETS[0],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out: say all else again.")
    ] = False,
    full: Annotated[
        bool | None, typer.Option("--full", help="Train all weights, not an adapter.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Learn from so many conversations.")
    ] = None,
    sets: _Sets = None,
    prefer: Annotated[
        str | None,
        typer.Option(help="Templates to meet earlier or later in each pass, with factors, so more "
                     "or less often in a run that ends within one: 'before/*=3,journey/*=0.5'."),
    ] = None,
    languages: Annotated[
        str | None,
        typer.Option(help="How much conversations of a language count, 1 by default; 0 leaves "
                     "them out: 'tr=2,es=0'."),
    ] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the data.")] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="At most so many steps.")] = None,
    max_minutes: Annotated[
        float | None,
        typer.Option(
            min=0.01, help="At most so long; the learning rate reaches zero by then."
        ),
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Highest learning rate.")] = None,
    batch_tokens: Annotated[
        int | None, typer.Option(help="Tokens of a step, over all processes.")
    ] = None,
    rank: Annotated[int | None, typer.Option(min=1, help="LoRA's r; alpha is twice that.")] = None,
    balance: Annotated[
        float | None, typer.Option(help="0 to 1: how much more rare decisions count.")
    ] = None,
    cut: Annotated[
        float | None,
        typer.Option(
            min=0, max=1,
            help="Share of conversations cut before their first result: more wishes a minute.",
        ),
    ] = None,
    save_every: Annotated[
        int | None, typer.Option(min=1, help="Steps between checkpoints.")
    ] = None,
    eval_every: Annotated[
        int | None, typer.Option(min=0, help="Steps between evaluations; 0: none.")
    ] = None,
    eval_tasks: Annotated[int | None, typer.Option(min=1, help="Tasks of an evaluation.")] = None,
    patience: Annotated[
        int | None,
        typer.Option(min=0, help="Stop after so many evaluations without a better one; 0: never."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Draws everything that is drawn.")] = None,
) -> None:  # fmt: skip
    """Supervised fine-tuning on the model's own acts: an adapter (LoRA), or the whole model.

    Stop whenever you like; --resume goes on from the last checkpoint with the
    very batches that were next.

    callsign train sft --data .var/data --max-minutes 60
    """
    _require_extra()
    begun = choose_adapter(adapter, base) if adapter else None
    changes: dict[str, Any] = {
        "full": full, "limit": limit, "sets": _factors("--sets", sets),
        "prefer": _factors("--prefer", prefer),
        "languages": _factors("--languages", languages), "epochs": epochs,
        "steps": max_steps, "minutes": max_minutes, "lr": lr, "step": batch_tokens,
        **_size(rank, begun), "balance": balance, "cut": cut,
        "save_every": save_every, "eval_every": eval_every, "eval_tasks": eval_tasks,
        "patience": patience, "seed": seed,
    }  # fmt: skip
    settings = preset(preset_name, changes)

    from training.tune.run import Order  # noqa: PLC0415 - PyTorch takes seconds

    _run(Order(data, out, base, preset_name, settings, begun, resume, _command()))


def _size(rank: int | None, begun: Path | None) -> dict[str, Any]:
    """LoRA's r and alpha: as asked for, else those of the adapter that is gone on with."""
    if rank is not None:
        return {"rank": rank, "alpha": 2.0 * rank}
    if begun is None:
        return {}
    said = read_json(begun / "adapter_config.json")
    return {"rank": said.get("r"), "alpha": said.get("lora_alpha")}


def _require_extra() -> None:
    if missing := [one for one in ("torch", "transformers", "peft") if find_spec(one) is None]:
        raise TrainingError(
            f"training needs {', '.join(missing)}: make train, or pip install 'callsign[train]'"
        )


def _run(order: Order) -> None:
    from training.tune.bases import open_base  # noqa: PLC0415 - PyTorch takes seconds
    from training.tune.run import train  # noqa: PLC0415 - as above

    console = Console(stderr=True)
    with reporting() as progress:
        open_base(order.base, progress)
    try:
        result = train(order, console)
    except KeyboardInterrupt:
        console.print(
            f"Stopped. To go on, say the same again with --resume: {order.command}",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
        raise typer.Exit(130) from None
    typer.echo(f"trained: {result}; how it went: {order.out / 'README.md'}")


def _factors(flag: str, given: str | None) -> dict[str, float] | None:
    if given is None:
        return None
    found: dict[str, float] = {}
    for part in given.split(","):
        name, _, factor = part.partition("=")
        try:
            found[name.strip()] = float(factor or 1)
        except ValueError as error:
            raise TrainingError(f"{flag} {part}: {factor!r} is no number") from error
    return found


def _command() -> str:
    return shlex.join(["callsign", *sys.argv[1:]])
