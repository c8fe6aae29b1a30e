"""Base and adapter become one folder that transformers and vLLM load, without PyTorch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import orjson

from agent.engines.chatml import END, jinja_template
from agent.models.checkpoint import Checkpoint, all_names, module_shape
from agent.models.files import Progress, quietly
from agent.models.folder import ModelFolder, is_model_folder, read_json
from agent.models.provenance import read_provenance, write_provenance
from agent.models.source import Source, check_free, checked_tokenizer
from agent.models.tensors import Floats, Precision, write

SHARD_BYTES = 4_000_000_000
_TOKENIZER = "tokenizer_config.json"
_DTYPES: Mapping[Precision, str] = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def merge(
    source: Source,
    out: Path,
    precision: Precision = "bf16",
    progress: Progress = quietly,
    *,
    replace: bool = False,
) -> Path:
    """Write the folder `out`, whole or not at all, with our chat template.

    Without an adapter it is the base in that format, for adapters to be served on. A folder that
    holds the same already is left as it is, another model there is an error or is replaced. One
    tensor is in memory at a time. Raises `ModelError`.
    """
    if _holds(out, source, precision):
        return out
    if not (replace and is_model_folder(out)):
        check_free(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        _write_weights(source, part, precision, progress)
        _write_tokenizer(source.checkpoint, part)
        _write_json(part / "config.json", _config(source.checkpoint, precision))
        write_provenance(part, source.provenance())
        shutil.rmtree(out, ignore_errors=True)
        part.chmod(0o755)
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return out


def _holds(out: Path, source: Source, precision: Precision) -> bool:
    if not is_model_folder(out) or read_provenance(out) != source.provenance():
        return False
    return read_json(out / "config.json").get("torch_dtype") == _DTYPES[precision]


def _write_weights(source: Source, out: Path, precision: Precision, progress: Progress) -> None:
    checkpoint = source.checkpoint
    names = list(all_names(checkpoint.config, tied_embeddings=checkpoint.tied_embeddings))
    shapes = {f"{name}.weight": module_shape(checkpoint.config, name) for name in names}
    shards = list(_shards(shapes, 4 if precision == "fp32" else 2))
    places: dict[str, str] = {}
    done = 0
    for number, shard in enumerate(shards, 1):
        file = _shard_name(number, len(shards))

        def tensors(shard: Mapping[str, tuple[int, ...]] = shard) -> Iterator[tuple[str, Floats]]:
            nonlocal done
            for key in shard:
                yield key, source.weight(key.removesuffix(".weight"))
                done += 1
                progress("merging", done, len(shapes))

        write(out / file, tensors(), shard, precision)
        places |= dict.fromkeys(shard, file)
    if len(shards) > 1:
        size = sum(map(prod, shapes.values())) * (4 if precision == "fp32" else 2)
        index = {"metadata": {"total_size": size}, "weight_map": places}
        _write_json(out / "model.safetensors.index.json", index)


def _shards(
    shapes: Mapping[str, tuple[int, ...]], width: int
) -> Iterator[dict[str, tuple[int, ...]]]:
    shard: dict[str, tuple[int, ...]] = {}
    size = 0
    for name, shape in shapes.items():
        if shard and size + prod(shape) * width > SHARD_BYTES:
            yield shard
            shard, size = {}, 0
        shard[name] = shape
        size += prod(shape) * width
    yield shard


def _shard_name(number: int, of: int) -> str:
    return "model.safetensors" if of == 1 else f"model-{number:05}-of-{of:05}.safetensors"


def _config(checkpoint: Checkpoint, precision: Precision) -> Mapping[str, Any]:
    stored = {"torch_dtype": _DTYPES[precision]}
    if isinstance(checkpoint, ModelFolder):
        kept = {name: value for name, value in checkpoint.settings.items() if name != "dtype"}
        return kept | stored
    config, vocabulary = checkpoint.config, checkpoint.vocabulary()
    return stored | {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": config.vocabulary,
        "hidden_size": config.hidden,
        "intermediate_size": config.feed,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "max_position_embeddings": config.context,
        "rope_theta": config.rope_theta,
        "rms_norm_eps": config.rms_epsilon,
        "hidden_act": "silu",
        "tie_word_embeddings": checkpoint.tied_embeddings,
        "bos_token_id": vocabulary.bos_id,
        "eos_token_id": vocabulary.eos_id,
        "pad_token_id": vocabulary.eos_id,
    }


def _write_tokenizer(checkpoint: Checkpoint, out: Path) -> None:
    tokenizer = checked_tokenizer(checkpoint)
    end = tokenizer.token_to_id(END.text)
    tokenizer.save(str(out / "tokenizer.json"))
    settings: dict[str, Any] = {}
    if isinstance(checkpoint, ModelFolder) and (checkpoint.path / _TOKENIZER).is_file():
        settings = read_json(checkpoint.path / _TOKENIZER)
        settings.pop("chat_template", None)
    else:
        settings = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": tokenizer.id_to_token(checkpoint.vocabulary().bos_id),
            "model_max_length": checkpoint.config.context,
            "clean_up_tokenization_spaces": False,
        }
    # A message ends an act, whatever the base took for its end before.
    settings |= {"eos_token": END.text, "pad_token": END.text}
    _write_json(out / _TOKENIZER, settings)
    _write_json(out / "generation_config.json", {"eos_token_id": end, "pad_token_id": end})
    (out / "chat_template.jinja").write_text(jinja_template(), encoding="utf-8")


def _write_json(path: Path, value: Any) -> None:
    path.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")
