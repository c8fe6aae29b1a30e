"""LLaMA weights read from a GGUF file, under the names and in the layout of Hugging Face.

llama.cpp stores the query and key projections with their rows permuted for interleaved rotary
pairs; `Checkpoint.weight` undoes that, so that adapters trained with peft fit on top.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader, dequantize
from numpy.typing import NDArray

from tools.errors import ModelError

Floats = NDArray[np.float32]

_LAYER_NAMES = {
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
_TOP_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}


@dataclass(frozen=True, slots=True)
class LlamaConfig:
    """The shape of a LLaMA model, as its GGUF metadata states it."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
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
    """What the GGUF says about its byte-level BPE tokenizer; ids are positions in `tokens`."""

    tokens: tuple[str, ...]
    special: tuple[int, ...]
    merges: tuple[str, ...]
    pre_tokenizer: str
    bos_id: int
    eos_id: int


class Checkpoint:
    """An opened GGUF file. Tensors are de-quantised when asked for, never all at once."""

    def __init__(self, path: Path) -> None:
        """Map the file and check that it is a whole LLaMA model.

        Raises `ModelError` if it is missing, truncated, or of another architecture.
        """
        self.path = path
        self._reader = _open(path)
        architecture = self._field("general.architecture")
        if architecture != "llama":
            raise ModelError(
                f"{path} holds a {architecture!r} model; the embedded engine runs LLaMA models "
                "only. Name another file with --base, or serve this one with vLLM and "
                "use --engine openai."
            )
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        self.config = self._read_config()

    def weight(self, name: str) -> Floats:
        """The tensor `name` (a Hugging Face module name such as
        ``model.layers.0.self_attn.q_proj``) as float32, shape (outputs, inputs) or (size,).

        Raises `ModelError` when the file has no such tensor.
        """
        tensor = self._tensors.get(_gguf_name(name))
        if tensor is None:
            raise ModelError(f"{self.path} has no tensor for {name}: it is not a whole LLaMA model")
        data = dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        if name.endswith("q_proj"):
            return _unpermute(data, self.config.heads)
        if name.endswith("k_proj"):
            return _unpermute(data, self.config.kv_heads)
        return data

    @property
    def tied_embeddings(self) -> bool:
        """Whether the output layer shares the embedding's weights."""
        return "output.weight" not in self._tensors

    def module_names(self) -> Iterator[str]:
        """Names that `weight` takes for every matrix that an adapter may change."""
        for layer in range(self.config.layers):
            for name in _LAYER_NAMES:
                if name.endswith("_proj"):
                    yield f"model.layers.{layer}.{name}"

    def vocabulary(self) -> Vocabulary:
        """The tokenizer's parts. Raises `ModelError` if it is no byte-level BPE."""
        kind = self._field("tokenizer.ggml.model")
        if kind != "gpt2":
            raise ModelError(f"{self.path} has a {kind!r} tokenizer; byte-level BPE was expected")
        token_types = self._field("tokenizer.ggml.token_type")
        control, user_defined = 3, 4
        return Vocabulary(
            tokens=tuple(self._field("tokenizer.ggml.tokens")),
            special=tuple(i for i, t in enumerate(token_types) if t in (control, user_defined)),
            merges=tuple(self._field("tokenizer.ggml.merges")),
            pre_tokenizer=self._field("tokenizer.ggml.pre"),
            bos_id=self._field("tokenizer.ggml.bos_token_id"),
            eos_id=self._field("tokenizer.ggml.eos_token_id"),
        )

    def _read_config(self) -> LlamaConfig:
        embeddings = self._tensors.get("token_embd.weight")
        if embeddings is None:
            raise ModelError(f"{self.path} has no embeddings: it is not a whole LLaMA model")
        heads = self._field("llama.attention.head_count")
        return LlamaConfig(
            layers=self._field("llama.block_count"),
            hidden=self._field("llama.embedding_length"),
            heads=heads,
            kv_heads=self._field("llama.attention.head_count_kv", heads),
            vocabulary=int(embeddings.shape[1]),
            context=self._field("llama.context_length"),
            rope_theta=self._field("llama.rope.freq_base", 10_000.0),
            rms_epsilon=self._field("llama.attention.layer_norm_rms_epsilon"),
        )

    def _field(self, name: str, default: Any = None) -> Any:
        field = self._reader.fields.get(name)
        if field is not None:
            return field.contents()
        if default is not None:
            return default
        raise ModelError(f"{self.path} lacks the GGUF field {name}")


def _open(path: Path) -> GGUFReader:
    if not path.is_file():
        raise ModelError(f"there is no model file {path}; run: callsign model fetch")
    try:
        return GGUFReader(path)
    except (ValueError, IndexError, OSError) as error:
        raise ModelError(
            f"{path} is truncated or no GGUF file ({error}); delete it and run: "
            "callsign model fetch"
        ) from error


def _gguf_name(name: str) -> str:
    if name in _TOP_NAMES:
        return f"{_TOP_NAMES[name]}.weight"
    _, _, layer, module = name.split(".", 3)
    return f"blk.{layer}.{_LAYER_NAMES[module]}.weight"


def _unpermute(rows: Floats, heads: int) -> Floats:
    outputs, inputs = rows.shape
    pairs = rows.reshape(heads, outputs // heads // 2, 2, inputs)
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(outputs, inputs))
