"""What only a database promises: durability, migrations, and errors that say what is wrong."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from types import NoneType

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine

from agent.events import ConversationStarted, UserMessage
from agent.stores import MemoryStore, SqlStore, open_store
from agent.stores.tables import metadata
from tools.errors import ConcurrentTurn, ConversationNotFound, StoreUnavailable

STARTED = ConversationStarted(sandbox="default", created_at="2027-03-01T12:00:00Z")


async def test_a_store_opened_again_holds_what_was_appended(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a/b/callsign.db"
    first = await open_store(url)
    await first.append("a", 0, [STARTED])
    await first.aclose()
    second = await open_store(url)
    assert list(await second.load("a")) == [STARTED]
    await second.aclose()


async def test_two_processes_may_open_and_write_one_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/callsign.db"
    one, two = await asyncio.gather(open_store(url), open_store(url))
    appends = [
        store.append(f"{n}{id(store)}", 0, [STARTED]) for n in range(5) for store in (one, two)
    ]
    await asyncio.gather(*appends)
    rows, _ = await two.conversations(100, None)
    assert len(rows) == 10
    await one.aclose()
    await two.aclose()


async def test_a_file_that_another_process_is_setting_up_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(tmp_path / "callsign.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE theirs (x)")
    waits: list[float] = []

    def commit_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        other.execute("COMMIT")

    monkeypatch.setattr("agent.stores.databases.sleep", commit_meanwhile)
    store = await SqlStore.open(f"sqlite:///{tmp_path}/callsign.db")
    assert len(waits) == 1
    await store.aclose()
    other.close()


async def test_sqlite_is_set_to_survive_a_power_cut(tmp_path: Path) -> None:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/callsign.db")

    def settings(connection: Connection) -> list[object]:
        pragmas = ("journal_mode", "synchronous")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas]

    assert await store._database.write(settings) == ["wal", 2]
    await store.aclose()


async def test_a_failed_append_takes_nothing_with_it_from_the_same_commit(tmp_path: Path) -> None:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/callsign.db")
    # The first goes alone; the others wait for it and are committed together.
    appends = [store.append(name, position, [STARTED, STARTED]) for name, position in
               (("a", 0), ("b", 0), ("b", 0), ("nobody", 3), ("c", 0))]  # fmt: skip
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [
        NoneType, NoneType, ConcurrentTurn, ConversationNotFound, NoneType,
    ]  # fmt: skip
    assert [len(await store.load(name)) for name in "abc"] == [2, 2, 2]
    await store.aclose()


async def test_what_cannot_be_written_down_fails_alone(tmp_path: Path) -> None:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/callsign.db")
    half = UserMessage("half a character: \ud800", "2026-11-22T09:00:00+00:00", "en")
    appends = [store.append(name, 0, events) for name, events in
               (("a", [STARTED]), ("b", [STARTED, half]), ("c", [STARTED]))]  # fmt: skip
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, True, False]
    assert [len(await store.load(name)) for name in "ac"] == [1, 1]
    await store.aclose()


async def test_whatever_work_raises_concerns_nobody_else(tmp_path: Path) -> None:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/callsign.db")

    def broken(_: Connection) -> None:
        raise ZeroDivisionError

    work = [store.append("a", 0, [STARTED]), store._database.write(broken),
            store.append("b", 0, [STARTED])]  # fmt: skip
    outcomes = await asyncio.gather(store.append("first", 0, [STARTED]), *work,
                                    return_exceptions=True)  # fmt: skip
    assert [type(outcome) for outcome in outcomes] == [
        NoneType, NoneType, ZeroDivisionError, NoneType,
    ]  # fmt: skip
    await store.aclose()


async def test_an_append_whose_caller_was_cancelled_is_whole_or_absent(tmp_path: Path) -> None:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/callsign.db")
    await store.append("a", 0, [STARTED])
    appending = asyncio.create_task(store.append("a", 1, [STARTED, STARTED]))
    await asyncio.sleep(0)
    appending.cancel()
    await store.append("b", 0, [STARTED])
    assert len(await store.load("a")) in {1, 3}
    await store.aclose()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = await SqlStore.open(f"sqlite:///{tmp_path}/callsign.db")
    await store.aclose()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.append("a", 0, [STARTED])
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.load("a")


async def test_the_migrations_make_exactly_the_declared_tables(tmp_path: Path) -> None:
    await (await SqlStore.open(f"sqlite:///{tmp_path}/callsign.db")).aclose()

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    engine = create_engine(f"sqlite:///{tmp_path}/callsign.db")
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


async def test_the_migrations_make_the_same_tables_in_postgresql(postgres_url: str) -> None:
    store = await SqlStore.open(postgres_url)

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert await store._database.read(differences) == []
    await store.aclose()


async def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "callsign.db"
    await (await SqlStore.open(f"sqlite:///{path}")).aclose()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreUnavailable, match="9999"):
        await SqlStore.open(f"sqlite:///{path}")


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("dear diary, " * 200)
    with pytest.raises(StoreUnavailable, match="not a database"):
        await SqlStore.open(f"sqlite:///{tmp_path}/notes.txt")


@pytest.mark.parametrize("url", ["", "nonsense", "oracle://x/y", "sqlite://", "sqlite:///:memory:"])
async def test_a_url_that_cannot_be_kept_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="memory:"):
        await open_store(url)


@pytest.mark.parametrize("url", ["mysql://cs:hunter2@db/x", "postgresql+nope://cs:hunter2@db/x"])
async def test_a_refusal_keeps_the_password_to_itself(url: str) -> None:
    with pytest.raises(ValueError, match=r"cs:\*\*\*@db") as refused:
        await open_store(url)
    assert "hunter2" not in str(refused.value)


async def test_memory_is_a_choice() -> None:
    assert isinstance(await open_store("memory:"), MemoryStore)


async def test_a_lost_database_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "callsign.db"
    store = await SqlStore.open(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE events")
    connection.close()
    with pytest.raises(StoreUnavailable, match="no such table"):
        await store.load("a")
    with pytest.raises(StoreUnavailable, match="no such table"):
        await store.append("a", 0, [STARTED])
    await store.aclose()
