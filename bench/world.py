"""The mock APIs as a benchmark sees them: two processes, a sandbox for each conversation."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tools.catalog import Catalog
from tools.executor import Api
from tools.openapi import fetch_openapi

NOW = "2026-11-22T09:00:00+00:00"
_APIS = ("flights", "hotels")
_ADDRESS = re.compile(r"http://[\w.:]+")


@dataclass(frozen=True, slots=True)
class World:
    """Both APIs running, and the tools that their documents make."""

    apis: dict[str, Api]
    catalog: Catalog
    client: httpx.AsyncClient

    async def sandbox(self, name: str, seed: int, faults: dict[str, Any] | None = None) -> None:
        """A fresh sandbox of this name on both APIs, its clock standing at `NOW`."""
        body: dict[str, Any] = {"id": name, "seed": seed, "now": NOW}
        if faults:
            body["faults"] = faults
        for api in self.apis.values():
            response = await self.client.post(f"{api.base_url}/sandboxes", json=body)
            response.raise_for_status()

    async def orders(self, sandbox: str) -> list[dict[str, Any]]:
        """Every flight order of a sandbox."""
        return await self._all("flights", "/orders", sandbox)

    async def bookings(self, sandbox: str) -> list[dict[str, Any]]:
        """Every hotel booking of a sandbox."""
        return await self._all("hotels", "/bookings", sandbox)

    async def _all(self, api: str, path: str, sandbox: str) -> list[dict[str, Any]]:
        response = await self.client.get(
            f"{self.apis[api].base_url}{path}", headers={"X-Sandbox": sandbox}
        )
        response.raise_for_status()
        return response.json()["data"]


@asynccontextmanager
async def world() -> AsyncGenerator[World]:
    """Start both APIs on free ports; stop them at the end."""
    processes = [_start(name) for name in _APIS]
    try:
        async with httpx.AsyncClient(timeout=30) as client:
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
    command = [sys.executable, "-m", f"tools.mock.{api}", "--port", "0", "--now", NOW]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own


async def _url(process: subprocess.Popen[str]) -> str:
    """The address that an API prints once it listens."""
    assert process.stdout is not None
    line = await asyncio.to_thread(process.stdout.readline)
    found = _ADDRESS.search(line)
    if found is None:
        raise RuntimeError(f"a mock API did not start: {line!r}")
    return found.group()


async def _healthy(client: httpx.AsyncClient, url: str) -> None:
    response = await client.get(f"{url}/healthz")
    response.raise_for_status()
