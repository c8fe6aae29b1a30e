"""`callsign serve` and `callsign chat`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from agent.engines.base import Mode
from service import chat as terminal
from service.app import create_app
from service.assembly import prepare_model
from service.logs import configure
from service.settings import EngineName, Settings
from service.supervisor import StartError, Supervisor, bound


def serve(
    *,
    engine: Annotated[EngineName | None, typer.Option(help="Where acts are decoded.")] = None,
    engine_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible server of --engine openai, with its /v1.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model: a name, a folder or a file.")] = None,
    adapter: Annotated[Path | None, typer.Option(help="LoRA adapter of the model.")] = None,
    script: Annotated[Path | None, typer.Option(help="Acts of --engine scripted, JSON.")] = None,
    mode: Annotated[Mode | None, typer.Option(help="What holds decoding to the evidence.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the service.")] = None,
    flights_url: Annotated[str | None, typer.Option(help="A flights API that runs.")] = None,
    flights_port: Annotated[int | None, typer.Option(help="Port of our own otherwise.")] = None,
    hotels_url: Annotated[str | None, typer.Option(help="A hotels API that runs.")] = None,
    hotels_port: Annotated[int | None, typer.Option(help="Port of our own otherwise.")] = None,
    database_url: Annotated[
        str | None, typer.Option(help="Where conversations are kept: sqlite:///, postgresql://.")
    ] = None,
    log_format: Annotated[Literal["console", "json"] | None, typer.Option()] = None,
) -> None:
    """Serve the agent, with the flights and hotels APIs that it books at.

    Every flag is also an environment variable CALLSIGN_<NAME>, and a line of a .env file.
    """
    settings = _settings(locals())
    if not settings.anonymous_is_safe:
        raise StartError(
            f"anybody who reaches {settings.host} could book: set CALLSIGN_API_KEYS, "
            "or CALLSIGN_ALLOW_ANONYMOUS=true if something in front keeps them out"
        )
    configure(settings)
    # uvicorn stops in good order on a signal and then raises it again, for us to end with.
    signal.signal(signal.SIGTERM, _end)
    console = Console(stderr=True)
    with bound(settings.host, settings.port, "--port") as socket, Supervisor(settings) as apis:
        if settings.engine == "embedded":
            _prepare_model(settings, console)
        apis.wait_until_healthy()
        address = socket.getsockname()
        _print_urls(settings, address[1], console)
        config = uvicorn.Config(
            create_app(settings),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=round(settings.shutdown_seconds) + 1,
        )
        try:
            uvicorn.Server(config).run(sockets=[socket])
        except KeyboardInterrupt:
            console.print("stopped")


def chat(
    *,
    url: Annotated[str, typer.Option(help="The running service.")] = "http://127.0.0.1:8000",
    sandbox: Annotated[str, typer.Option(help="The world that calls go to.")] = "default",
    conversation: Annotated[
        str | None, typer.Option(help="Go on with this conversation, its history shown first.")
    ] = None,
    key: Annotated[str | None, typer.Option(envvar="CALLSIGN_API_KEY")] = None,
) -> None:
    """Chat with a running service. Reads lines from a pipe as well."""
    terminal.run(url.rstrip("/"), sandbox, conversation, key)


def _settings(flags: dict[str, Any]) -> Settings:
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        ]
        raise StartError(f"the settings do not fit together: {'; '.join(faults)}") from error


def _end(*_: object) -> None:
    sys.exit(0)


def _print_urls(settings: Settings, port: int, console: Console) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    flights = settings.flights_url or f"http://127.0.0.1:{settings.flights_port}"
    hotels = settings.hotels_url or f"http://127.0.0.1:{settings.hotels_port}"
    console.print(f"Callsign     http://{host}:{port}", highlight=False)
    console.print(f"Flights API  {flights}", highlight=False)
    console.print(f"Hotels API   {hotels}", highlight=False)


def _prepare_model(settings: Settings, console: Console) -> None:
    """Get the embedded model's files ready, with progress bars where it takes long."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(f"model: {what}", total=total or None)
            bars.update(tasks[what], completed=done)

        prepare_model(settings, report)
