"""The processes and ports of `callsign serve`."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import structlog

from agent.models import home
from service.settings import Settings
from tools.errors import CallsignError

_LOG = structlog.get_logger("callsign.supervisor")
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.2
_MOST_RESTARTS = 5
_WINDOW_SECONDS = 60.0

Failed = Callable[[Exception], None]


class StartError(CallsignError):
    """The service cannot start; the message says what to change."""


class Child:
    """An API as a process of its own that is kept up.

    When it ends by itself it is started again, but not for ever: `failed` is told, from a thread
    of the child's own, when it never answered or ends too often. Its standard input is a pipe
    from this process, see `tools.leash`.
    """

    def __init__(self, name: str, url: str, command: Sequence[str], failed: Failed) -> None:
        self.name = name
        self.url = url
        self.up = threading.Event()
        """Set once it has answered since it was last started."""
        self._command = command
        self._failed = failed
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._process = self._spawn()
        threading.Thread(target=self._watch, name=f"watch-{name}", daemon=True).start()

    def stop(self) -> None:
        """End it, by force if it does not listen. Idempotent."""
        self._stopping.set()
        with self._changing:
            self._let_go()
            if self._process.poll() is None:
                self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches us alone, and running turns still find the API.
        return subprocess.Popen(  # noqa: S603 - our own modules
            self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def _let_go(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()

    def _watch(self) -> None:
        ends: list[float] = []
        try:
            while not self._stopping.is_set():
                self._wait_until_healthy()
                self.up.set()
                self._restart(self._process.wait(), ends)
        except StartError as error:
            if not self._stopping.is_set():
                self._failed(error)

    def _restart(self, status: int, ends: list[float]) -> None:
        self.up.clear()
        now = time.monotonic()
        ends[:] = [*(then for then in ends if now - then < _WINDOW_SECONDS), now]
        if len(ends) > _MOST_RESTARTS:
            raise StartError(
                f"the {self.name} API ended {len(ends)} times within {_WINDOW_SECONDS:.0f} s, "
                f"the last time with status {status}"
            )
        with self._changing:
            if self._stopping.is_set():
                return
            _LOG.warning("an API ended and is started again", api=self.name, status=status)
            self._let_go()
            self._process = self._spawn()

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                code = self._process.returncode
                raise StartError(f"the {self.name} API ended with status {code}; see above why")
            with suppress(httpx.TransportError):
                # A proxy of the environment does not lead to this machine.
                health = httpx.get(
                    f"{self.url}/healthz", timeout=_POLL_SECONDS * 10, trust_env=False
                )
                if health.is_success:
                    return
            if self._stopping.wait(_POLL_SECONDS):
                raise StartError(f"the {self.name} API was stopped before it answered")
        raise StartError(
            f"the {self.name} API did not answer at {self.url} in {_START_SECONDS:.0f} s"
        )


class Supervisor:
    """The mock APIs that the settings leave to us, running inside the `with` block.

    They end with this process, however it ends.
    Their worlds last as long as the conversations do: in files where those are kept in a
    database, in memory where they are in memory. `failed` is told when an API cannot be kept up.
    """

    def __init__(self, settings: Settings, failed: Failed) -> None:
        self._wanted = [
            (name, port)
            for name, port, url in (
                ("flights", settings.flights_port, settings.flights_url),
                ("hotels", settings.hotels_port, settings.hotels_url),
            )
            if not url
        ]
        self._folder = worlds_folder(settings)
        self._failed = failed
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        """Start them. Raises `StartError` when a port is taken."""
        for name, port in self._wanted:
            bound(
                "127.0.0.1",
                port,
                f"--{name}-url to use the API that runs there, or --{name}-port for another port",
            ).close()
        for name, port in self._wanted:
            command = [sys.executable, "-m", "tools.leash", f"tools.mock.{name}"]
            command += ["--port", str(port), *self._world(name, port)]
            self._children.append(Child(name, f"http://127.0.0.1:{port}", command, self._failed))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop them all."""
        for child in self._children:
            child.stop()

    def _world(self, name: str, port: int) -> Sequence[str]:
        if self._folder is None:
            return ()
        self._folder.mkdir(parents=True, exist_ok=True)
        # By port, so that two services started in one folder do not share a world by accident.
        file = self._folder.absolute() / f"{name}-{port}.db"
        return ("--database-url", f"sqlite+aiosqlite:///{file}")


def worlds_folder(settings: Settings) -> Path | None:
    """Where the mock APIs keep their worlds: beside the conversations; None for in memory."""
    if settings.database_url == "memory:":
        return None
    kind, _, file = settings.database_url.partition(":///")
    if kind.startswith("sqlite") and file:
        return Path(file).parent
    return home().parent


def bound(host: str, port: int, instead: str) -> socket.socket:
    """A socket bound to a port and not yet listening, so that nobody connects too early.

    Raises `StartError`, which offers `instead` where the port is taken.
    """
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )
        reserved = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartError(f"{host} cannot be listened on: {error}; say --host") from error
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind(address)
    except OSError as error:
        reserved.close()
        raise StartError(
            f"port {port} on {host} cannot be used ({error.strerror}): "
            f"stop what listens there, or say {instead}"
        ) from error
    return reserved
