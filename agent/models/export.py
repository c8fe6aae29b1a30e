"""Base and adapter become one GGUF file, which the embedded engine and llama.cpp's kin read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from gguf import (
    GGML_QUANT_SIZES,
    GGML_QUANT_VERSION,
    GGMLQuantizationType,
    GGUFWriter,
    LlamaFileType,
    TokenType,
    quantize,
)
from numpy.typing import NDArray

from agent.engines.chatml import END, jinja_template
from agent.models.checkpoint import all_names, module_shape
from agent.models.files import Progress, quietly, whole_file
from agent.models.folder import ModelFolder
from agent.models.gguf_file import PROVENANCE_KEY, gguf_name, permute
from agent.models.source import Source, check_free
from agent.models.tensors import Floats
from tools.errors import ModelError

GgufType = Literal["q8_0", "f16", "f32"]
"""How matrices are stored; norms stay float32. Q8_0 is half the size of F16 and as good here."""

_TYPES: Mapping[GgufType, tuple[GGMLQuantizationType, LlamaFileType]] = {
    "q8_0": (GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "f16": (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    "f32": (GGMLQuantizationType.F32, LlamaFileType.ALL_F32),
}
_GENERATION = re.compile(r"\{%-?\s*(?:end)?generation\s*-?%\}")
"""Tags that only Hugging Face's template engine knows; they mark, and write nothing."""


def export(
    source: Source, out: Path, kind: GgufType = "q8_0", progress: Progress = quietly
) -> Path:
    """Write the file `out`, whole or not at all, one tensor in memory at a time.

    Raises `ModelError`, also for a model that GGUF's `llama` cannot express here.
    """
    check_free(out)
    checkpoint = source.checkpoint
    if isinstance(checkpoint, ModelFolder) and checkpoint.scaled_rope:
        raise ModelError(
            f"{checkpoint.path} scales its rotary embeddings; merge it with callsign model merge "
            "and convert the folder with llama.cpp, or serve it with callsign model serve"
        )
    names = list(all_names(checkpoint.config, tied_embeddings=checkpoint.tied_embeddings))
    with whole_file(out) as part, closing(GGUFWriter(part, "llama")) as writer:
        _describe(writer, source, kind)
        for name in names:
            stored = _stored(source, name, kind)
            shape, bytes_ = _room(module_shape(checkpoint.config, name), stored)
            writer.add_tensor_info(gguf_name(name), shape, np.dtype(np.uint8), bytes_, stored)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for done, name in enumerate(names, 1):
            writer.write_tensor_data(_encoded(source, name, kind))
            progress("exporting", done, len(names))
    return out


def _describe(writer: GGUFWriter, source: Source, kind: GgufType) -> None:
    config = source.checkpoint.config
    writer.add_name(source.name)
    writer.add_file_type(_TYPES[kind][1])
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_block_count(config.layers)
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.hidden)
    writer.add_feed_forward_length(config.feed)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_vocab_size(config.vocabulary)
    writer.add_rope_dimension_count(config.head_size)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.rms_epsilon)
    _describe_tokenizer(writer, source)
    said = source.provenance()
    writer.add_license(said.licence)
    for name, value in asdict(said).items():
        key = PROVENANCE_KEY.format(name)
        if isinstance(value, int):
            writer.add_uint32(key, value)
        elif value:
            writer.add_string(key, value)


def _describe_tokenizer(writer: GGUFWriter, source: Source) -> None:
    vocabulary = source.checkpoint.vocabulary()
    # The embeddings may be padded; llama.cpp wants a token for each row.
    spare = source.checkpoint.config.vocabulary - len(vocabulary.tokens)
    special = frozenset(vocabulary.special)
    types = [TokenType.CONTROL if n in special else TokenType.NORMAL
             for n in range(len(vocabulary.tokens))]  # fmt: skip
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.pre_tokenizer)
    writer.add_token_list([*vocabulary.tokens, *(f"[PAD{n}]" for n in range(spare))])
    writer.add_token_types([*types, *[TokenType.UNUSED] * spare])
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.bos_id)
    # A message's end ends an act, whatever the base took for its end before.
    writer.add_eos_token_id(vocabulary.tokens.index(END.text))
    writer.add_add_bos_token(False)  # noqa: FBT003 - the library's own signature
    writer.add_add_space_prefix(False)  # noqa: FBT003
    writer.add_chat_template(_GENERATION.sub("", jinja_template()))


def _stored(source: Source, name: str, kind: GgufType) -> GGMLQuantizationType:
    shape = module_shape(source.checkpoint.config, name)
    if len(shape) == 1:
        return GGMLQuantizationType.F32
    wanted = _TYPES[kind][0]
    block, _ = GGML_QUANT_SIZES[wanted]
    return wanted if shape[-1] % block == 0 else GGMLQuantizationType.F16


def _room(shape: tuple[int, ...], stored: GGMLQuantizationType) -> tuple[tuple[int, ...], int]:
    """Shape and number of the bytes that a tensor takes."""
    block, size = GGML_QUANT_SIZES[stored]
    wide = (*shape[:-1], shape[-1] // block * size)
    return wide, prod(wide)


def _encoded(source: Source, name: str, kind: GgufType) -> NDArray[Any]:
    value: Floats = source.weight(name)
    config = source.checkpoint.config
    if name.endswith("q_proj"):
        value = permute(value, config.heads)
    elif name.endswith("k_proj"):
        value = permute(value, config.kv_heads)
    return quantize(value, _stored(source, name, kind)).view(np.uint8)
