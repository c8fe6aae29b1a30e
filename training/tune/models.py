"""The model as it is trained: adapters added, and the quick ways where they apply."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model

from agent.models.source import open_source
from tools.errors import TrainingError
from training.tune import attention, lora
from training.tune.bases import Base
from training.tune.loss import ActLoss, Way
from training.tune.settings import Settings

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""What an adapter changes: every linear layer that `agent.models.adapter` can merge."""

_BF16 = ("avx512_bf16", "amx_bf16", "bf16")
"""Instructions for it, as PyTorch names them: of x86, and of ARM."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """The model of transformers or peft, and its loss."""

    model: Any
    loss: ActLoss

    @property
    def trainable(self) -> int:
        """Parameters that are trained."""
        return sum(one.numel() for one in self.model.parameters() if one.requires_grad)


def computes_bf16(device: torch.device) -> bool:
    """Whether a device multiplies in bf16 by itself.

    PyTorch emulates it elsewhere: on a CPU with AVX2 alone a product then takes 55 times as long as
    in float32, seen.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    found = torch.cpu.get_capabilities()
    return any(found.get(name, False) for name in _BF16)


def prepare_model(
    base: Base, settings: Settings, device: torch.device, adapter: Path | None = None
) -> Tuned:
    """Load a base and make ready what is trained of it: a new adapter, or `adapter` further.

    LoRA: weights in bf16 where `settings.bf16`, the adapter in float32. Full: float32 weights,
    products in bf16. Everything in float32 where the machine has no instructions for bf16.
    Raises `ModelError` for an adapter that does not belong to the base, `TrainingError` for one of
    another rank.
    """
    if settings.full and adapter:
        raise TrainingError(
            f"--full trains no adapter: merge {adapter} into its base first (callsign model merge) "
            "and name that as --base"
        )
    quick = device.type == "cpu"
    bf16 = settings.bf16 and computes_bf16(device)
    kept = torch.bfloat16 if bf16 and not settings.full else torch.float32
    model = base.load(kept, attention.NAME if quick else "sdpa")
    if settings.checkpointing:
        model.activation_checkpointing_enable({"use_reentrant": False})
    if not settings.full:
        model = _adapted(model, base, settings, adapter)
        if quick:
            lora.quicken(model)
    model.to(device)
    way = Way(
        dtype=torch.bfloat16 if bf16 else torch.float32,
        device=device,
        autocast=bf16 and settings.full,
        prefix_in_mask=not quick,
    )
    return Tuned(model, ActLoss(model, way))


def _adapted(model: Any, base: Base, settings: Settings, adapter: Path | None) -> Any:
    if adapter is None:
        return get_peft_model(model, _lora(settings))
    open_source(base.path, adapter)
    found = cast("LoraConfig", LoraConfig.from_pretrained(str(adapter)))
    if (found.r, float(found.lora_alpha)) != (settings.rank, settings.alpha):
        raise TrainingError(
            f"{adapter} has r={found.r} and alpha={found.lora_alpha:g}, the run "
            f"r={settings.rank} and alpha={settings.alpha:g}: say --rank {found.r}"
        )
    found.base_model_name_or_path = None  # peft would look the name up in the hub
    found.inference_mode = False
    return PeftModel.from_pretrained(model, str(adapter), config=found, is_trainable=True)


def _lora(settings: Settings) -> LoraConfig:
    return LoraConfig(
        r=settings.rank,
        lora_alpha=cast("int", settings.alpha),
        target_modules=[*PROJECTIONS],
        lora_dropout=0.0,
        bias="none",
        task_type="CAUSAL_LM",
    )
