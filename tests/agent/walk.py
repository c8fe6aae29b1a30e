"""Random walks through a grammar: what a model with no sense at all could write under it."""

from __future__ import annotations

import random

from llguidance import LLMatcher, LLTokenizer

_BYTES = LLTokenizer("byte")


def compiles(lark: str) -> str:
    """What llguidance finds wrong with a grammar; empty when nothing."""
    return LLMatcher(_BYTES, LLMatcher.grammar_from_lark(lark)).get_error()


def random_act(lark: str, rng: random.Random, limit: int = 4000) -> str:
    """A text that the grammar accepts, each byte drawn from those it allows at that point."""
    matcher = LLMatcher(_BYTES, LLMatcher.grammar_from_lark(lark))
    written = bytearray()
    for _ in range(limit):
        if matcher.is_stopped():
            return written.decode()
        mask = matcher.compute_bitmask()
        allowed = [t for t in range(_BYTES.vocab_size) if mask[t // 8] >> (t % 8) & 1]
        if _BYTES.eos_token in allowed and (len(allowed) == 1 or rng.random() < 0.5):
            return written.decode()
        closing = [t for t in allowed if t < 256 and t in b'"]}']
        likely = closing if closing and rng.random() < 0.3 else allowed
        token = rng.choice([t for t in likely if t != _BYTES.eos_token])
        assert matcher.consume_token(token), matcher.get_error()
        written.append(token)
    raise AssertionError(f"no end after {limit} bytes: {written[:200]!r}")


def accepts(lark: str, text: str) -> bool:
    """Whether the grammar takes exactly this text."""
    matcher = LLMatcher(_BYTES, LLMatcher.grammar_from_lark(lark))
    tokens = list(text.encode())
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()
