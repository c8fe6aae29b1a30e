"""Sandboxes: isolated worlds, each with a seed, a clock that stands still, and its faults."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    FromClause,
    Insert,
    String,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from tools.mock.core.database import Base, InSandbox
from tools.mock.core.faults import Fault, Faults
from tools.mock.core.problems import Problem

DEFAULT = "default"


class SandboxRow(Base):
    """A sandbox. `calls` counts the calls of each operation while rates are set."""

    __tablename__ = "sandbox"

    id: Mapped[str] = mapped_column(primary_key=True)
    seed: Mapped[int] = mapped_column(BigInteger)
    now: Mapped[datetime]
    faults: Mapped[dict[str, Any]] = mapped_column(JSON)
    calls: Mapped[dict[str, int]] = mapped_column(JSON)

    @property
    def undisturbed(self) -> bool:
        """Whether nothing can go wrong in it."""
        return not any(self.faults.values())


@dataclass(frozen=True, slots=True)
class World:
    """What an operation works on: one sandbox inside one transaction.

    `now` is in UTC. `fault` is the domain fault that this call shall meet.
    """

    session: AsyncSession
    sandbox_id: str
    seed: int
    now: datetime
    fault: Fault | None = None
    idempotency_key: str | None = None


async def find(session: AsyncSession, sandbox_id: str) -> SandboxRow:
    """The sandbox, or the `not_found` problem."""
    row = await session.get(SandboxRow, sandbox_id)
    if row is None:
        detail = f"There is no sandbox {sandbox_id!r}. Create it with POST /sandboxes."
        raise Problem("not_found", detail)
    return row


async def create(
    session: AsyncSession,
    sandbox_id: str,
    *,
    seed: int,
    now: datetime,
    faults: Faults,
    limit: int,
) -> SandboxRow:
    """A new, untouched world; at most `limit` sandboxes are kept."""
    await _refuse_if_taken(session, sandbox_id, limit)
    row = SandboxRow(
        id=sandbox_id,
        seed=seed,
        now=now.astimezone(UTC),
        faults=faults.model_dump(mode="json"),
        calls={},
    )
    session.add(row)
    await session.flush()
    return row


async def fork(session: AsyncSession, source_id: str, sandbox_id: str, limit: int) -> SandboxRow:
    """A copy of a world as it stands: one ``INSERT … SELECT`` for each table."""
    source = await find(session, source_id)
    await _refuse_if_taken(session, sandbox_id, limit)
    copy = SandboxRow(
        id=sandbox_id, seed=source.seed, now=source.now, faults=source.faults, calls=source.calls
    )
    session.add(copy)
    await session.flush()
    ids = {"source": source_id, "copy": sandbox_id}
    connection = await session.connection()
    for statement in _copies():
        await connection.execute(statement, ids)
    return copy


@cache
def _copies() -> tuple[Insert, ...]:
    """What copies the rows of a sandbox, one statement for each table: compiled once."""
    return tuple(
        _copy(mapper.local_table)
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, InSandbox)
    )


def _copy(table: FromClause) -> Insert:
    others = [column for column in table.columns if column.name != "sandbox_id"]
    rows = select(bindparam("copy", type_=String()), *others).where(
        table.c.sandbox_id == bindparam("source")
    )
    names = ["sandbox_id", *(column.name for column in others)]
    return insert(table).from_select(names, rows)  # type: ignore[arg-type]


async def ensure_default(session: AsyncSession, seed: int, now: datetime) -> None:
    """The default sandbox, with what a file kept of it; its clock shows the start time."""
    row = await session.get(SandboxRow, DEFAULT)
    if row is None:
        no_faults = Faults(once=[], rates={})
        await create(session, DEFAULT, seed=seed, now=now, faults=no_faults, limit=1)
    else:
        row.now = now


def take_fault(row: SandboxRow, operation: str, possible: Set[Fault]) -> Fault | None:
    """The fault that a call meets in a sandbox: the script goes before the rates."""
    faults = Faults.model_validate(row.faults)
    if faults.rates:
        row.calls = {**row.calls, operation: row.calls.get(operation, 0) + 1}
    fault, rest = faults.take(operation, possible)
    if fault is not None:
        row.faults = rest.model_dump(mode="json")
        return fault
    return faults.drawn(row.seed, operation, row.calls.get(operation, 0), possible)


async def _refuse_if_taken(session: AsyncSession, sandbox_id: str, limit: int) -> None:
    if await session.get(SandboxRow, sandbox_id) is not None:
        raise Problem("sandbox_exists", f"There is a sandbox {sandbox_id!r} already.")
    kept = await session.scalar(select(func.count()).select_from(SandboxRow))
    if kept is not None and kept >= limit:
        raise Problem("quota_exceeded", f"{kept} sandboxes are kept; delete some first.")
