"""Text to tokens and back, for one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from llguidance import LLTokenizer
from numpy.typing import NDArray
from tokenizers import Tokenizer

from agent.engines import chatml
from agent.engines.base import Message
from tools.errors import ModelError

_NEWLINE = "Ċ"
_REMEMBERED_TEXTS = 8192
"""A turn encodes the same messages as the turn before, plus a few."""


@dataclass(frozen=True, slots=True)
class Newlines:
    """Where tokens break lines: token ids by whether they begin or end with a newline, or hold two.

    Byte-level BPE writes a newline as ``Ċ`` (Radford et al. 2019, the byte-to-unicode table).
    """

    first: frozenset[int]
    last: frozenset[int]
    blank: frozenset[int]

    @classmethod
    def of(cls, vocabulary: Mapping[str, int]) -> Newlines:
        """Of a vocabulary, token ids by token."""
        return cls(
            first=frozenset(token for text, token in vocabulary.items() if text[:1] == _NEWLINE),
            last=frozenset(token for text, token in vocabulary.items() if text[-1:] == _NEWLINE),
            blank=frozenset(token for text, token in vocabulary.items() if _NEWLINE * 2 in text),
        )


class Codec:
    """The tokenizer of one model, for prompts (Hugging Face) and for grammars (llguidance)."""

    def __init__(self, tokenizer: Path, vocabulary: int) -> None:
        """Read a `tokenizers` JSON file. `vocabulary` is the width of the model's logits."""
        definition = tokenizer.read_text("utf-8")
        self._tokenizer = Tokenizer.from_str(definition)
        self._tokenizer.encode_special_tokens = True
        start, end = (self._tokenizer.token_to_id(c.text) for c in (chatml.START, chatml.END))
        if start is None or end is None:
            raise ModelError(f"{tokenizer} knows no ChatML control tokens; convert a chat model")
        self._controls = {chatml.START: int(start), chatml.END: int(end)}
        self.end_id = int(end)
        self.grammar_tokenizer = LLTokenizer(definition, n_vocab=vocabulary, eos_token=self.end_id)
        self.never = self._other_specials(vocabulary)
        self.newlines = Newlines.of(self._tokenizer.get_vocab())
        self.preference = lru_cache(8)(self._preference)
        self._text_ids = lru_cache(_REMEMBERED_TEXTS)(self._encode_text)

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """The prompt's token ids, up to where the assistant begins to write."""
        ids: list[int] = []
        for piece in chatml.segments(messages):
            if isinstance(piece, chatml.Control):
                ids.append(self._controls[piece])
            else:
                ids.extend(self._text_ids(piece))
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, without special ones."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=True)

    def _preference(self, calibration: tuple[tuple[str, float], ...]) -> NDArray[np.float32] | None:
        """What a calibration adds to each logit, shape (vocabulary,); None where it is empty.

        A token may be a piece of a name, or a name with what follows; where it could begin several
        names it gets the least of their corrections.
        """
        if not calibration:
            return None
        added = np.zeros(self.grammar_tokenizer.vocab_size, np.float32)
        for text, token in self._tokenizer.get_vocab().items():
            fitting = [
                amount
                for name, amount in calibration
                if text and (name.startswith(text) or text.startswith(name))
            ]
            if fitting:
                added[token] = min(fitting)
        return added

    def _encode_text(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _other_specials(self, vocabulary: int) -> NDArray[np.int64]:
        """Special tokens that a reply never holds, and logits beyond the vocabulary."""
        known = self._tokenizer.get_added_tokens_decoder()
        specials = [i for i, token in known.items() if token.special and i != self.end_id]
        return np.array([*specials, *range(self._tokenizer.get_vocab_size(), vocabulary)], np.int64)
