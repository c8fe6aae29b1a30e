"""One LLaMA graph on the OpenVINO CPU runtime, with a paged key-value cache.

Several sequences of different lengths run in one forward pass: their new tokens are laid end to
end, and paged attention finds the keys and values of each through its list of blocks.
"""

# OpenVINO's operation factories are only partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset15 as op
from numpy.typing import NDArray
from openvino._offline_transformations import paged_attention_transformation

from agent.engines.embedded.blocks import BLOCK
from tools.errors import ModelError

SIZES = (*range(1, 9), *range(10, 17, 2), *range(20, 33, 4), *range(40, 65, 8),
         *range(80, 129, 16), *range(160, 257, 32))  # fmt: skip
"""Token counts of a forward pass. Others are padded: the runtime prepares kernels for each new
count, which takes longer than the padding. Neighbours are at most one block apart."""

MAX_TOKENS = SIZES[-1]
_PADDING_BLOCK = 0
FIRST_BLOCK = 1
"""Block 0 takes what padding writes."""


@dataclass(frozen=True, slots=True)
class Row:
    """New tokens of one sequence: `past` tokens are cached already, in `blocks`.

    `blocks` has room for the new tokens too.
    """

    tokens: Sequence[int]
    past: int
    blocks: Sequence[int]


class PagedModel:
    """A compiled model and its cache. One forward pass at a time."""

    def __init__(self, graph: Path, blocks: int, threads: int = 0) -> None:
        """Load a graph that `agent.models` converted.

        `blocks` is the size of the cache in blocks of `BLOCK` tokens; `threads` 0 means one for
        each core. Raises `ModelError` when the runtime cannot load the graph.
        """
        try:
            core = ov.Core()
            model = _with_pages(core.read_model(graph))
            self._compiled = core.compile_model(model, "CPU", settings(core, threads))
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO cannot load {graph} ({error}); delete its folder and run: "
                "callsign model convert"
            ) from error
        self._request = self._compiled.create_infer_request()
        self._cache = self._allocate(blocks + FIRST_BLOCK)
        self.vocabulary = int(self._compiled.output(0).partial_shape[-1].get_length())

    def start(self, rows: Sequence[Row], sampled: Sequence[int]) -> None:
        """Begin a forward pass of at most `MAX_TOKENS` tokens.

        `sampled` are the rows whose last token's logits are wanted.
        """
        last = np.cumsum([len(row.tokens) for row in rows]) - 1
        wanted = last[list(sampled)] if sampled else last[:1]
        self._request.start_async(_inputs(rows, wanted), share_inputs=True)

    def wait(self) -> NDArray[np.float32]:
        """Logits of the rows asked for, shape (rows, vocabulary); valid until the next `start`."""
        self._request.wait()
        return self._request.get_output_tensor(0).data.reshape(-1, self.vocabulary)

    def warm(self) -> None:
        """Let the runtime prepare its kernels for the sizes of decoding steps.

        Call before the cache is in use. For larger sizes preparing is little beside computing.
        """
        for size in SIZES[: SIZES.index(64) + 1]:
            self.start([Row([0] * size, 0, range(1 + 64 // BLOCK))], [0])
            self.wait()

    def _allocate(self, blocks: int) -> list[ov.Tensor]:
        tensors: list[ov.Tensor] = []
        for port in self._compiled.inputs:
            if "_cache." in port.get_any_name():
                shape = [blocks, *(d.get_length() for d in list(port.partial_shape)[1:])]
                tensors.append(ov.Tensor(port.get_element_type(), ov.Shape(shape)))
                self._request.set_tensor(port, tensors[-1])
        return tensors


def _with_pages(model: ov.Model) -> ov.Model:
    """Paged attention for stateful attention, and logits only where `sampled` points."""
    paged_attention_transformation(model)
    head: Any = model.output(0).get_node()
    while head.get_type_name() != "MatMul":
        head = head.input_value(0).get_node()
    sampled = op.parameter(ov.PartialShape([-1]), ov.Type.i32, name="sampled")
    sampled.output(0).get_tensor().set_names({"sampled"})
    rows = op.gather(head.input_value(0), sampled, op.constant(np.int32(0)))
    head.input(0).replace_source_output(rows.output(0))
    model.add_parameters([sampled])
    model.validate_nodes_and_infer_types()
    return model


def settings(core: ov.Core, threads: int) -> dict[str, Any]:
    """Precision by what the CPU can do.

    bfloat16 arithmetic where there is hardware for it, with activations left as they are: with
    8-bit activations on top this size of model loses facts. Elsewhere 32-bit, whose 8-bit
    activations cost no visible accuracy. The cache stays 16-bit: at 8 it costs right answers.
    """
    settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        bf16 = {"INFERENCE_PRECISION_HINT": "bf16", "KV_CACHE_PRECISION": "bf16"}
        return settings | bf16 | {"DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    return settings | {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f16"}


def _inputs(rows: Sequence[Row], wanted: NDArray[Any]) -> dict[str, NDArray[Any]]:
    total = sum(len(row.tokens) for row in rows)
    padding = SIZES[bisect_left(SIZES, total)] - total
    if padding:
        rows = [*rows, Row([0] * padding, 0, [_PADDING_BLOCK])]
    ends = [row.past + len(row.tokens) for row in rows]
    held = [row.blocks[: -(-end // BLOCK)] for row, end in zip(rows, ends, strict=True)]
    spans = [np.arange(row.past, end) for row, end in zip(rows, ends, strict=True)]
    return {
        "input_ids": np.concatenate([row.tokens for row in rows]).astype(np.int64),
        "position_ids": np.concatenate(spans).astype(np.int64),
        "past_lens": np.array([row.past for row in rows], np.int32),
        "subsequence_begins": _offsets([len(row.tokens) for row in rows]),
        "block_indices": np.concatenate(held).astype(np.int32),
        "block_indices_begins": _offsets([len(blocks) for blocks in held]),
        "max_context_len": np.array(max(ends), np.int32),
        "sampled": wanted.astype(np.int32),
    }


def _offsets(lengths: Sequence[int]) -> NDArray[np.int32]:
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
