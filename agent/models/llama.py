"""A LLaMA forward pass as an OpenVINO graph, built from a checkpoint without PyTorch.

The graph is the usual stateful decoder of the OpenVINO world (inputs `input_ids`,
`attention_mask`, `position_ids`, `beam_idx`; the key-value cache is state), so any OpenVINO tool
loads it. The embedded engine turns its attention into paged attention when it loads it.

Sources: Touvron et al. 2023 (LLaMA), Zhang & Sennrich 2019 (RMSNorm), Su et al. 2021 (rotary
embeddings, in the half-rotated layout of Hugging Face), Ainslie et al. 2023 (grouped queries).
"""

# OpenVINO's operation factories are only partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import openvino as ov
import openvino.opset15 as op
from openvino import Node, Output, Type
from openvino.op.util import Variable, VariableInfo

from agent.models.checkpoint import LlamaConfig
from agent.models.tensors import Floats

WeightOf = Callable[[str], Floats]
"""Weights by Hugging Face module name, adapter already merged: see `Checkpoint.weight`."""


def build(config: LlamaConfig, weight: WeightOf, *, tied_embeddings: bool) -> ov.Model:
    """The stateful decoder: logits of every position, shape (batch, length, vocabulary)."""
    return _Builder(config, weight).model(tied_embeddings)


@dataclass(frozen=True, slots=True)
class _Context:
    """What every layer's attention shares: batch size, rotary angles and the mask."""

    batch: Output
    cos: Output
    sin: Output
    mask: Output


class _Builder:
    def __init__(self, config: LlamaConfig, weight: WeightOf) -> None:
        self._config = config
        self._weight = weight
        self._sinks: list[Node] = []
        self._input_ids = _parameter("input_ids", Type.i64, [-1, -1])
        self._attention_mask = _parameter("attention_mask", Type.i64, [-1, -1])
        self._position_ids = _parameter("position_ids", Type.i64, [-1, -1])
        self._beam_idx = _parameter("beam_idx", Type.i32, [-1])

    def model(self, tied_embeddings: bool) -> ov.Model:
        table = _compressed(self._weight("model.embed_tokens"), "model.embed_tokens")
        hidden = op.gather(table, op.convert(self._input_ids, "i32"), _int(0)).output(0)
        context = self._context()
        for layer in range(self._config.layers):
            prefix = f"model.layers.{layer}"
            normed = self._rms_norm(hidden, f"{prefix}.input_layernorm")
            attended = self._attention(normed, layer, context)
            hidden = op.add(hidden, attended).output(0)
            normed = self._rms_norm(hidden, f"{prefix}.post_attention_layernorm")
            hidden = op.add(hidden, self._mlp(normed, f"{prefix}.mlp")).output(0)
        hidden = self._rms_norm(hidden, "model.norm")
        head = table if tied_embeddings else _compressed(self._weight("lm_head"), "lm_head")
        logits = op.matmul(hidden, head, transpose_a=False, transpose_b=True, name="logits")
        logits.output(0).get_tensor().set_names({"logits"})
        inputs = [self._input_ids, self._attention_mask, self._position_ids, self._beam_idx]
        return ov.Model([op.result(logits)], self._sinks, inputs, "llama")  # pyright: ignore[reportGeneralTypeIssues]

    def _linear(self, value: Output, name: str) -> Output:
        weight = _compressed(self._weight(name), name)
        return op.matmul(value, weight, transpose_a=False, transpose_b=True, name=name).output(0)

    def _rms_norm(self, value: Output, name: str) -> Output:
        mean = op.reduce_mean(op.power(value, _float(2.0)), _int([-1]), keep_dims=True)
        root = op.sqrt(op.add(mean, _float(self._config.rms_epsilon)))
        scaled = op.multiply(value, op.divide(_float(1.0), root))
        return op.multiply(_constant(self._weight(name)), scaled, name=name).output(0)

    def _mlp(self, value: Output, name: str) -> Output:
        gate = op.swish(self._linear(value, f"{name}.gate_proj"))
        return self._linear(
            op.multiply(gate, self._linear(value, f"{name}.up_proj")).output(0),
            f"{name}.down_proj",
        )

    def _context(self) -> _Context:
        size = self._config.head_size
        exponents = np.arange(0, size, 2, dtype=np.float32) / size
        frequencies = (1.0 / self._config.rope_theta**exponents).astype(np.float32)
        column = op.constant(frequencies.reshape(1, -1, 1))
        row = op.convert(op.unsqueeze(self._position_ids, _int(1)), "f32")
        product = op.matmul(column, row, transpose_a=False, transpose_b=False)
        angles = op.transpose(product, _int([0, 2, 1]))
        doubled = op.concat([angles, angles], -1)
        return _Context(
            batch=_axis(self._input_ids, 0),
            cos=op.unsqueeze(op.cos(doubled), _int(1)).output(0),
            sin=op.unsqueeze(op.sin(doubled), _int(1)).output(0),
            mask=self._causal_mask(),
        )

    def _causal_mask(self) -> Output:
        """0 where a query may look, the lowest float where not; shape (batch, 1, new, all)."""
        keys = op.range(_int(0), _axis(self._attention_mask, 1, scalar=True), _int(1), "i32")
        positions = op.convert(self._position_ids, "i32")
        rows = op.unsqueeze(op.unsqueeze(positions, _int(1)), _int(3))
        visible = op.less_equal(keys, rows)
        attended = op.unsqueeze(op.convert(self._attention_mask, "boolean"), _int([1, 2]))
        allowed = op.logical_and(visible, attended)
        lowest = _float(float(np.finfo(np.float32).min))
        return op.select(allowed, _float(0.0), lowest).output(0)

    def _attention(self, value: Output, layer: int, context: _Context) -> Output:
        config, name = self._config, f"model.layers.{layer}.self_attn"
        query = _rotate(self._heads(value, f"{name}.q_proj", config.heads), context, config)
        key = _rotate(self._heads(value, f"{name}.k_proj", config.kv_heads), context, config)
        keys = self._cached(key, f"past_key_values.{layer}.key", context.batch)
        values = self._cached(
            self._heads(value, f"{name}.v_proj", config.kv_heads),
            f"past_key_values.{layer}.value",
            context.batch,
        )
        attended = op.scaled_dot_product_attention(
            query,
            self._repeated(keys),
            self._repeated(values),
            context.mask,
            _float(config.head_size**-0.5),
            causal=False,
        )
        merged = op.reshape(
            op.transpose(attended, _int([0, 2, 1, 3])), _int([0, 0, -1]), special_zero=True
        )
        return self._linear(merged.output(0), f"{name}.o_proj")

    def _heads(self, value: Output, name: str, heads: int) -> Output:
        shape = _int([0, 0, heads, self._config.head_size])
        split = op.reshape(self._linear(value, name), shape, special_zero=True)
        return op.transpose(split, _int([0, 2, 1, 3])).output(0)

    def _cached(self, new: Output, name: str, batch: Output) -> Output:
        heads, size = self._config.kv_heads, self._config.head_size
        info = VariableInfo()
        info.data_shape = ov.PartialShape([-1, heads, -1, size])
        info.data_type = Type.f32
        info.variable_id = name
        variable = Variable(info)
        empty_shape = op.concat([batch, op.constant(np.array([heads, 0, size], np.int32))], 0)
        empty = op.broadcast(_float(0.0), empty_shape)
        past = op.gather(op.read_value(empty, variable), self._beam_idx, _int(0))
        whole = op.concat([past, new], 2)
        self._sinks.append(op.assign(whole, variable))
        return whole.output(0)

    def _repeated(self, cache: Output) -> Output:
        """Each key-value head once for every query head that shares it."""
        config = self._config
        groups = config.heads // config.kv_heads
        if groups == 1:
            return cache
        shape = op.constant(np.array([1, 1, groups, 1, 1], np.int32))
        wide = op.broadcast(op.unsqueeze(cache, _int(2)), shape, broadcast_spec="BIDIRECTIONAL")
        flat = _int([0, config.heads, -1, config.head_size])
        return op.reshape(wide, flat, special_zero=True).output(0)


