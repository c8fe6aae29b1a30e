"""A LLaMA of two layers with random weights, as a GGUF file, and the same in NumPy.

Its weights are whole multiples of a power of two with 127 as the largest of each row, so that
8-bit compression loses nothing and results can be compared exactly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
from gguf import GGUFWriter
from tokenizers.pre_tokenizers import ByteLevel

from agent.models import tensors
from agent.models.base import open_checkpoint
from agent.models.checkpoint import identity
from agent.models.provenance import sign

LAYERS, HIDDEN, HEADS, KV_HEADS, FEED, CONTEXT = 2, 64, 2, 1, 96, 512
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["t h", "th e", "Ġ the", '{ "']
THETA, EPSILON = 10_000.0, 1e-5

_GGUF = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_HEAD = HIDDEN // HEADS
_SHAPES = {
    "self_attn.q_proj": (HIDDEN, HIDDEN),
    "self_attn.k_proj": (KV_HEADS * _HEAD, HIDDEN),
    "self_attn.v_proj": (KV_HEADS * _HEAD, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HIDDEN),
    "mlp.gate_proj": (FEED, HIDDEN),
    "mlp.up_proj": (FEED, HIDDEN),
    "mlp.down_proj": (HIDDEN, FEED),
}


def tokens(special: list[str] = SPECIAL) -> list[str]:
    return [*special, *sorted(ByteLevel.alphabet()), *(m.replace(" ", "") for m in MERGES)]


def weights(seed: int = 7) -> dict[str, np.ndarray]:
    """By Hugging Face module name, in Hugging Face layout."""
    random = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> np.ndarray:
        steps = random.integers(-126, 127, (rows, columns))
        steps[:, 0] = 127
        return (steps * 2.0**-9).astype(np.float32)

    made = {"model.embed_tokens": matrix(len(tokens()), HIDDEN)}
    for layer in range(LAYERS):
        for name, shape in _SHAPES.items():
            made[f"model.layers.{layer}.{name}"] = matrix(*shape)
    return made


def write(
    path: Path,
    seed: int = 7,
    architecture: str = "llama",
    kind: str = "gpt2",
    special: list[str] = SPECIAL,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(THETA)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_tokenizer_model(kind)
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens(special))
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens()) - len(SPECIAL)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    made = weights(seed)
    ones = np.ones(HIDDEN, np.float32)
    writer.add_tensor("token_embd.weight", made["model.embed_tokens"])
    writer.add_tensor("output_norm.weight", ones)
    for layer in range(LAYERS):
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", ones)
        writer.add_tensor(f"blk.{layer}.ffn_norm.weight", ones)
        for name, short in _GGUF.items():
            value = made[f"model.layers.{layer}.{name}"]
            if short in ("attn_q", "attn_k"):
                value = _interleaved(value)
            writer.add_tensor(f"blk.{layer}.{short}.weight", value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def lora_pair(
    rows: int = HIDDEN, rank: int = 4, seed: int = 3, columns: int = HIDDEN
) -> tuple[np.ndarray, np.ndarray]:
    """A and B of a LoRA change."""
    random = np.random.default_rng(seed)
    down = random.normal(size=(rank, columns)).astype(np.float32)
    return down, random.normal(size=(rows, rank)).astype(np.float32)


def adapter(
    folder: Path,
    base: Path,
    changes: dict[str, tuple[np.ndarray, np.ndarray]] | None = None,
    precision: tensors.Precision = "fp32",
    **config: Any,
) -> Path:
    """A signed peft folder for the base; `changes` are A and B by module."""
    folder.mkdir(parents=True)
    made: dict[str, np.ndarray] = {}
    for name, (down, up) in (changes or {"model.layers.0.self_attn.q_proj": lora_pair()}).items():
        made[f"base_model.model.{name}.lora_A.weight"] = down
        made[f"base_model.model.{name}.lora_B.weight"] = up
    shapes = {name: value.shape for name, value in made.items()}
    tensors.write(folder / "adapter_model.safetensors", made.items(), shapes, precision)
    settings = {"peft_type": "LORA", "r": 4, "lora_alpha": 8} | config
    (folder / "adapter_config.json").write_bytes(orjson.dumps(settings))
    checkpoint = open_checkpoint(base)
    sign(folder, base=identity(checkpoint), base_name=checkpoint.name)
    return folder


def logits(ids: list[int], made: dict[str, np.ndarray]) -> np.ndarray:
    """The reference: a LLaMA over a whole sequence, in float64; shape (length, vocabulary)."""
    made = {name: value.astype(np.float64) for name, value in made.items()}
    x = made["model.embed_tokens"][ids]
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}"
        x = x + _attention(_norm(x), prefix, made)
        y = _norm(x)
        gate = y @ made[f"{prefix}.mlp.gate_proj"].T
        up = y @ made[f"{prefix}.mlp.up_proj"].T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ made[f"{prefix}.mlp.down_proj"].T
    return _norm(x) @ made["model.embed_tokens"].T


def _attention(x: np.ndarray, prefix: str, made: dict[str, np.ndarray]) -> np.ndarray:
    length = len(x)

    def heads(name: str, count: int) -> np.ndarray:
        projected = x @ made[f"{prefix}.self_attn.{name}"].T
        return projected.reshape(length, count, _HEAD).swapaxes(0, 1)

    query, key = _rotated(heads("q_proj", HEADS)), _rotated(heads("k_proj", KV_HEADS))
    key = key.repeat(HEADS // KV_HEADS, axis=0)
    value = heads("v_proj", KV_HEADS).repeat(HEADS // KV_HEADS, axis=0)
    scores = query @ key.swapaxes(1, 2) / np.sqrt(_HEAD)
    scores[:, np.triu(np.ones((length, length), bool), 1)] = -np.inf
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (shares / shares.sum(-1, keepdims=True)) @ value
    return mixed.swapaxes(0, 1).reshape(length, -1) @ made[f"{prefix}.self_attn.o_proj"].T


def _rotated(x: np.ndarray) -> np.ndarray:
    frequencies = THETA ** (-np.arange(0, _HEAD, 2) / _HEAD)
    angles = np.outer(np.arange(x.shape[1]), frequencies)
    first, second = x[..., : _HEAD // 2], x[..., _HEAD // 2 :]
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], -1)


def _norm(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + EPSILON)


def _interleaved(rows: np.ndarray) -> np.ndarray:
    """llama.cpp's order of query and key rows."""
    outputs, inputs = rows.shape
    heads = outputs // _HEAD
    return rows.reshape(heads, 2, _HEAD // 2, inputs).swapaxes(1, 2).reshape(outputs, inputs)
