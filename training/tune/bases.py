"""The base model, opened once for its weights, its tokenizer and its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from agent.models.base import find, open_checkpoint
from agent.models.checkpoint import Checkpoint, all_names, identity
from agent.models.files import Progress, quietly
from agent.models.folder import ModelFolder
from tools.errors import ModelError


@dataclass(frozen=True, slots=True)
class Base:
    """What is fine-tuned. `digest` identifies it as serving does."""

    checkpoint: Checkpoint
    digest: str

    @property
    def name(self) -> str:
        """What to call it."""
        return self.checkpoint.name

    @property
    def path(self) -> Path:
        """Its file or folder."""
        return self.checkpoint.path

    def load(self, dtype: torch.dtype, attention: str) -> Any:
        """The model of transformers, on the CPU, in `dtype`.

        A GGUF file is de-quantised by the reader that serving uses, so that what an adapter is
        trained on is what it is merged into.
        """
        if isinstance(self.checkpoint, ModelFolder):
            return AutoModelForCausalLM.from_pretrained(
                self.path, dtype=dtype, attn_implementation=attention
            )
        return _from_checkpoint(self.checkpoint, dtype, attention)


def open_base(base: Path | None, progress: Progress = quietly) -> Base:
    """Find and open a base: None is the default model. Raises `tools.errors.ModelError`."""
    checkpoint = open_checkpoint(find(base, progress))
    return Base(checkpoint, identity(checkpoint))


def _from_checkpoint(checkpoint: Checkpoint, dtype: torch.dtype, attention: str) -> Any:
    shape, words = checkpoint.config, checkpoint.vocabulary()
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.feed,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=shape.context,
        rms_norm_eps=shape.rms_epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=checkpoint.tied_embeddings,
        bos_token_id=words.bos_id,
        eos_token_id=words.eos_id,
        pad_token_id=words.eos_id,
    )
    model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation=attention)
    names = all_names(shape, tied_embeddings=checkpoint.tied_embeddings)
    weights = {f"{name}.weight": torch.tensor(checkpoint.weight(name)) for name in names}
    missing, surplus = model.load_state_dict(weights, strict=False)
    if surplus or set(missing) - {"lm_head.weight"}:
        raise ModelError(f"{checkpoint.path} does not hold the weights that its shape asks for")
    model.tie_weights()
    return model