def _rotate(value: Output, context: _Context, config: LlamaConfig) -> Output:
    half = config.head_size // 2
    first = op.slice(value, _int([0]), _int([half]), _int([1]), _int([3]))
    second = op.slice(value, _int([half]), _int([2**31 - 1]), _int([1]), _int([3]))
    turned = op.concat([op.multiply(second, _float(-1.0)), first], -1)
    return op.add(op.multiply(value, context.cos), op.multiply(turned, context.sin)).output(0)


def _compressed(weight: Floats, name: str) -> Output:
    """Symmetric 8-bit weights with one scale per output row, expanded inside the MatMul."""
    scale = np.abs(weight).max(axis=1, keepdims=True) / 127.0
    scale = np.maximum(scale, np.float32(1e-8)).astype(np.float16)
    rows = np.clip(np.rint(weight / scale.astype(np.float32)), -127, 127).astype(np.int8)
    expanded = op.multiply(op.convert(op.constant(rows, name=name), "f16"), op.constant(scale))
    return op.convert(expanded, "f32").output(0)


def _parameter(name: str, kind: Type, shape: list[int]) -> Node:
    node = op.parameter(ov.PartialShape(shape), kind, name=name)
    node.output(0).get_tensor().set_names({name})
    return node


def _axis(value: Node, axis: int, *, scalar: bool = False) -> Output:
    index = _int(axis) if scalar else _int([axis])
    return op.gather(op.shape_of(value, "i32"), index, _int(0)).output(0)


def _int(value: int | list[int]) -> Node:
    return op.constant(np.array(value, np.int32))


def _float(value: float) -> Node:
    return op.constant(np.array(value, np.float32))


def _constant(value: Floats) -> Node:
    return op.constant(value.astype(np.float32))
