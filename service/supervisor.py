"""The processes and ports of `callsign serve`."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import httpx

from service.settings import Settings
from tools.errors import CallsignError

_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.1


class StartError(CallsignError):
    """The service cannot start; the message says what to change."""


class Child:
    """A mock API as a process of its own, which ends with this one however this one ends."""

    def __init__(self, name: str, port: int, *arguments: str) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        module = f"tools.mock.{name}"
        command = [sys.executable, "-m", "service.leash", module, "--port", str(port), *arguments]
        # A session of its own: Ctrl-C reaches us alone, and running turns still find the API.
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def wait_until_healthy(self, seconds: float = _START_SECONDS) -> None:
        """Return once it answers. Raises `StartError` when it ends first, or takes too long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                code = self._process.returncode
                raise StartError(f"the {self.name} API ended with status {code}; see above why")
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/healthz", timeout=_POLL_SECONDS * 10).is_success:
                    return
            time.sleep(_POLL_SECONDS)
        raise StartError(f"the {self.name} API did not answer at {self.url} in {seconds:.0f} s")

    def stop(self) -> None:
        """End it, by force if it does not listen. Idempotent."""
        if self._process.stdin:
            self._process.stdin.close()
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Supervisor:
    """The mock APIs that the settings leave to us, running inside the `with` block."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = [
            (name, port)
            for name, port, url in (
                ("flights", settings.flights_port, settings.flights_url),
                ("hotels", settings.hotels_port, settings.hotels_url),
            )
            if not url
        ]
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
            self._children.append(Child(name, port))
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

    @property
    def children(self) -> Sequence[Child]:
        """The running APIs."""
        return self._children

    def wait_until_healthy(self) -> None:
        """Return once all of them answer. Raises `StartError`."""
        for child in self._children:
            child.wait_until_healthy()


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
