"""What vLLM answers, over respx: a server that tokenises, and holds to grammars or does not."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import respx

BASE = "http://vllm.test/v1"
SPECIAL = {"<|endoftext|>": 0, "<|im_start|>": 1, "<|im_end|>": 2}
_PIECES = re.compile("|".join(map(re.escape, SPECIAL)) + r"|.", re.DOTALL)
_FIRST = 1000


def tokens(text: str) -> list[int]:
    """One token a character, but for special tokens, which are parsed as tokenizers parse them."""
    return [SPECIAL.get(piece, _FIRST + ord(piece[0])) for piece in _PIECES.findall(text)]


def text(ids: list[int]) -> str:
    names = {token: name for name, token in SPECIAL.items()}
    return "".join(names.get(one) or chr(one - _FIRST) for one in ids)


class FakeVllm:
    """Registers itself with respx. `said` are the acts that it decodes, after the handshake's."""

    def __init__(
        self,
        *said: str,
        obeys: bool = True,
        tokenises: bool = True,
        models: tuple[str, ...] = ("m",),
        context: int = 4096,
    ) -> None:
        self.said = list(said)
        self.obeys = obeys
        self.tokenises = tokenises
        self.models = models
        self.context = context
        self.bodies: list[dict[str, Any]] = []
        self.tokenised: list[str] = []
        respx.get(f"{BASE}/models").mock(side_effect=self._models)
        respx.post("http://vllm.test/tokenize").mock(side_effect=self._tokenize)
        respx.post(f"{BASE}/completions").mock(side_effect=self._completions)
        respx.post(f"{BASE}/chat/completions").mock(side_effect=self._completions)

    def _models(self, request: httpx.Request) -> httpx.Response:
        listed = [{"id": name, "max_model_len": self.context} for name in self.models]
        return httpx.Response(200, json={"data": listed})

    def _tokenize(self, request: httpx.Request) -> httpx.Response:
        if not self.tokenises:
            return httpx.Response(404, json={"detail": "Not Found"})
        body = json.loads(request.content)
        assert body["add_special_tokens"] is False
        self.tokenised.append(body["prompt"])
        found = tokens(body["prompt"])
        return httpx.Response(200, json={"count": len(found), "tokens": found})

    def _completions(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.bodies.append(body)
        said = self._act(body)
        chat = "messages" in body
        choice = {"message": {"content": said}} if chat else {"text": said}
        return httpx.Response(200, json={"choices": [choice]})

    def _act(self, body: dict[str, Any]) -> str:
        grammar = body.get("structured_outputs", {}).get("grammar", "")
        if wanted := re.search(r'%json \{"const": (".*?")\}', grammar):
            return wanted[1] if self.obeys else "Hello there!"
        return self.said.pop(0) if self.said else "{}"
