"""A LLaMA checkpoint in whatever file, under the names and in the layout of Hugging Face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tokenizers import Tokenizer

from agent.models.provenance import Provenance
from agent.models.tensors import Floats

LAYER_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
TOP_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}
"""Hugging Face's names of modules, and GGUF's."""


@dataclass(frozen=True, slots=True)
class LlamaConfig:
    """The shape of a LLaMA model. `feed` is the width of its MLP, `context` in tokens."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    feed: int
    vocabulary: int
    context: int
    rope_theta: float
    rms_epsilon: float

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.hidden // self.heads


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A byte-level BPE tokenizer in GGUF's terms; ids are positions in `tokens`."""

    tokens: tuple[str, ...]
    special: tuple[int, ...]
    merges: tuple[str, ...]
    pre_tokenizer: str
    bos_id: int
    eos_id: int


class Checkpoint(Protocol):
    """An opened LLaMA checkpoint; weights are read when asked for, never all at once."""

    @property
    def path(self) -> Path:
        """The file or folder."""
        ...

    @property
    def name(self) -> str:
        """What to call it."""
        ...

    @property
    def config(self) -> LlamaConfig:
        """Its shape."""
        ...

    @property
    def provenance(self) -> Provenance | None:
        """What it says of itself, where we made it."""
        ...

    @property
    def tied_embeddings(self) -> bool:
        """Whether the output layer shares the embedding's weights."""
        ...

    def weight(self, name: str) -> Floats:
        """The tensor of a module (``model.layers.0.self_attn.q_proj``) as float32.

        Shape (outputs, inputs) or (size,). Raises `ModelError` when there is none.
        """
        ...

    def vocabulary(self) -> Vocabulary:
        """The tokenizer's parts. Raises `ModelError` if it is no byte-level BPE known here."""
        ...

    def tokenizer(self) -> Tokenizer:
        """The tokenizer. Raises `ModelError` as `vocabulary` does."""
        ...

    def digest(self) -> str:
        """SHA-256 over the weights' files."""
        ...


def module_names(config: LlamaConfig) -> Iterator[str]:
    """Every matrix that an adapter may change."""
    for layer in range(config.layers):
        for name in LAYER_NAMES:
            if name.endswith("_proj"):
                yield f"model.layers.{layer}.{name}"


def all_names(config: LlamaConfig, *, tied_embeddings: bool) -> Iterator[str]:
    """Every module with a weight, in the order of the forward pass."""
    yield "model.embed_tokens"
    for layer in range(config.layers):
        for name in LAYER_NAMES:
            yield f"model.layers.{layer}.{name}"
    yield "model.norm"
    if not tied_embeddings:
        yield "lm_head"


def module_shape(config: LlamaConfig, name: str) -> tuple[int, ...]:
    """The shape of a module's weight."""
    inner, outer = config.hidden, config.kv_heads * config.head_size
    match name.rpartition(".")[2]:
        case "embed_tokens" | "lm_head":
            return (config.vocabulary, inner)
        case "q_proj" | "o_proj":
            return (inner, inner)
        case "k_proj" | "v_proj":
            return (outer, inner)
        case "gate_proj" | "up_proj":
            return (config.feed, inner)
        case "down_proj":
            return (inner, config.feed)
        case _:
            return (inner,)


def identity(checkpoint: Checkpoint) -> str:
    """What an adapter names its base by: SHA-256.

    A base keeps its identity when we write it in another format; a model with an adapter merged
    into it is a base of its own.
    """
    said = checkpoint.provenance
    return said.base if said and not said.prompt else checkpoint.digest()
