from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.stores import ConversationStore, MemoryStore, SqlStore


class Ticking:
    """A clock that moves on by a second each time it is read."""

    def __init__(self) -> None:
        self.now = datetime(2027, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """CALLSIGN_TEST_POSTGRES_URL, or a private server where its programs are installed."""
    if url := os.environ.get("CALLSIGN_TEST_POSTGRES_URL"):
        yield url
        return
    pytest.importorskip("asyncpg", reason="the postgres extra is not installed")
    initdb, postgres = shutil.which("initdb"), shutil.which("pg_ctl")
    if not initdb or not postgres:
        pytest.skip("no PostgreSQL: set CALLSIGN_TEST_POSTGRES_URL or install its server")
    folder = Path("/tmp") / f"callsign-pg-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o777)
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    prefix = as_nobody if os.geteuid() == 0 else []
    folder.chmod(0o777)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    options = f"-p {port} -k {folder} -c fsync=off -c listen_addresses=127.0.0.1"
    start = [postgres, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start"]
    try:
        for command in ([initdb, "-D", data, "-U", "callsign", "-A", "trust"], start):
            done = subprocess.run(
                [*prefix, *command], check=False, cwd=folder, capture_output=True, text=True
            )
            if done.returncode:
                pytest.skip(f"PostgreSQL would not start here: {done.stderr[-300:]}")
        yield f"postgresql://callsign@127.0.0.1:{port}/postgres"
    finally:
        stop = [postgres, "-D", data, "-m", "immediate", "stop"]
        subprocess.run([*prefix, *stop], check=False, cwd=folder, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ConversationStore]:
    clock = Ticking()
    opened: ConversationStore
    if request.param == "memory":
        opened = MemoryStore(clock=clock)
    elif request.param == "sqlite":
        opened = await SqlStore.open(f"sqlite:///{tmp_path / 'callsign.db'}", clock=clock)
    else:
        opened = await SqlStore.open(request.getfixturevalue("postgres_url"), clock=clock)
        listed, _ = await opened.conversations(1000, None)
        for row in listed:
            await opened.delete(row.id)
    yield opened
    await opened.aclose()
