"""LoRA adapters in peft's format, merged into the weights they were trained on.

W' = W + (alpha / r) B A (Hu et al. 2021); alpha / sqrt(r) for rank-stabilised adapters
(Kalajdzievski 2023).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
from safetensors import SafetensorError
from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]

from agent.models.checkpoint import Checkpoint, Floats
from tools.errors import ModelError

_PREFIX = "base_model.model."


class Adapter:
    """A folder with `adapter_config.json` and `adapter_model.safetensors`."""

    def __init__(self, directory: Path) -> None:
        """Open it. Raises `ModelError` if it is not whole or no plain LoRA adapter."""
        self.directory = directory
        self.weights_file = directory / "adapter_model.safetensors"
        config = _read_config(directory / "adapter_config.json")
        rank, alpha = config["r"], config["lora_alpha"]
        self._scale = alpha / (rank**0.5 if config.get("use_rslora") else rank)
        try:
            tensors = load_file(self.weights_file)
        except (SafetensorError, OSError) as error:
            raise ModelError(f"{self.weights_file} is missing or truncated: {error}") from error
        self._tensors: dict[str, Floats] = {
            name: tensor.astype(np.float32) for name, tensor in tensors.items()
        }

    def check(self, checkpoint: Checkpoint) -> None:
        """Raise `ModelError` unless every tensor has a module of the checkpoint to go to."""
        known = set(checkpoint.module_names())
        for key in self._tensors:
            name = key.removeprefix(_PREFIX).removesuffix(".weight")
            name, _, part = name.rpartition(".")
            if name not in known or part not in {"lora_A", "lora_B"}:
                raise ModelError(
                    f"{self.directory} does not fit {checkpoint.path}: it changes {key!r}. Only "
                    "LoRA on attention and MLP projections can be merged; name the base that the "
                    "adapter was trained on, or train one without modules_to_save, DoRA and biases"
                )

    def merged(self, name: str, weight: Floats) -> Floats:
        """`weight` of the module `name` with the adapter's change added."""
        down = self._tensors.get(f"{_PREFIX}{name}.lora_A.weight")
        up = self._tensors.get(f"{_PREFIX}{name}.lora_B.weight")
        if down is None or up is None:
            return weight
        if (up.shape[0], down.shape[1]) != weight.shape:
            raise ModelError(
                f"{self.directory} was trained on another model: {name} is {weight.shape} in the "
                f"base and {(up.shape[0], down.shape[1])} in the adapter"
            )
        return weight + self._scale * (up @ down)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ModelError(f"{path} is missing or no JSON: {error}") from error
    if config.get("peft_type") != "LORA" or config.get("use_dora"):
        raise ModelError(f"{path} describes no plain LoRA adapter; only those can be merged")
    return config
