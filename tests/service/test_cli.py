"""`callsign serve` and `callsign chat` as processes."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import structlog
from click.testing import Result
from typer.testing import CliRunner

from service import cli
from service.cli import build
from service.supervisor import StartError, bound

ROOT = Path(__file__).parents[2]
GREETING = {"name": "finish", "arguments": {"topic": "greeting"}}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "a/b"), "no room for a/b"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full"),
        (FileExistsError(errno.EEXIST, "File exists", "afile"), r"afile cannot be used \(File ex"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "name another place"),
    ],
)
def test_what_the_file_system_refuses_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: OSError,
    told: str,
) -> None:
    def fail(_: list[str]) -> Callable[[], None]:
        raise error

    monkeypatch.setattr(cli, "build", fail)
    with pytest.raises(SystemExit):
        cli.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(told, line)


def test_other_trouble_of_the_system_keeps_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[str]) -> Callable[[], None]:
        raise ConnectionError(errno.ECONNRESET, "reset")

    monkeypatch.setattr(cli, "build", fail)
    with pytest.raises(ConnectionError):
        cli.main()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def callsign(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from service.cli import main; main()", *arguments]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CALLSIGN_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def until(condition: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


class Served:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = [free_port() for _ in range(3)]
        self.urls = [f"http://127.0.0.1:{port}" for port in self.ports]
        (folder / "script.json").write_text(json.dumps([GREETING, GREETING]))
        own, flights, hotels = map(str, self.ports)
        command = callsign(
            "serve", "--engine", "scripted", "--script", "script.json", "--port", own,
            "--flights-port", flights, "--hotels-port", hotels,
        )  # fmt: skip
        self.log = (folder / "serve.log").open("w+")
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=self.log, stderr=subprocess.STDOUT
        )

    def said(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text()


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    served = Served(folder)
    try:
        until(lambda: answers(f"{served.urls[0]}/readyz") or served.process.poll() is not None)
        assert served.process.poll() is None, served.said()
        yield served
    finally:
        served.process.kill()
        served.process.wait()
        until(lambda: not any(map(answers, (f"{url}/healthz" for url in served.urls))))
        served.log.close()


def run(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        callsign(*arguments), cwd=folder, env=environment(), input=text,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


def test_serve_serves_all_three(served: Served) -> None:
    assert all(url in served.said() for url in served.urls)
    assert all(answers(f"{url}/healthz") for url in served.urls)


def test_chat_talks_to_it(served: Served, tmp_path: Path) -> None:
    talk = run(tmp_path, "chat", "--url", served.urls[0], text="Hello\n\nHello again\n")
    assert talk.returncode == 0, talk.stderr
    replies = talk.stdout.splitlines()[1:]
    assert len(replies) >= 2
    assert all(reply.strip() for reply in replies)


def test_a_second_serve_is_told_that_the_ports_are_taken(served: Served) -> None:
    taken = invoke("serve", "--port", str(served.ports[0]))
    assert "--port" in str(taken.exception)
    taken = invoke("serve", "--port", "0", "--flights-port", str(served.ports[1]))
    assert "--flights-url" in str(taken.exception)


def test_the_worlds_are_kept_beside_the_conversations(served: Served) -> None:
    _, flights, hotels = served.ports
    kept = {file.name for file in (served.folder / ".var").iterdir()}
    assert {"callsign.db", f"flights-{flights}.db", f"hotels-{hotels}.db"} <= kept


def test_told_to_stop_it_stops_everything(served: Served) -> None:
    # The last test of this server.
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(30) == 0, served.said()
    assert not any(answers(f"{url}/healthz") for url in served.urls)


def test_what_can_never_start_ends_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unused_apis: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.json").write_text("no list")
    ended = invoke("serve", "--engine", "scripted", "--script", "script.json", *unused_apis)
    assert isinstance(ended.exception, StartError)
    assert "script.json is no JSON list" in str(ended.exception)


def test_a_database_that_is_none_ends_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unused_apis: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.db").write_text("dear diary, " * 200)
    url = "sqlite:///notes.db"
    ended = invoke("serve", "--engine", "scripted", "--database-url", url, *unused_apis)
    assert isinstance(ended.exception, StartError)
    assert "not a database" in str(ended.exception)


@pytest.fixture
def unused_apis() -> tuple[str, ...]:
    url = f"http://127.0.0.1:{free_port()}"
    return ("--port", "0", "--flights-url", url, "--hotels-url", url)


def invoke(*arguments: str) -> Result:
    # The command sends this process's logs to a stream that ends with it.
    root = logging.getLogger()
    kept = root.handlers, root.level
    try:
        return CliRunner().invoke(build([*arguments]), [*arguments])
    finally:
        root.handlers, level = kept
        root.setLevel(level)
        structlog.reset_defaults()


def test_serve_refuses_what_would_let_anybody_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = invoke("serve", "--host", "0.0.0.0", "--port", "0")
    assert isinstance(refused.exception, StartError)
    assert "CALLSIGN_API_KEYS" in str(refused.exception)


def test_serve_says_which_setting_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CALLSIGN_RATE_LIMIT=many\n")
    refused = invoke("serve")
    assert isinstance(refused.exception, StartError)
    assert "rate_limit" in str(refused.exception)


def test_help_lists_every_command() -> None:
    told = invoke("--help")
    assert told.exit_code == 0
    assert all(name in told.stdout for name in ("serve", "chat", "model"))


def test_chat_says_when_nobody_answers(tmp_path: Path) -> None:
    lonely = run(tmp_path, "chat", "--url", f"http://127.0.0.1:{free_port()}", text="hi\n")
    assert lonely.returncode == 1
    assert "callsign serve" in lonely.stderr


def test_a_taken_port_is_told_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"port {port} .* say --this"):
            bound("127.0.0.1", port, "--this")
