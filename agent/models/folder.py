"""A LLaMA checkpoint as transformers saves it: ``config.json`` and safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from tokenizers import Tokenizer

from agent.models.checkpoint import LlamaConfig, Vocabulary
from agent.models.files import digest
from agent.models.provenance import read_provenance
from agent.models.tensors import Floats, TensorFile
from tools.errors import ModelError

_INDEX = "model.safetensors.index.json"
_WHOLE = "model.safetensors"
_PICKLED = ("*.bin", "*.pt", "*.pth")


class ModelFolder:
    """An opened folder (see `agent.models.checkpoint.Checkpoint`)."""

    def __init__(self, path: Path) -> None:
        """Read configuration and headers; every file that the index names must be whole.

        Raises `ModelError` if one is not, or the model is no plain LLaMA.
        """
        self.path = path
        self.name = path.resolve().name.lower()
        self.settings = read_json(path / "config.json")
        self.provenance = read_provenance(path)
        files = {name: TensorFile(path / name) for name in _weight_files(path)}
        self.files: Mapping[str, TensorFile] = files
        self._places = {name: file for file in files.values() for name in file}
        _check(self.settings, path)
        self.config = self._read_config()

    @property
    def tied_embeddings(self) -> bool:
        """See `Checkpoint.tied_embeddings`."""
        return "lm_head.weight" not in self._places

    @cached_property
    def scaled_rope(self) -> bool:
        """Whether rotary embeddings are scaled, as those of Llama 3.1 are."""
        rope = self._rope
        return rope.get("rope_type", rope.get("type", "default")) != "default"

    @property
    def _rope(self) -> Mapping[str, Any]:
        """Settings of the rotary embeddings; transformers 5 keeps theta among them."""
        return self.settings.get("rope_parameters") or self.settings.get("rope_scaling") or {}

    def weight(self, name: str) -> Floats:
        """See `Checkpoint.weight`."""
        file = self._places.get(f"{name}.weight")
        if file is None:
            raise ModelError(f"{self.path} has no tensor for {name}: it is not a whole LLaMA model")
        return file.read(f"{name}.weight")

    def tokenizer(self) -> Tokenizer:
        """See `Checkpoint.tokenizer`."""
        return Tokenizer.from_str(orjson.dumps(self._tokenizer_json).decode())

    def vocabulary(self) -> Vocabulary:
        """See `Checkpoint.vocabulary`."""
        definition = self._tokenizer_json
        model, added = definition["model"], definition.get("added_tokens", [])
        ids: dict[str, int] = model["vocab"] | {it["content"]: it["id"] for it in added}
        tokens = {index: token for token, index in ids.items()}
        if model.get("type") != "BPE" or sorted(tokens) != list(range(len(tokens))):
            raise ModelError(f"{self.path} has no byte-level BPE tokenizer, as GGUF needs it")
        return Vocabulary(
            tokens=tuple(tokens[index] for index in range(len(tokens))),
            special=tuple(sorted(it["id"] for it in added if it.get("special"))),
            merges=tuple(it if isinstance(it, str) else " ".join(it) for it in model["merges"]),
            pre_tokenizer=self._pre_tokenizer(definition.get("pre_tokenizer") or {}),
            bos_id=_first(self.settings.get("bos_token_id")),
            eos_id=_first(self.settings.get("eos_token_id")),
        )

    def digest(self) -> str:
        """See `Checkpoint.digest`: over names and digests of the files, sorted."""
        lines = "".join(f"{name}:{digest(self.path / name)}\n" for name in sorted(self.files))
        return sha256(lines.encode()).hexdigest()

    @cached_property
    def _tokenizer_json(self) -> dict[str, Any]:
        return read_json(self.path / "tokenizer.json")

    def _pre_tokenizer(self, definition: Mapping[str, Any]) -> str:
        parts = definition.get("pretokenizers", [definition])
        kinds = [part.get("type") for part in parts]
        if kinds == ["Digits", "ByteLevel"] and parts[0].get("individual_digits"):
            return "smollm"
        if kinds == ["ByteLevel"]:
            return "gpt-2"
        if kinds == ["Split", "ByteLevel"] and r"\p{N}{1,3}" in str(parts[0].get("pattern")):
            return "llama-bpe"
        raise ModelError(
            f"{self.path} splits text in a way that is not known here ({kinds}); convert it to "
            "GGUF with llama.cpp, or serve the folder with callsign model serve"
        )

    def _read_config(self) -> LlamaConfig:
        said = self.settings
        try:
            table = "model.embed_tokens.weight"
            return LlamaConfig(
                layers=said["num_hidden_layers"],
                hidden=said["hidden_size"],
                heads=said["num_attention_heads"],
                kv_heads=said.get("num_key_value_heads") or said["num_attention_heads"],
                feed=said["intermediate_size"],
                vocabulary=self._places[table].shape(table)[0],
                context=said["max_position_embeddings"],
                rope_theta=said.get("rope_theta") or self._rope.get("rope_theta") or 10_000.0,
                rms_epsilon=said["rms_norm_eps"],
            )
        except KeyError as error:
            raise ModelError(f"{self.path} lacks {error}: it is not a whole LLaMA model") from error


def is_model_folder(path: Path) -> bool:
    """Whether this is a folder that transformers could have saved a model to."""
    return (path / "config.json").is_file()


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises `ModelError`."""
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ModelError(f"{path} is missing or damaged: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} is no JSON object")
    return found  # pyright: ignore[reportUnknownVariableType]


def _weight_files(path: Path) -> list[str]:
    if (path / _INDEX).is_file():
        named = read_json(path / _INDEX).get("weight_map", {})
        return sorted(set(named.values()))
    if (path / _WHOLE).is_file():
        return [_WHOLE]
    if any(next(path.glob(kind), None) for kind in _PICKLED):
        raise ModelError(
            f"{path} holds pickled weights, which can run code when they are read; save the model "
            "with safe_serialization=True"
        )
    raise ModelError(f"{path} holds no {_WHOLE} and no {_INDEX}; get the folder again")


def _check(settings: Mapping[str, Any], path: Path) -> None:
    kind = settings.get("model_type")
    if kind != "llama":
        raise ModelError(
            f"{path} holds a {kind!r} model; LLaMA models are read here. Serve it with vLLM itself "
            "and use --engine openai"
        )
    if settings.get("quantization_config"):
        raise ModelError(f"{path} is quantised; take the unquantised checkpoint of the model")
    heads, hidden = settings.get("num_attention_heads", 1), settings.get("hidden_size", 0)
    if settings.get("head_dim") not in (None, hidden // heads):
        raise ModelError(f"{path} has heads of another width than hidden_size / heads")
    if settings.get("attention_bias") or settings.get("mlp_bias"):
        raise ModelError(f"{path} has biases, which a plain LLaMA does not")


def _first(token: Any) -> int:
    return token[0] if isinstance(token, list) else (token or 0)  # pyright: ignore[reportUnknownVariableType]
