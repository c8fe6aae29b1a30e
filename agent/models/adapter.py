"""LoRA adapters in peft's format, merged into the weights they were trained on.

W' = W + (alpha / r) B A (Hu et al. 2021); alpha / sqrt(r) for rank-stabilised adapters
(Kalajdzievski 2023).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from agent.models.checkpoint import Checkpoint, identity, module_names, module_shape
from agent.models.files import digest
from agent.models.folder import read_json
from agent.models.provenance import FILE, Provenance, check_prompt, read_provenance
from agent.models.tensors import Floats, TensorFile
from tools.errors import ModelError

_PREFIX = "base_model.model."
_VARIANTS = ("use_dora", "use_qalora", "fan_in_fan_out", "alora_invocation_tokens",
             "layer_replication", "target_parameters")  # fmt: skip
"""Settings of peft that make of an adapter more than two matrices a module."""


class Adapter:
    """A folder with `adapter_config.json`, `adapter_model.safetensors` and `callsign.json`."""

    def __init__(self, directory: Path) -> None:
        """Open it and check that it is whole and reads our prompts; weights come later.

        Raises `ModelError` if it is not, if it is no plain LoRA adapter, or if nothing says what
        it was trained for.
        """
        self.directory = directory
        self.weights_file = directory / "adapter_model.safetensors"
        config = _read_config(directory / "adapter_config.json")
        self.config = config
        self.rank: int = config["r"]
        root = self.rank**0.5 if config.get("use_rslora") else self.rank
        self.scale: float = config["lora_alpha"] / root
        self._file = TensorFile(self.weights_file)
        self.weights_digest = digest(self.weights_file)
        self.provenance = self._read_provenance()

    @property
    def name(self) -> str:
        """What to call it."""
        return self.directory.resolve().name

    def __iter__(self) -> Iterator[str]:
        """The names of its matrices, as peft writes them."""
        return iter(self._file)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a matrix. Raises KeyError where there is none of that name."""
        return self._file.shape(name)

    def read(self, name: str) -> Floats:
        """A matrix as float32. Raises KeyError where there is none of that name."""
        return self._file.read(name)

    def check(self, checkpoint: Checkpoint) -> None:
        """Raise `ModelError` unless it was trained on this very checkpoint and fits it."""
        said = self.provenance
        if identity(checkpoint) != said.base:
            raise ModelError(
                f"{self.directory} was trained on {said.base_name} ({said.base[:12]}), not on "
                f"{checkpoint.path} ({identity(checkpoint)[:12]}): name that base, or another "
                "adapter (--adapter none: no adapter)"
            )
        known = set(module_names(checkpoint.config))
        for key in self._file:
            name = key.removeprefix(_PREFIX).removesuffix(".weight")
            name, _, part = name.rpartition(".")
            if name not in known or part not in {"lora_A", "lora_B"}:
                raise ModelError(
                    f"{self.directory} does not fit {checkpoint.path}: it changes {key!r}. Only "
                    "LoRA on attention and MLP projections can be merged; name the base that the "
                    "adapter was trained on, or train one without modules_to_save, DoRA and biases"
                )
            self._check_shapes(name, module_shape(checkpoint.config, name))

    def merged(self, name: str, weight: Floats) -> Floats:
        """`weight` of the module `name` with the adapter's change added; see `check`."""
        down, up = _keys(name)
        if down not in self._file:
            return weight
        change = self._file.read(up) @ self._file.read(down)
        return weight + np.multiply(change, self.scale, dtype=np.float32)

    def _check_shapes(self, name: str, wanted: tuple[int, ...]) -> None:
        down, up = (self._file.shape(key) if key in self._file else () for key in _keys(name))
        if len(down) != 2 or len(up) != 2 or not down[0] == up[1] == self.rank:
            raise ModelError(
                f"{self.directory} is damaged: {name} is changed by {down} and {up}, and its "
                f"configuration says r={self.rank}; get the folder again"
            )
        if (up[0], down[1]) != wanted:
            raise ModelError(
                f"{self.directory} was trained on another model: {name} is {wanted} in the base "
                f"and {(up[0], down[1])} in the adapter; name the base that it was trained on"
            )

    def _read_provenance(self) -> Provenance:
        said = read_provenance(self.directory)
        if said is None:
            raise ModelError(
                f"{self.directory} has no {FILE}, so nobody can tell what it was trained on; if it "
                "was trained on this base with our prompts, say so: callsign model sign "
                f"{self.directory}"
            )
        if said.weights and said.weights != self.weights_digest:
            raise ModelError(
                f"{self.weights_file} is damaged, or not the one that {FILE} beside it describes; "
                "get the folder again (callsign serve --adapter none goes without)"
            )
        check_prompt(said, self.directory)
        return said


def _keys(name: str) -> tuple[str, str]:
    """Names of the two matrices that change a module."""
    return f"{_PREFIX}{name}.lora_A.weight", f"{_PREFIX}{name}.lora_B.weight"


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = read_json(path)
    except ModelError as error:
        raise ModelError(f"{error}; --adapter takes a folder that peft wrote") from error
    if config.get("peft_type") != "LORA" or any(map(config.get, _VARIANTS)):
        raise ModelError(f"{path} describes no plain LoRA adapter; only those can be merged")
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not (isinstance(rank, int) and rank >= 1 and isinstance(alpha, int | float)):
        raise ModelError(f"{path} lacks r or lora_alpha: it is not a whole adapter")
    if config.get("rank_pattern") or config.get("alpha_pattern"):
        raise ModelError(f"{path} has ranks by module, which cannot be merged here; train with one")
    return config
