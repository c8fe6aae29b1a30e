"""LLaMA weights in a GGUF file.

llama.cpp stores the query and key projections with their rows permuted for interleaved rotary
pairs; `GgufFile.weight` undoes that, so that adapters trained with peft fit on top.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader, dequantize
from tokenizers import Tokenizer

from agent.models.checkpoint import LAYER_NAMES, TOP_NAMES, LlamaConfig, Vocabulary
from agent.models.files import digest
from agent.models.provenance import Provenance
from agent.models.tensors import Floats
from agent.models.tokenizer import build_tokenizer
from tools.errors import ModelError

PROVENANCE_KEY = "callsign.{}"
"""Metadata fields that hold what `Provenance` does."""


class GgufFile:
    """An opened GGUF file (see `agent.models.checkpoint.Checkpoint`)."""

    def __init__(self, path: Path) -> None:
        """Map the file and check that it is a whole LLaMA model.

        Raises `ModelError` if it is missing, truncated, or of another architecture.
        """
        self.path = path
        self.name = path.name.removesuffix(".gguf").lower()
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
        self.provenance = self._read_provenance()

    def weight(self, name: str) -> Floats:
        """See `Checkpoint.weight`."""
        tensor = self._tensors.get(gguf_name(name))
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
        """See `Checkpoint.tied_embeddings`."""
        return "output.weight" not in self._tensors

    def vocabulary(self) -> Vocabulary:
        """See `Checkpoint.vocabulary`."""
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

    def tokenizer(self) -> Tokenizer:
        """See `Checkpoint.tokenizer`."""
        return build_tokenizer(self.vocabulary())

    def digest(self) -> str:
        """See `Checkpoint.digest`."""
        return digest(self.path)

    def _read_config(self) -> LlamaConfig:
        embeddings = self._tensors.get("token_embd.weight")
        if embeddings is None:
            raise ModelError(f"{self.path} has no embeddings: it is not a whole LLaMA model")
        if "rope_freqs.weight" in self._tensors:
            raise ModelError(
                f"{self.path} scales its rotary embeddings, which the embedded engine does not; "
                "serve its transformers folder with callsign model serve instead"
            )
        heads = self._field("llama.attention.head_count")
        return LlamaConfig(
            layers=self._field("llama.block_count"),
            hidden=self._field("llama.embedding_length"),
            heads=heads,
            kv_heads=self._field("llama.attention.head_count_kv", heads),
            feed=self._field("llama.feed_forward_length"),
            vocabulary=int(embeddings.shape[1]),
            context=self._field("llama.context_length"),
            rope_theta=self._field("llama.rope.freq_base", 10_000.0),
            rms_epsilon=self._field("llama.attention.layer_norm_rms_epsilon"),
        )

    def _read_provenance(self) -> Provenance | None:
        said = {field.name: PROVENANCE_KEY.format(field.name) for field in fields(Provenance)}
        found = {
            name: self._reader.fields[key].contents()
            for name, key in said.items()
            if key in self._reader.fields
        }
        return Provenance(**found) if "base" in found else None

    def _field(self, name: str, default: Any = None) -> Any:
        field = self._reader.fields.get(name)
        if field is not None:
            return field.contents()
        if default is not None:
            return default
        raise ModelError(f"{self.path} lacks the GGUF field {name}")


def gguf_name(name: str) -> str:
    """GGUF's name of a module's weight."""
    if name in TOP_NAMES:
        return f"{TOP_NAMES[name]}.weight"
    _, _, layer, module = name.split(".", 3)
    return f"blk.{layer}.{LAYER_NAMES[module]}.weight"


def permute(rows: Floats, heads: int) -> Floats:
    """llama.cpp's order of query and key rows."""
    outputs, inputs = rows.shape
    halves = rows.reshape(heads, 2, outputs // heads // 2, inputs)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(outputs, inputs))


def _unpermute(rows: Floats, heads: int) -> Floats:
    outputs, inputs = rows.shape
    pairs = rows.reshape(heads, outputs // heads // 2, 2, inputs)
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(outputs, inputs))


def _open(path: Path) -> GGUFReader:
    if not path.is_file():
        raise ModelError(f"there is no model file {path}; run: callsign model fetch")
    try:
        return GGUFReader(path)
    except (ValueError, IndexError, OSError) as error:
        raise ModelError(
            f"{path} is truncated or no GGUF file ({error}); get it again, the default base by "
            "deleting it and running: callsign model fetch"
        ) from error
