"""HTTP to one model of one OpenAI-compatible server."""

from __future__ import annotations

from typing import Any

import httpx
import orjson

from tools.errors import EngineRefused, EngineUnavailable

_BUSY = frozenset({408, 429})
_SHOWN = 500


class Connection:
    """Posts JSON under `base_url` (ending in ``/v1``) and beside it."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        client: httpx.AsyncClient | None = None,
        api_key: str | None = None,
        timeout_s: float = 120.0,
    ) -> None:
        self.url = base_url.rstrip("/")
        self.model = model
        self._client = client or httpx.AsyncClient(timeout=timeout_s)
        self._owns_client = client is None
        self._headers = {"content-type": "application/json"}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"

    @property
    def root(self) -> str:
        """Where vLLM's own endpoints are: the address without its ``/v1``."""
        return self.url.removesuffix("/v1")

    async def post(self, url: str, body: bytes) -> Any:
        """The JSON that it answers. Raises `EngineUnavailable` or `EngineRefused`."""
        return self._read(await self._send("POST", url, body))

    async def ask(self, url: str, body: bytes | None = None) -> Any:
        """The JSON that it answers, None where there is no such endpoint.

        A GET without `body`. Raises `EngineUnavailable` or `EngineRefused`.
        """
        response = await self._send("GET" if body is None else "POST", url, body)
        if response.status_code in {404, 405, 501}:
            return None
        return self._read(response)

    async def aclose(self) -> None:
        """Close the connection pool if it is this connection's own."""
        if self._owns_client:
            await self._client.aclose()

    async def _send(self, method: str, url: str, body: bytes | None) -> httpx.Response:
        try:
            return await self._client.request(method, url, content=body, headers=self._headers)
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"{url} does not answer: {error!r}") from error

    def _read(self, response: httpx.Response) -> Any:
        if response.is_error:
            down = response.status_code >= 500 or response.status_code in _BUSY
            kind = EngineUnavailable if down else EngineRefused
            said = " ".join(response.text.split())[:_SHOWN]
            raise kind(f"{response.request.url} answered {response.status_code}: {said}")
        try:
            return orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            raise EngineRefused(f"{response.request.url} answered no JSON: {error}") from error
