"""What `callsign serve` does: settings, ports, model, APIs, server, and all of it down again."""

from __future__ import annotations

import signal
import socket
import sys
from typing import Any

import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from service.app import create_app
from service.assembly import prepare_model
from service.logs import configure
from service.settings import Settings
from service.supervisor import StartError, Supervisor, bound


def run(flags: dict[str, Any]) -> None:
    """Serve until a signal; flags that are None were not given. Raises `CallsignError`."""
    settings = _settings(flags)
    if not settings.anonymous_is_safe:
        raise StartError(
            f"anybody who reaches {settings.host} could book: set CALLSIGN_API_KEYS, "
            "or CALLSIGN_ALLOW_ANONYMOUS=true if something in front keeps them out"
        )
    console = Console(stderr=True)
    configure(settings)
    end = _End()
    with (
        bound(settings.host, settings.port, "--port") as listening,
        Supervisor(settings, end.failed),
    ):
        # uvicorn stops in good order on a signal and then raises it again, for us to end with.
        signal.signal(signal.SIGTERM, _exit)
        if settings.engine == "embedded":
            _prepare_model(settings, console)
        _print_urls(settings, listening.getsockname()[1], console)
        config = uvicorn.Config(
            create_app(settings, failed=end.failed),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=round(settings.shutdown_seconds) + 1,
        )
        try:
            end.serve(uvicorn.Server(config), listening)
        except KeyboardInterrupt:
            console.print("stopped")


def _exit(*_: object) -> None:
    sys.exit(0)


class _End:
    """Ends the server when a part of the service cannot go on. Called from any thread."""

    def __init__(self) -> None:
        self._error: Exception | None = None
        self._server: uvicorn.Server | None = None

    def failed(self, error: Exception) -> None:
        """Let the server stop in good order, and then say why."""
        self._error = self._error or error
        if self._server is not None:
            self._server.should_exit = True

    def serve(self, server: uvicorn.Server, listening: socket.socket) -> None:
        """Run the server. Raises `StartError` when something failed before or meanwhile."""
        self._server = server
        if self._error is None:
            server.run(sockets=[listening])
        if self._error is not None:
            raise StartError(str(self._error)) from self._error


def _settings(flags: dict[str, Any]) -> Settings:
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        ]
        raise StartError(f"the settings do not fit together: {'; '.join(faults)}") from error


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
