"""Any OpenAI-compatible server as an engine.

The act comes back as plain text, the same as with the embedded engine, so a model sees one format
in training and everywhere it is served. The grammar goes as vLLM's ``structured_outputs`` (the
``guidance`` backend takes Lark unchanged).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from agent.engines.base import Completion, Message, Sampling
from agent.engines.openai.connection import Connection
from agent.engines.openai.handshake import check_grammars, check_model
from agent.engines.openai.prompts import MessagePrompts, Prompts, TokenPrompts, Written
from agent.json_values import is_object
from tools.errors import EngineError, EngineRefused


class OpenAIEngine:
    """Speaks to `base_url` (ending in ``/v1``); see `connect` for what it finds out first.

    Without `connect` prompts go as messages and grammars are sent on trust.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        client: httpx.AsyncClient | None = None,
        api_key: str | None = None,
        timeout_s: float = 120.0,
    ) -> None:
        self._connection = Connection(
            base_url, model, client=client, api_key=api_key, timeout_s=timeout_s
        )
        self._prompts: Prompts = MessagePrompts()
        self._limit: int | None = None

    async def connect(self, *, grammars: bool) -> None:
        """See that the server has the model, how it takes prompts, and that it holds to grammars.

        A server that tokenises for us gets token ids, in which no text can become a control
        token. With `grammars` it is made to say what only a grammar can make it say. Raises
        `EngineUnavailable` where it does not answer yet, `EngineRefused` where it will never do.
        """
        self._limit = await check_model(self._connection)
        self._prompts = await TokenPrompts.connect(self._connection) or self._prompts
        if grammars:
            await check_grammars(self)

    @property
    def name(self) -> str:
        """The served model's name."""
        return self._connection.model

    @property
    def url(self) -> str:
        """The server's address."""
        return self._connection.url

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        """Decode one act.

        Raises `EngineUnavailable` or `EngineRefused`, `EngineError` for a prompt that does not fit.
        """
        started = time.perf_counter()
        body = await self._body(prompt, grammar, sampling)
        answer = await self._connection.post(f"{self.url}{self._prompts.path}", body)
        return _completion(answer, time.perf_counter() - started)

    async def aclose(self) -> None:
        """Close the connection pool if it is this engine's own."""
        await self._connection.aclose()

    async def _body(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> bytes:
        written = await self._prompts.write(prompt)
        rest: dict[str, Any] = {
            "model": self.name,
            "temperature": sampling.temperature,
            "seed": sampling.seed,
            "max_tokens": min(sampling.max_tokens, self._room(written)),
        } | self._prompts.stops()
        if grammar is not None:
            rest["structured_outputs"] = {"grammar": grammar}
        return b"{" + written.field + b"," + orjson.dumps(rest)[1:]

    def _room(self, written: Written) -> int:
        """How many tokens an act may have after this prompt."""
        if self._limit is None or written.tokens is None:
            return sys.maxsize
        if written.tokens >= self._limit:
            raise EngineError(
                f"the prompt has {written.tokens} tokens; {self.name} takes {self._limit}"
            )
        return self._limit - written.tokens


def _completion(body: Any, seconds: float) -> Completion:
    try:
        choice = body["choices"][0]
        text = (choice["text"] if "text" in choice else choice["message"]["content"]) or ""
    except (LookupError, TypeError) as error:
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
