"""Safetensors files read and written without PyTorch, bfloat16 included, one tensor at a time.

NumPy knows no bfloat16: such a number is the upper half of a float32, and is widened to one. The
format is a length, a JSON header and the tensors' bytes (https://github.com/huggingface/safetensors).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from agent.models.files import whole_file
from tools.errors import ModelError

Floats = NDArray[np.float32]
Precision = Literal["bf16", "fp16", "fp32"]
"""How numbers are stored; arithmetic is float32 throughout."""

_PIECE = 1 << 22
"""Numbers encoded at once: rounding makes copies, which should not be as large as a tensor."""

_CODES: Mapping[Precision, str] = {"bf16": "BF16", "fp16": "F16", "fp32": "F32"}
_STORED = {"BF16": np.dtype("<u2"), "F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tensor stands in its file: `begin` counts bytes from the file's start."""

    code: str
    shape: tuple[int, ...]
    begin: int


class TensorFile:
    """An opened safetensors file; tensors are read when asked for."""

    def __init__(self, path: Path) -> None:
        """Read the header. Raises `ModelError` when the file is missing, truncated or foreign."""
        self.path = path
        try:
            # The library checks that header and length fit; it cannot hand out bfloat16.
            with safe_open(path, "np"):
                pass
            self._places, self.metadata = _header(path)
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"{path} is missing, truncated or damaged ({error}); get the folder again"
            ) from error

    def __iter__(self) -> Iterator[str]:
        """The tensors' names."""
        return iter(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor. Raises KeyError where there is none of that name."""
        return self._places[name].shape

    def read(self, name: str) -> Floats:
        """A tensor as float32, whatever it is stored as.

        Raises KeyError where there is none of that name, `ModelError` where it holds no floats of
        16 or 32 bits.
        """
        place = self._places[name]
        stored = _STORED.get(place.code)
        if stored is None:
            raise ModelError(
                f"{self.path} stores {name} as {place.code}; BF16, F16 or F32 was expected: save "
                "it unquantised"
            )
        count = int(np.prod(place.shape, dtype=np.int64))
        raw = np.fromfile(self.path, stored, count, offset=place.begin).reshape(place.shape)
        if place.code == "BF16":
            return (raw.astype(np.uint32) << 16).view(np.float32)
        return raw.astype(np.float32)


def encode(values: Floats, precision: Precision) -> bytes:
    """Numbers as they are stored; bfloat16 rounds to the nearest, ties to even."""
    match precision:
        case "fp32":
            return values.astype("<f4").tobytes()
        case "fp16":
            return values.astype("<f2").tobytes()
        case "bf16":
            bits = np.ascontiguousarray(values, "<f4").view(np.uint32)
            rounded = bits + 0x7FFF + ((bits >> 16) & 1)
            # The carry would turn some NaNs into numbers.
            rounded = np.where(np.isnan(values), bits | 0x400000, rounded)
            return (rounded >> 16).astype("<u2").tobytes()


def write(
    path: Path,
    tensors: Iterable[tuple[str, Floats]],
    shapes: Mapping[str, tuple[int, ...]],
    precision: Precision,
) -> None:
    """Write a file whole or not at all, holding one tensor in memory at a time.

    `shapes` names every tensor that `tensors` then yields, in the same order.
    """
    width = 4 if precision == "fp32" else 2
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + width * int(np.prod(shape, dtype=np.int64))
        header[name] = {"dtype": _CODES[precision], "shape": shape, "data_offsets": [begin, end]}
    head = orjson.dumps(header)
    head += b" " * (-len(head) % 8)
    with whole_file(path) as part, part.open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        for (name, values), expected in zip(tensors, shapes, strict=True):
            if name != expected or values.shape != tuple(shapes[name]):
                raise ValueError(f"{name} {values.shape} where {expected} was announced")
            flat = values.reshape(-1)
            for start in range(0, flat.size, _PIECE):
                file.write(encode(flat[start : start + _PIECE], precision))


def _header(path: Path) -> tuple[dict[str, _Place], Mapping[str, str]]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = orjson.loads(file.read(length))
    metadata = header.pop("__metadata__", {})
    places = {
        name: _Place(it["dtype"], tuple(it["shape"]), 8 + length + it["data_offsets"][0])
        for name, it in header.items()
    }
    return places, metadata
