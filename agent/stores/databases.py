"""Transactions off the event loop: SQLite through one writer thread, servers over asyncio.

What is done in a transaction is a plain function of a SQLAlchemy connection, the same for both.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future as Job
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from tools.errors import StoreUnavailable

T = TypeVar("T")
Work = Callable[[Connection], T]

_ASYNC_DRIVERS = {"postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg"}
_WAL = "PRAGMA journal_mode=WAL"
_SQLITE_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=30000",
)
_BUSY_S, _PAUSE_S = 30, 0.01
_READERS = 2
_URL_PASSWORD = re.compile(r"(://[^:/@]*:)[^@/]*@")


class Database(Protocol):
    """Runs work in transactions. What the work raises comes out of the call."""

    async def write(self, work: Work[T]) -> T:
        """Run work in a transaction; returns after the commit, or raises and changes nothing."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run work that changes nothing."""
        ...

    async def aclose(self) -> None:
        """Let what runs end, then release the connections. Idempotent."""
        ...


def connect(url: str) -> Database:
    """The database at a URL, nothing opened yet. Raises ValueError for a URL that names none."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed)
    from agent.stores.server import ServerDatabase  # noqa: PLC0415 - slow to import

    return ServerDatabase(parsed)


@dataclass(frozen=True, slots=True)
class _Write:
    work: Work[Any]
    done: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Failed:
    error: Exception


class SqliteDatabase:
    """An SQLite file with a write-ahead log and ``synchronous=FULL``.

    What `write` returned from survives a crash of the machine. SQLite takes one writer at a time,
    so one thread writes; what waits for it meanwhile goes into its next transaction together and
    shares the one sync to disk (group commit), each under a savepoint of its own.
    """

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            raise ValueError(f"{url}: SQLite in memory loses its tables; use memory: instead")
        self._file = Path(url.database)
        self._engine: Engine = create_engine(url)
        event.listen(self._engine, "connect", _configure)
        self._writer = ThreadPoolExecutor(1, "sqlite-writer")
        self._readers = ThreadPoolExecutor(_READERS, "sqlite-reader")
        self._connection: Connection | None = None
        self._waiting: list[_Write] = []
        self._running: list[_Write] = []
        self._closed = False

    async def write(self, work: Work[T]) -> T:
        """See `Database.write`."""
        self._refuse_if_closed()
        write = _Write(work, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        if not self._running:
            self._start()
        return await write.done

    async def read(self, work: Work[T]) -> T:
        """See `Database.read`."""
        self._refuse_if_closed()
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def aclose(self) -> None:
        """See `Database.aclose`."""
        self._closed = True
        if pending := [write.done for write in (*self._running, *self._waiting)]:
            await asyncio.wait(pending)
        await asyncio.to_thread(self._release)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreUnavailable(f"{self._file} was closed")

    def _start(self) -> None:
        self._running, self._waiting = self._waiting, []
        loop = asyncio.get_running_loop()
        job = self._writer.submit(self._commit, [write.work for write in self._running])
        job.add_done_callback(lambda done: loop.call_soon_threadsafe(self._settle, done))

    def _settle(self, job: Job[list[Any]]) -> None:
        batch, self._running = self._running, []
        if self._waiting:
            self._start()
        error = job.exception()
        outcomes = [error] * len(batch) if error else job.result()
        for write, outcome in zip(batch, outcomes, strict=True):
            if write.done.done():
                continue  # whoever waited has been cancelled; what was written stands
            if isinstance(outcome, _Failed):
                write.done.set_exception(outcome.error)
            elif error:
                write.done.set_exception(error)
            else:
                write.done.set_result(outcome)

    def _commit(self, batch: Sequence[Work[Any]]) -> list[Any]:
        connection = self._writing_connection()
        driver: Any = connection.connection.dbapi_connection
        try:
            with connection.begin():
                driver.execute("BEGIN IMMEDIATE")
                if len(batch) == 1:
                    return [batch[0](connection)]
                return [_attempt(connection, driver, work) for work in batch]
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{self._file} refused a write: {error}") from error

    def _writing_connection(self) -> Connection:
        if self._connection is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = self._engine.connect()
        return self._connection

    def _read(self, work: Work[T]) -> T:
        with self._engine.connect() as connection:
            return work(connection)

    def _release(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()


def _attempt(connection: Connection, driver: Any, work: Work[Any]) -> Any:
    """One of several works of a transaction: its result, or `_Failed` with nothing changed."""
    driver.execute("SAVEPOINT attempt")
    try:
        return work(connection)
    except Exception as error:  # noqa: BLE001 - whoever waits for this work is told, nobody else
        driver.execute("ROLLBACK TO attempt")
        return _Failed(error)
    finally:
        driver.execute("RELEASE attempt")


def _configure(connection: Any, _record: object) -> None:
    # The driver's own idea of when a transaction begins comes too late: we say BEGIN ourselves.
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma).close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log, which waits for nobody by itself, whatever its busy time-out.

    So a process that opens a new file while another one does would fail.
    """
    until = monotonic() + _BUSY_S
    while True:
        try:
            return connection.execute(_WAL).close()
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or monotonic() > until:
                raise
        sleep(_PAUSE_S)


def _parse(url: str) -> URL:
    said = _URL_PASSWORD.sub(r"\1***@", url)
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            parsed = parsed.set(drivername="sqlite")
        elif "+" not in parsed.drivername:
            parsed = parsed.set(drivername=_ASYNC_DRIVERS[parsed.drivername])
        parsed.get_dialect().import_dbapi()
    except (ArgumentError, KeyError, NoSuchModuleError) as error:
        raise ValueError(
            f"{said!r} is no database URL; say memory:, sqlite:///FILE or postgresql://HOST/NAME"
        ) from error
    except ImportError as error:
        raise ValueError(f"{said!r} needs the package {error.name}, which is missing") from error
    return parsed
