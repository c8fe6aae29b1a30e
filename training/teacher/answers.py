"""Answers on disk: a rerun asks nothing twice, and what was paid stays known.

SQLite in write-ahead mode, so that all processes of a build share one file. Two that ask the same
at the same time both pay, and both go on with the answer that was kept first.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiosqlite

from tools.errors import DataError
from training.teacher.bill import Usage

_WAITS_S = 60.0
_TABLES = """
CREATE TABLE answers (
    key TEXT PRIMARY KEY, text TEXT NOT NULL, refusal TEXT NOT NULL, ended TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE paid (
    number INTEGER PRIMARY KEY, model TEXT NOT NULL, prompt INTEGER, completion INTEGER
);
"""
_SUM = """
SELECT count(*), coalesce(sum(prompt), 0), coalesce(sum(completion), 0),
    count(*) - count(prompt) FROM paid WHERE number > ? AND (? = '' OR model = ?)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the teacher wrote. `refusal` is set where it declined in the protocol's own field;
    `ended` is the finish reason. Tokens are None where the server told none."""

    text: str
    refusal: str = ""
    ended: str = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Answers:
    """An open file of answers. `open_answers` makes one."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._writing = asyncio.Lock()

    async def get(self, key: str) -> Answer | None:
        """The answer kept under a key; its tokens are left out, for they are paid already."""
        found = await self._row("SELECT text, refusal, ended FROM answers WHERE key = ?", key)
        return Answer(*found) if found else None

    async def keep(self, key: str, model: str, answer: Answer) -> Answer:
        """Keep an answer and note its price; the one to go on with, which came first."""
        run = self._connection.execute
        async with self._writing:
            await run("BEGIN IMMEDIATE")
            await run(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?)",
                (key, answer.text, answer.refusal, answer.ended),
            )
            await run(
                "INSERT INTO paid (model, prompt, completion) VALUES (?, ?, ?)",
                (model, answer.prompt_tokens, answer.completion_tokens),
            )
            await self._connection.commit()
        return await self.get(key) or answer

    async def paid(self, since: int = 0, model: str = "") -> Usage:
        """What was paid after a `mark`, for one model or all."""
        found = await self._row(_SUM, since, model, model)
        return Usage(*found) if found else Usage()

    async def mark(self) -> int:
        """The number of the newest payment: what comes after it belongs to a later run."""
        found = await self._row("SELECT coalesce(max(number), 0) FROM paid")
        return int(found[0]) if found else 0

    async def _row(self, query: str, *values: object) -> sqlite3.Row | None:
        # In one go: a read left open would keep the transaction after it from writing.
        return next(iter(await self._connection.execute_fetchall(query, values)), None)


@asynccontextmanager
async def open_answers(path: Path) -> AsyncGenerator[Answers]:
    """Open a file of answers, made where there is none.

    Raises `DataError` where it cannot be opened, is no such file, or fails while it is used.
    """
    try:
        await asyncio.to_thread(_create, path)
    except OSError as error:
        raise DataError(f"no file for the teacher's answers: {error}") from error
    try:
        # Transactions are begun by hand: a reader that turns writer would fail instead of waiting.
        async with aiosqlite.connect(path, timeout=_WAITS_S, isolation_level=None) as connection:
            await connection.execute("PRAGMA synchronous = NORMAL")
            answers = Answers(connection)
            await answers.mark()
            yield answers
    except sqlite3.Error as error:
        raise DataError(f"the teacher's answers in {path}: {error}") from error


def _create(path: Path) -> None:
    """Make an empty file at once, if there is none: of several processes, one makes it."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent) as folder:
        fresh = Path(folder, "fresh.sqlite")
        with closing(sqlite3.connect(fresh)) as connection:
            # Kept in the file. To switch it on would fail, not wait, while others use the file.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
