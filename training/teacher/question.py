"""What a teacher is asked, and the key under which its answer is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import orjson

from agent.engines.base import Message

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `schema` (JSON Schema, draft 2020-12) is that of the object that answers it.

    It should be one that strict structured outputs take: every property required, no others
    allowed. `name` names it on the wire. `seed` goes along so that the same words can be answered
    in several ways.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    name: str = "answer"
    temperature: float = 0.8
    seed: int = 0
    max_tokens: int = 1024

    def again(self, answer: str, fault: str) -> Question:
        """The same, after an answer that has a fault: the teacher sees both."""
        mend = f"That answer cannot be used: {fault}\nAnswer again, with the JSON object only."
        said = (Message("assistant", answer), Message("user", mend))
        return replace(self, messages=(*self.messages, *said))

    def key(self, url: str, model: str) -> str:
        """SHA-256 over everything that the answer depends on, in one canonical form of JSON."""
        whole = {
            "version": _VERSION,
            "url": url,
            "model": model,
            "messages": [[message.role, message.content] for message in self.messages],
            "schema": self.schema,
            "temperature": self.temperature,
            "seed": self.seed,
            "max_tokens": self.max_tokens,
        }
        return sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()
