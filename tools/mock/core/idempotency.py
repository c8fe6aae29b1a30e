"""Idempotent writes: a repeated request with the same key answers what the first one answered.

The answer is stored in the transaction of the write itself, so there is never one without the
other. Refusals are not stored: after ``price_changed`` the same key may be tried again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from contextlib import contextmanager

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.orm import Mapped, mapped_column

from tools.mock.core.database import Base, InSandbox
from tools.mock.core.problems import Problem, invalid
from tools.mock.core.sandboxes import World

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class StoredAnswer(InSandbox, Base):
    """What the first request with a key was, and what it was answered."""

    __tablename__ = "stored_answer"

    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int]
    body: Mapped[bytes]


class InFlight:
    """The keys whose first request still runs, by sandbox."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()

    @contextmanager
    def hold(self, sandbox_id: str, key: str | None) -> Generator[None]:
        """Keep other requests with the key out while this one runs."""
        if key is None:
            yield
            return
        if (sandbox_id, key) in self._keys:
            raise Problem(
                "idempotency_key_in_flight", "A request with this key is being worked on."
            )
        self._keys.add((sandbox_id, key))
        try:
            yield
        finally:
            self._keys.discard((sandbox_id, key))


def key_of(request: Request, *, required: bool) -> str | None:
    """The request's key, None where it is not needed and absent."""
    key = request.headers.get(HEADER)
    if key is None:
        if required:
            detail = f"Send {HEADER} with a value of your own, the same when you try again."
            raise Problem("idempotency_key_missing", detail)
        return None
    if not _KEY.fullmatch(key):
        raise invalid(f"/{HEADER}", "1 to 255 visible ASCII characters")
    return key


def fingerprint(request: Request, body: bytes) -> bytes:
    """What tells one request from another: method, path and body."""
    head = f"{request.method} {request.url.path}\n".encode()
    return hashlib.blake2b(head + body, digest_size=16).digest()


async def replay(world: World, print_: bytes) -> Response | None:
    """The stored answer of the world's key, None when it is new."""
    if world.idempotency_key is None:
        return None
    stored = await world.session.get(
        StoredAnswer, {"sandbox_id": world.sandbox_id, "key": world.idempotency_key}
    )
    if stored is None:
        return None
    if stored.fingerprint != print_:
        raise Problem(
            "idempotency_key_conflict", "This key came with another request; use a new one."
        )
    return Response(
        stored.body, stored.status, {"Idempotency-Replayed": "true"}, "application/json"
    )


def store(world: World, print_: bytes, response: Response) -> None:
    """Keep a good answer for the world's key."""
    if world.idempotency_key is not None and response.status_code < 300:
        answer = StoredAnswer(
            sandbox_id=world.sandbox_id,
            key=world.idempotency_key,
            fingerprint=print_,
            status=response.status_code,
            body=bytes(response.body),
        )
        world.session.add(answer)
