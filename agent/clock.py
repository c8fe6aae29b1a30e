"""What time it is for a conversation: a sandbox stands still, the real world does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote

import httpx

from tools.errors import CallsignError, SandboxNotFound


class Clock(Protocol):
    """Tells the time of a world."""

    async def now(self, sandbox: str) -> datetime:
        """The aware time in a sandbox. Raises `tools.errors.SandboxNotFound`."""
        ...


class SystemClock:
    """Real time, the same in every sandbox: for APIs that have none."""

    async def now(self, sandbox: str) -> datetime:
        """The current time in UTC."""
        return datetime.now(UTC)


class SandboxClock:
    """The clock of a mock API's sandbox, asked for at each message because it can be moved."""

    def __init__(self, base_url: str, client: httpx.AsyncClient) -> None:
        self._base_url = base_url.rstrip("/")
        self._client = client

    async def now(self, sandbox: str) -> datetime:
        """The sandbox's `now`. Raises `SandboxNotFound`, or `CallsignError` when it cannot tell."""
        try:
            url = f"{self._base_url}/sandboxes/{quote(sandbox, safe='')}"
            response = await self._client.get(url)
        except httpx.HTTPError as error:
            raise CallsignError(f"{self._base_url} does not tell its clock: {error}") from error
        if response.status_code == 404:
            raise SandboxNotFound(f"there is no sandbox {sandbox!r}; create it on both APIs first")
        if response.is_error:
            raise CallsignError(f"{self._base_url} answered {response.status_code} for its clock")
        try:
            now = datetime.fromisoformat(response.json()["now"])
        except (ValueError, LookupError, TypeError) as error:
            raise CallsignError(f"{self._base_url} answered no time: {error!r}") from error
        if now.tzinfo is None:
            raise CallsignError(f"{self._base_url} answered a time without its offset: {now}")
        return now
