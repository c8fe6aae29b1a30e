"""The tokenizer: digits one by one, special tokens, and every text comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from agent import models
from agent.models.checkpoint import Vocabulary
from agent.models.gguf_file import GgufFile
from agent.models.tokenizer import build_tokenizer
from tests.agent.models import tiny
from tools.errors import ModelError


def tiny_vocabulary(pre_tokenizer: str = "smollm") -> Vocabulary:
    return Vocabulary(tuple(tiny.tokens()), (0, 1, 2), tuple(tiny.MERGES), pre_tokenizer, 1, 2)


TINY = build_tokenizer(tiny_vocabulary())


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    TINY.encode_special_tokens = True
    assert TINY.decode(TINY.encode(text).ids) == text


def test_merges_apply_in_order() -> None:
    assert TINY.encode("the then the").tokens == ["the", "Ġthe", "n", "Ġthe"]


def test_an_unknown_pre_tokenizer_is_refused() -> None:
    with pytest.raises(ModelError, match="gpt-9"):
        build_tokenizer(tiny_vocabulary("gpt-9"))


@pytest.fixture(scope="module")
def smollm() -> Tokenizer:
    return build_tokenizer(GgufFile(models.fetch()).vocabulary())


@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03-03", ["2", "0", "2", "7", "-", "0", "3", "-", "0", "3"]),
        ("<|im_start|>user\nHi!<|im_end|>", ["<|im_start|>", "user", "Ċ", "Hi", "!", "<|im_end|>"]),
        (" the capital of France", ["Ġthe", "Ġcapital", "Ġof", "ĠFrance"]),
    ],
)  # fmt: skip
def test_smollm_splits_as_it_was_trained(smollm: Tokenizer, text: str, expected: list[str]) -> None:
    assert smollm.encode(text).tokens == expected
