"""Prompts as a server takes them: token ids where it can, messages where it must.

What a user or a hotel review writes must never become a control token, or it could end its own
message and begin another as the system. A server that tokenises for us (vLLM's ``/tokenize``)
gives the ids of each piece of text, and only we put control tokens between them; such a prompt
needs no chat template of the server either. Any other server gets messages, in which text that
looks like a control token is broken by a character that nobody sees.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import orjson

from agent.engines import chatml
from agent.engines.base import Message
from agent.engines.openai.connection import Connection
from agent.json_values import is_array, is_object
from tools.errors import EngineRefused

T = TypeVar("T")

KEPT = 4096
"""Messages whose bytes are kept: encoding a long history at each call would cost more than it."""

_CUT = re.compile(r"(?<=<)")
"""Special tokens begin with ``<``; a text that is cut after each holds none."""

_BREAK = "\u200b"
_LOOKS_SPECIAL = re.compile(r"<(?=\|)")


@dataclass(frozen=True, slots=True)
class Written:
    """A prompt as JSON: the request's field that holds it, and its tokens where they are known."""

    field: bytes
    tokens: int | None = None


class Prompts(Protocol):
    """How prompts are written for one server."""

    @property
    def path(self) -> str:
        """The endpoint under the server's address."""
        ...

    async def write(self, prompt: Sequence[Message]) -> Written:
        """The prompt for a request. Raises `EngineError`."""
        ...

    def stops(self) -> dict[str, Any]:
        """Further fields, that end an act where its message ends."""
        ...


class MessagePrompts:
    """Plain messages for ``/chat/completions``; the server applies its chat template."""

    path = "/chat/completions"

    def __init__(self) -> None:
        self._encoded: dict[Message, bytes] = {}

    async def write(self, prompt: Sequence[Message]) -> Written:
        """See `Prompts.write`."""
        return Written(b'"messages":[' + b",".join(map(self._message, prompt)) + b"]")

    def stops(self) -> dict[str, Any]:
        """None: a chat ends where its template says."""
        return {}

    def _message(self, message: Message) -> bytes:
        encoded = self._encoded.get(message)
        if encoded is None:
            # A tool message of the wire format answers a `tool_calls` entry, which plain text
            # acts do not have; chat templates of ours read observations under the role `tool`.
            content = _LOOKS_SPECIAL.sub(f"<{_BREAK}", message.content)
            encoded = orjson.dumps({"role": message.role, "content": content})
            _keep(self._encoded, message, encoded)
        return encoded


@dataclass(frozen=True, slots=True)
class _Ids:
    """Token ids as they stand in a JSON list, and how many they are."""

    listed: bytes
    count: int


class TokenPrompts:
    """Token ids for ``/completions``, the same that the embedded engine feeds a model."""

    path = "/completions"

    def __init__(self, tokens: RemoteTokenizer, start: int, end: int) -> None:
        self._tokens = tokens
        self._start, self._end = start, end
        self._encoded: dict[Message, _Ids] = {}
        self._opening: _Ids | None = None

    @classmethod
    async def connect(cls, connection: Connection) -> TokenPrompts | None:
        """None where the server does not tokenise for us, or knows no ChatML.

        Raises `EngineUnavailable`.
        """
        tokens = RemoteTokenizer(connection)
        found = [await tokens.try_ids(control.text) for control in (chatml.START, chatml.END)]
        match found:
            case [[int(start)], [int(end)]]:
                return cls(tokens, start, end)
            case _:
                return None

    async def write(self, prompt: Sequence[Message]) -> Written:
        """See `Prompts.write`."""
        if self._opening is None:
            self._opening = _ids([self._start, *await self._text("assistant\n")])
        # Taken before anything is waited for: what is kept may be cleared meanwhile.
        pieces = {message: self._encoded.get(message) for message in prompt}
        new = [message for message, ids in pieces.items() if ids is None]
        for message, ids in zip(new, await asyncio.gather(*map(self._message, new)), strict=True):
            pieces[message] = ids
            _keep(self._encoded, message, ids)
        found = [ids for message in prompt if (ids := pieces[message])]
        listed = b",".join([*(ids.listed for ids in found), self._opening.listed])
        tokens = sum(ids.count for ids in found) + self._opening.count
        return Written(b'"prompt":[' + listed + b"]", tokens)

    def stops(self) -> dict[str, Any]:
        """Whatever the base took for its end before, a message's end ends an act."""
        return {"stop_token_ids": [self._end], "add_special_tokens": False}

    async def _message(self, message: Message) -> _Ids:
        ids: list[int] = []
        for piece in chatml.segments([message], generation_prompt=False):
            if isinstance(piece, chatml.Control):
                ids.append(self._start if piece == chatml.START else self._end)
            else:
                ids += await self._text(piece)
        return _ids(ids)

    async def _text(self, text: str) -> list[int]:
        parts = await asyncio.gather(*map(self._tokens.ids, filter(None, _CUT.split(text))))
        ids = [token for part in parts for token in part]
        if self._start in ids or self._end in ids:
            raise EngineRefused("the server made a control token of text; it cannot be used safely")
        return ids


class RemoteTokenizer:
    """vLLM's ``/tokenize``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._url = f"{connection.root}/tokenize"

    async def ids(self, text: str) -> list[int]:
        """Token ids of a text. Raises `EngineUnavailable` or `EngineRefused`."""
        found = await self.try_ids(text)
        if found is None:
            raise EngineRefused(f"{self._url} gave no tokens")
        return found

    async def try_ids(self, text: str) -> list[int] | None:
        """The same, None where the server has no such endpoint or another one."""
        fields = {"model": self._connection.model, "prompt": text, "add_special_tokens": False}
        try:
            body = await self._connection.ask(self._url, orjson.dumps(fields))
        except EngineRefused:
            return None
        ids = body.get("tokens") if is_object(body) else None
        return ids if is_array(ids) and all(isinstance(one, int) for one in ids) else None


def _ids(ids: Sequence[int]) -> _Ids:
    return _Ids(orjson.dumps(ids)[1:-1], len(ids))


def _keep(kept: dict[Message, T], message: Message, encoded: T) -> None:
    if len(kept) >= KEPT:
        kept.clear()
    kept[message] = encoded
