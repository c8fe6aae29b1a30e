"""The practice APIs as scenarios see them: two processes, a sandbox for each conversation."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from tools.catalog import Catalog
from tools.errors import CallsignError
from tools.executor import Api, ExecutorOptions
from tools.openapi import fetch_openapi
from training.loopback import Loopback

NOW = "2026-11-22T09:00:00+00:00"
"""Where the clock of every sandbox stands."""
_APIS = ("flights", "hotels")
_ADDRESS = re.compile(r"http://[\w.:]+")
_PAGE = 20
_STARTS_WITHIN_S = 300.0
_PATIENCE_S = 120.0
PATIENT = ExecutorOptions(timeout=httpx.Timeout(_PATIENCE_S), deadline_s=_PATIENCE_S)
"""Servers of our own answer in the end, however busy the machine is; a time-out would be a record
of how busy it was, and no two builds the same."""
_KEPT_S = 2.0
"""Idle connections are let go well before the APIs let go of them (5 s), or a request could leave
on one that is just being closed."""
# What the fault `slow` waits: long enough to be waited for, short enough for hundreds of tasks.
_SLOW_S = "0.2"


@dataclass(frozen=True, slots=True)
class World:
    """Both APIs running, and the tools that their documents make."""

    apis: Mapping[str, Api]
    catalog: Catalog
    client: httpx.AsyncClient

    async def now(self, sandbox: str) -> datetime:
        """The time in a sandbox, without asking: it stands at `NOW` (an `agent.clock.Clock`)."""
        return datetime.fromisoformat(NOW)

    @asynccontextmanager
    async def sandbox(self, seed: int) -> AsyncGenerator[str]:
        """A fresh sandbox on both APIs, by its name, which no other has. Deleted at the end."""
        name = uuid.uuid4().hex
        try:
            for api in self.apis.values():
                body = {"id": name, "seed": seed, "now": NOW}
                await self._send("POST", f"{api.base_url}/sandboxes", json=body)
            yield name
        finally:
            for api in self.apis.values():
                await self.client.delete(f"{api.base_url}/sandboxes/{name}")

    async def disturb(self, sandbox: str, faults: Mapping[str, Any]) -> None:
        """Let calls of a sandbox fail from now on: ``{"once": […], "rates": {…}}``."""
        for api in self.apis.values():
            url = f"{api.base_url}/sandboxes/{sandbox}"
            await self._send("PATCH", url, json={"faults": faults})

    async def orders(self, sandbox: str) -> list[dict[str, Any]]:
        """Every flight order of a sandbox, the newest first."""
        return await self._all("flights", "/orders", sandbox)

    async def bookings(self, sandbox: str) -> list[dict[str, Any]]:
        """Every hotel booking of a sandbox, the newest first."""
        return await self._all("hotels", "/bookings", sandbox)

    async def _all(self, api: str, path: str, sandbox: str) -> list[dict[str, Any]]:
        url, found = f"{self.apis[api].base_url}{path}", list[dict[str, Any]]()
        page: dict[str, Any] = {"limit": _PAGE}
        while True:
            response = await self._send("GET", url, params=page, headers={"X-Sandbox": sandbox})
            found += response.json()["data"]
            cursor = response.json()["meta"]["next_cursor"]
            if cursor is None:
                return found
            page["cursor"] = cursor

    async def _send(self, method: str, url: str, **request: Any) -> httpx.Response:
        response = await self.client.request(method, url, **request)
        response.raise_for_status()
        return response


@asynccontextmanager
async def world() -> AsyncGenerator[World]:
    """Start both APIs on free ports; stop them at the end.

    Raises `tools.errors.CallsignError` when one does not start.
    """
    processes = [_start(name) for name in _APIS]
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_S, transport=Loopback(_KEPT_S)) as client:
            urls = {name: await _url(p) for name, p in zip(_APIS, processes, strict=True)}
            for url in urls.values():
                await _healthy(client, url)
            read = [
                await fetch_openapi(f"{url}/openapi.json", api=name, client=client)
                for name, url in urls.items()
            ]
            tools = [tool for reading in read for tool in reading.tools]
            yield World({name: Api(url) for name, url in urls.items()}, Catalog(tools), client)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.communicate()


def _start(api: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tools.leash", f"tools.mock.{api}"]
    command += ["--port", "0", "--now", NOW, "--slow-seconds", _SLOW_S]
    # Ends with us however we end, by its standard input; and a session of its own keeps Ctrl-C
    # from it, so that no conversation still under way sees an API go.
    return subprocess.Popen(  # noqa: S603 - our own modules
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


async def _url(process: subprocess.Popen[str]) -> str:
    """The address that an API prints once it listens."""
    assert process.stdout is not None
    line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), _STARTS_WITHIN_S)
    found = _ADDRESS.search(line)
    if found is None:
        raise CallsignError(f"a practice API did not start; it said {line!r}, see above why")
    return found.group()


async def _healthy(client: httpx.AsyncClient, url: str) -> None:
    response = await client.get(f"{url}/healthz")
    response.raise_for_status()
