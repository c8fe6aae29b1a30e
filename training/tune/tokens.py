"""Text becomes tokens, and at once it is decided which of them are learnt.

Prompts are encoded as `agent.engines.embedded.codec` encodes them: message by message, control
tokens apart from text. An act that is learnt is encoded apart from ``assistant\\n``, as the engine
decodes it after that very prompt; as history it is encoded together with it, as the engine reads it
back. The two must be the same tokens, or training would show what serving never does.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from tokenizers import Tokenizer

from agent.engines import chatml
from agent.engines.base import Message
from tools.errors import TrainingError

_REMEMBERED = 65_536


class Encoder:
    """The tokenizer of a base, for training."""

    def __init__(self, tokenizer: Tokenizer, name: str) -> None:
        """`name` is the base's, for messages. Raises `TrainingError` where it knows no ChatML."""
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.encode_special_tokens = True
        start, end = (self._tokenizer.token_to_id(one.text) for one in (chatml.START, chatml.END))
        if start is None or end is None:
            raise TrainingError(
                f"the tokenizer of {name} lacks {chatml.START.text} or {chatml.END.text}: name a "
                "base that speaks ChatML (SmolLM2-Instruct, or a ChatML tune of Llama 3.1)"
            )
        self._controls = {chatml.START: int(start), chatml.END: int(end)}
        self.text = lru_cache(_REMEMBERED)(self._text)

    def message(self, message: Message) -> list[int]:
        """The ids of a whole message, from its start token to the newline after its end."""
        return self._pieces(chatml.segments([message], generation_prompt=False))

    def act(self, message: Message) -> tuple[list[int], int, int]:
        """The ids of an assistant's message, and from where to where they are learnt.

        Learnt is the act with its end token. Raises `TrainingError` for an act that would be read
        back as other tokens than it is decoded as.
        """
        before = self._pieces(chatml.segments([]))
        content = list(self.text(message.content))
        ids = self.message(message)
        end = len(before) + len(content)
        if ids[: end + 1] != [*before, *content, self._controls[chatml.END]]:
            raise TrainingError(f"this act begins like its role's line: {message.content[:80]!r}")
        return ids, len(before), end + 1

    def _pieces(self, pieces: Iterable[chatml.Control | str]) -> list[int]:
        ids: list[int] = []
        for piece in pieces:
            if isinstance(piece, chatml.Control):
                ids.append(self._controls[piece])
            else:
                ids.extend(self.text(piece))
        return ids

    def _text(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)
