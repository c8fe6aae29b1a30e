"""`callsign bench`: how often a model calls what does not exist, and whether the job gets done."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.console import Console

from agent.engines.base import Mode
from agent.engines.opening import Embedded
from agent.models.commands import reporting
from tools.errors import BenchmarkError
from training.benchmark import markdown, tables
from training.benchmark.contestants import Contestant, identify, parse_contestants
from training.benchmark.machine import commit, machine, versions
from training.benchmark.manifest import Entry, Manifest, Plan, Sitting
from training.benchmark.progress import shown
from training.benchmark.report import write
from training.benchmark.runner import Job, Setup, jobs, run
from training.benchmark.store import Store, open_store, read_run
from training.benchmark.suites import SUITES, open_suites
from training.benchmark.summary import encode, summarise

app = typer.Typer(
    help="Measure how often a model calls what does not exist, and whether it gets the job done.",
    no_args_is_help=True,
)

_MODES: tuple[Mode, ...] = ("free", "schema", "grounded")
_AT_ONCE = 8
_SAMPLED = 0.7

_Suites = Annotated[
    list[str] | None,
    typer.Option(
        "--suite",
        metavar="SUITE",
        help=f"What to play: {', '.join(SUITES)}, or a .jsonl file of scenarios. Repeatable. "
        "Default: booking.",
    ),
]
_Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="NAME=ENGINE:TARGET",
        help="Who plays, as above. Repeatable, for models side by side. A server's key is read "
        "from CALLSIGN_ENGINE_KEY. The bare base (embedded:default) was never trained on acts, so "
        "on the booking suites it is shown an example and calibrated.",
    ),
]
_Modes = Annotated[
    list[str] | None,
    typer.Option(
        "--mode",
        metavar="MODE",
        help="How decoding is held: free (anything), schema (what the JSON Schemas allow), "
        "grounded (only values that the conversation holds). Repeatable. Default: all three.",
    ),
]
_Limit = Annotated[
    int | None,
    typer.Option(min=1, help="So many tasks of each suite, drawn evenly over its categories."),
]
_Trials = Annotated[
    int, typer.Option(min=1, help="Attempts at each task, for pass^k. Needs a temperature.")
]
_Seed = Annotated[int, typer.Option(help="Draws the tasks of --limit and all sampling.")]
_Temperature = Annotated[
    float | None,
    typer.Option(min=0, help=f"Default: 0, or {_SAMPLED} where there are several trials."),
]
_Concurrency = Annotated[
    int | None,
    typer.Option(
        min=1,
        help=f"Attempts at once. Default: {_AT_ONCE}, or 1 with an embedded model. It changes no "
        "result, but the seconds of a cost then hold waiting for others.",
    ),
]
_Reproducible = Annotated[
    bool,
    typer.Option(
        help="Decode with an embedded model so that the same run gives the same results, bit by "
        "bit, stopped or not. --no-reproducible decodes attempts in one batch: faster with "
        "--concurrency, but about one conversation in twenty then takes another turn.",
    ),
]
_Out = Annotated[
    Path | None, typer.Option(help="Folder for the results. Default: a new one in .var/bench.")
]
_Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run that --out holds: say all else again.")
]
_Bfcl = Annotated[
    Path | None,
    typer.Option(help="BFCL's files: a folder or the wheel of bfcl-eval, if not installed."),
]


class _Environment(BaseSettings):
    """What comes from the environment or `.env`, as for `callsign serve`."""

    model_config = SettingsConfigDict(env_prefix="CALLSIGN_", env_file=".env", extra="ignore")

    engine_key: SecretStr | None = None


@app.command("run")
def run_command(
    *,
    suite: _Suites = None,
    model: _Models = None,
    mode: _Modes = None,
    limit: _Limit = None,
    trials: _Trials = 1,
    seed: _Seed = 0,
    temperature: _Temperature = None,
    concurrency: _Concurrency = None,
    reproducible: _Reproducible = True,
    out: _Out = None,
    resume: _Resume = False,
    bfcl: _Bfcl = None,
) -> None:
    """Play the suites with every model in every mode, beside three baselines, and show the table.

    Every attempt is saved with its whole trace before the next one counts as done. Stop whenever
    you like, and say the same again with --resume: the final figures are the same.

    How models are written:

    - base=embedded:default (the bare default base, in this process)

    - tuned=embedded:shipped (with the adapter that comes along: what `callsign serve` serves, and
      what plays if you name none)

    - ours=embedded:default+path/to/adapter (with another LoRA adapter merged into it)

    - mine=embedded:path/to/model.gguf (or a folder as transformers saves it, or one that
      `callsign model convert` wrote)

    - big=openai:http://127.0.0.1:8080/v1#model-name (behind any OpenAI-compatible server)

    - fake=scripted:acts.json (a JSON list of acts, played from its start in every attempt)

    First steps: callsign bench run --limit 20, then callsign bench report on the folder that it
    names.
    """
    if resume and out is None:
        raise BenchmarkError("--resume needs --out, the folder of the run to go on with")
    key = _Environment().engine_key
    modes = _modes(mode or _MODES)
    contestants = parse_contestants(
        model or (),
        key=key.get_secret_value() if key else None,
        reproducible=reproducible,
        grammars=any(one != "free" for one in modes),
    )
    if temperature is None:
        temperature = _SAMPLED if trials > 1 else 0.0
    if trials > 1 and temperature == 0:
        raise BenchmarkError("without a temperature all trials are the same; say --temperature 0.7")
    setup = Setup(
        suites=open_suites(suite or ["booking"], bfcl),
        contestants=contestants,
        modes=modes,
        seed=seed,
        trials=trials,
        limit=limit,
        temperature=temperature,
        concurrency=concurrency or _at_once(contestants),
    )
    folder = out or Path(".var", "bench", f"{datetime.now(UTC):%Y%m%d-%H%M%S}")
    _run(setup, folder, resume=resume, reproducible=reproducible)


@app.command("report")
def report_command(
    folder: Annotated[Path, typer.Argument(help="What --out of `callsign bench run` named.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to. Default: that of the results.")
    ] = None,
) -> None:
    """Write report.html (figures, plots and every trace, in one page), report.md and report.json.

    A run that is not finished can be reported on too; the report says so.
    """
    found = read_run(folder)
    target = out or folder
    target.mkdir(parents=True, exist_ok=True)
    manifest = {**found.manifest.as_json(), "attempts_made": len(found.lines)}
    summary = summarise(found)
    write(found, manifest, target / "report.html")
    (target / "report.md").write_text(markdown.render(summary, manifest), encoding="utf-8")
    (target / "report.json").write_bytes(encode(summary))
    for name in ("report.html", "report.md", "report.json"):
        typer.echo(target / name)


def _run(setup: Setup, folder: Path, *, resume: bool, reproducible: bool) -> None:
    console = Console(stderr=True)
    with reporting() as progress:
        entries = {one.name: asyncio.run(identify(one, progress)) for one in setup.contestants}
    every = jobs(setup)
    manifest = Manifest(
        _plan(setup, entries, reproducible=reproducible), len(every), (_sitting(setup),)
    )
    with open_store(folder, manifest, resume=resume) as store:
        _play(setup, every, store, console)
    found = read_run(folder)
    tables.show(summarise(found), Console())
    typer.echo(f"results: {folder}; read them: callsign bench report {shlex.quote(str(folder))}")


def _play(setup: Setup, every: Sequence[Job], store: Store, console: Console) -> None:
    left = [job for job in every if job.key not in store.done]
    try:
        with shown([job.key for job in every], store.done, console) as watch:
            asyncio.run(run(setup, left, store, watch))
    except KeyboardInterrupt:
        console.print(
            f"Stopped. {len(store.done)} of {len(every)} attempts are saved in {store.folder}. "
            "To go on, say the same again with "
            f"--resume --out {shlex.quote(str(store.folder))}",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(130) from None


def _plan(setup: Setup, entries: dict[str, Entry], *, reproducible: bool) -> Plan:
    return Plan(
        suites={suite.name: suite.digest for suite in setup.suites},
        contestants=entries,
        modes=tuple(setup.modes),
        seed=setup.seed,
        trials=setup.trials,
        limit=setup.limit,
        temperature=setup.temperature,
        reproducible=reproducible,
        version=versions()["callsign"],
    )


def _sitting(setup: Setup) -> Sitting:
    return Sitting(
        command=shlex.join(["callsign", *sys.argv[1:]]),
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine().removeprefix("machine: "),
        versions=versions(),
        commit=commit(),
        concurrency=setup.concurrency,
    )


def _modes(given: Sequence[str]) -> tuple[Mode, ...]:
    if unknown := [one for one in given if one not in _MODES]:
        raise BenchmarkError(f"there is no mode {unknown[0]!r}; there are {', '.join(_MODES)}")
    return tuple(mode for mode in _MODES if mode in given)


def _at_once(contestants: Sequence[Contestant]) -> int:
    embedded = any(isinstance(one.target, Embedded) for one in contestants)
    return 1 if embedded else _AT_ONCE
