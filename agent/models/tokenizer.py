"""The tokenizer in a GGUF file's metadata, as a `tokenizers` definition."""

from __future__ import annotations

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from agent.models.checkpoint import Vocabulary
from tools.errors import ModelError

_SPLITS_DIGITS = {"smollm": True, "gpt-2": False}
"""GGUF names of the pre-tokenizers known here: whether each digit is a token of its own."""


def build_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """Byte-level BPE (Radford et al. 2019) from its parts.

    Raises `ModelError` for a pre-tokenizer that is not known here.
    """
    if vocabulary.pre_tokenizer not in _SPLITS_DIGITS:
        raise ModelError(
            f"the pre-tokenizer {vocabulary.pre_tokenizer!r} is not supported; known are "
            f"{', '.join(_SPLITS_DIGITS)}"
        )
    ids = {token: index for index, token in enumerate(vocabulary.tokens)}
    merges = [(left, right) for left, right in (m.split(" ", 1) for m in vocabulary.merges)]
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if _SPLITS_DIGITS[vocabulary.pre_tokenizer]:
        digits = pre_tokenizers.Digits(individual_digits=True)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, byte_level])
    else:
        tokenizer.pre_tokenizer = byte_level
    tokenizer.decoder = decoders.ByteLevel()
    names = [vocabulary.tokens[index] for index in vocabulary.special]
    added = [AddedToken(name, special=True, normalized=False) for name in names]
    tokenizer.add_special_tokens(added)  # pyright: ignore[reportUnknownMemberType]
    return tokenizer
