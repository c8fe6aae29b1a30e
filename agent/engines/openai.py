"""Any OpenAI-compatible chat completions server as an engine.

The prompt goes as plain messages and the act comes back as plain text, the same as with the
embedded engine, so a model sees one format in training and everywhere it is served. The grammar
goes as vLLM's ``structured_outputs`` (the ``guidance`` backend takes Lark unchanged); a server
without it decodes freely, and clearance judges what comes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from agent.engines.base import Completion, Message, Sampling
from agent.json_values import is_object
from tools.errors import EngineRefused, EngineUnavailable

_KEPT = 4096
_BUSY = frozenset({408, 429})


class OpenAIEngine:
    """Speaks to `base_url` (ending in ``/v1``).

    `structured` says whether the server takes grammars. Messages are serialised once and the
    bytes kept, because re-encoding a long history at each call would cost more than the call.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        client: httpx.AsyncClient | None = None,
        api_key: str | None = None,
        structured: bool = True,
        timeout_s: float = 120.0,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._model = model
        self._client = client or httpx.AsyncClient(timeout=timeout_s)
        self._owns_client = client is None
        self._structured = structured
        self._headers = {"content-type": "application/json"}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"
        self._encoded: dict[Message, bytes] = {}

    @property
    def name(self) -> str:
        """The served model's name."""
        return self._model

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        """Decode one act. Raises `EngineUnavailable` or `EngineRefused`."""
        started = time.perf_counter()
        try:
            response = await self._client.post(
                self._url, content=self._body(prompt, grammar, sampling), headers=self._headers
            )
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"{self._url} does not answer: {error!r}") from error
        if response.is_error:
            down = response.status_code >= 500 or response.status_code in _BUSY
            kind = EngineUnavailable if down else EngineRefused
            raise kind(f"{self._url} answered {response.status_code}: {response.text[:500]}")
        return _completion(response, time.perf_counter() - started)

    async def aclose(self) -> None:
        """Close the connection pool if it is this engine's own."""
        if self._owns_client:
            await self._client.aclose()

    def _body(self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling) -> bytes:
        rest: dict[str, Any] = {
            "model": self._model,
            "temperature": sampling.temperature,
            "seed": sampling.seed,
            "max_tokens": sampling.max_tokens,
        }
        if grammar is not None and self._structured:
            rest["structured_outputs"] = {"grammar": grammar}
        messages = b",".join(map(self._message, prompt))
        return b'{"messages":[' + messages + b"]," + orjson.dumps(rest)[1:]

    def _message(self, message: Message) -> bytes:
        encoded = self._encoded.get(message)
        if encoded is None:
            if len(self._encoded) >= _KEPT:
                self._encoded.clear()
            # A tool message of the wire format answers a `tool_calls` entry, which plain text
            # acts do not have; chat templates of ours read observations under the role `tool`.
            encoded = orjson.dumps({"role": message.role, "content": message.content})
            self._encoded[message] = encoded
        return encoded


def _completion(response: httpx.Response, seconds: float) -> Completion:
    try:
        body = orjson.loads(response.content)
        text = body["choices"][0]["message"]["content"] or ""
    except (orjson.JSONDecodeError, LookupError, TypeError) as error:
        raise EngineRefused(f"no completion in the response: {error!r}") from error
    if not isinstance(text, str):
        raise EngineRefused("the content of the completion is no text")
    return Completion(
        text=text,
        prompt_tokens=_count(body, "usage", "prompt_tokens"),
        cached_tokens=_count(body, "usage", "prompt_tokens_details", "cached_tokens"),
        completion_tokens=_count(body, "usage", "completion_tokens"),
        seconds=seconds,
    )


def _count(body: Any, *path: str) -> int:
    """A number of tokens; 0 where a server does not tell it."""
    for name in path:
        body = body.get(name) if is_object(body) else None
    return body if isinstance(body, int) else 0
