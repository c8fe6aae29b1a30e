"""What keeps the APIs up, and what ends them."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from service.settings import Settings
from service.supervisor import Child, StartError, worlds_folder

ROOT = Path(__file__).parents[2]
LEASH = [sys.executable, "-m", "tools.leash", "http.server", "--bind", "127.0.0.1"]

HEALTHY = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
CRASHING = "raise SystemExit(3)"


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def process_of(url: str) -> int | None:
    try:
        return int(httpx.get(f"{url}/healthz", timeout=5).text)
    except httpx.TransportError:
        return None


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Kept:
    """A child that runs a script, and what it says when it cannot be kept up."""

    def __init__(self, port: int, script: str) -> None:
        self.failures: queue.Queue[Exception] = queue.Queue()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-c", script, str(port)]
        self.child = Child("flights", self.url, command, self.failures.put)

    def kill(self) -> int:
        """Kill its process once it is up, and return which that was."""
        assert self.child.up.wait(20)
        process = process_of(self.url)
        assert process is not None
        os.kill(process, signal.SIGKILL)
        until(lambda: not self.child.up.is_set())
        return process


@pytest.fixture
def keep(port: int) -> Iterator[Callable[[str], Kept]]:
    kept: list[Kept] = []

    def start(script: str) -> Kept:
        kept.append(Kept(port, script))
        return kept[-1]

    yield start
    for one in kept:
        one.child.stop()


def test_an_api_that_dies_is_started_again(keep: Callable[[str], Kept]) -> None:
    kept = keep(HEALTHY)
    first = kept.kill()
    assert kept.child.up.wait(20)
    assert process_of(kept.url) != first
    assert kept.failures.empty()


def test_an_api_that_keeps_dying_is_given_up(
    keep: Callable[[str], Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.supervisor._MOST_RESTARTS", 1)
    kept = keep(HEALTHY)
    kept.kill()
    kept.kill()
    error = kept.failures.get(timeout=20)
    assert isinstance(error, StartError)
    assert "the flights API ended 2 times within 60 s" in str(error)


def test_an_api_that_never_answers_is_not_tried_again(keep: Callable[[str], Kept]) -> None:
    error = keep(CRASHING).failures.get(timeout=20)
    assert "the flights API ended with status 3" in str(error)


def test_a_stopped_api_stays_down_and_is_no_failure(keep: Callable[[str], Kept]) -> None:
    kept = keep(HEALTHY)
    assert kept.child.up.wait(20)
    kept.child.stop()
    kept.child.stop()
    assert process_of(kept.url) is None
    assert kept.failures.empty()


def test_a_child_ends_with_a_parent_that_was_killed(port: int) -> None:
    parent = subprocess.Popen(
        [
            sys.executable, "-c",
            "import subprocess, sys, time\n"
            "child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE,"
            " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)\n"
            "time.sleep(600)",
            *LEASH, str(port),
        ],
        cwd=ROOT,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    until(lambda: answers(url))
    parent.kill()
    parent.wait()
    until(lambda: not answers(url))


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code > 0
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("database", "folder"),
    [
        ("sqlite:///.var/callsign.db", Path(".var")),
        ("sqlite:////data/callsign.db", Path("/data")),
        ("sqlite:///callsign.db", Path()),
        ("postgresql://callsign@db/callsign", Path("/elsewhere")),
        ("memory:", None),
    ],
)
def test_worlds_are_kept_where_the_conversations_are(
    database: str, folder: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLSIGN_HOME", "/elsewhere")
    assert worlds_folder(Settings(database_url=database)) == folder
