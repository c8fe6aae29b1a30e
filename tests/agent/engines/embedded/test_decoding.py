"""Free decoding ends where no act goes on; a grammar decides for itself."""

from __future__ import annotations

import numpy as np
import pytest

from agent.engines.base import Sampling
from agent.engines.embedded import EmbeddedEngine
from agent.engines.embedded.codec import Newlines
from agent.engines.embedded.decoding import Chooser

# Away from the first ids, where the tiny model has its control tokens.
VOCABULARY = {"{": 20, "}": 21, "Ċ": 22, "ĊĊ": 23, "}Ċ": 24, "Ċ{": 26, ".ĊĊThe": 27}


def test_newlines_are_found_wherever_a_token_holds_them() -> None:
    assert Newlines.of(VOCABULARY) == Newlines(
        first=frozenset({22, 23, 26}), last=frozenset({22, 23, 24}), blank=frozenset({23, 27})
    )


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        ("an act of one line", "{ } Ċ"),
        ("an act of two lines", "{ } Ċ { }"),
        ("an empty line in one token", "{ } ĊĊ"),
        ("an empty line inside a token", "{ .ĊĊThe"),
        ("an empty line in two tokens", "{ }Ċ Ċ"),
        ("an empty line before a call", "{ Ċ Ċ{"),
    ],
)
async def test_free_decoding_ends_at_an_empty_line(
    engine: EmbeddedEngine, written: str, ends: str
) -> None:
    tokenizer = engine._codec.grammar_tokenizer
    never = np.array([], np.int64)
    chooser = Chooser(
        tokenizer, None, Sampling(), never, Newlines.of(VOCABULARY), append_forced=True
    )
    *before, last = ends.split()
    for token in before:
        chooser.choose(_only(VOCABULARY[token]))
        assert not chooser.done
    chooser.choose(_only(VOCABULARY[last]))
    assert chooser.done == written.startswith("an empty line")


def _only(token: int) -> np.ndarray:
    logits = np.zeros(28, np.float32)
    logits[token] = 1
    return logits
