"""What a run leaves: the adapter (or the whole model), signed; curves; a card."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model_state_dict
from safetensors.torch import save_file

from agent.models.provenance import Provenance, sign, write_provenance
from agent.prompt_format import prompt_format
from training.tune.bases import Base
from training.tune.card import ADAPTER, MODEL, write_card
from training.tune.curves import draw_curves
from training.tune.examiner import BEST
from training.tune.models import Tuned
from training.tune.processes import Place


@dataclass(frozen=True, slots=True)
class Outcome:
    """Saves what is trained. `config` is the run's; `full` says that there is no adapter."""

    folder: Path
    tuned: Tuned
    base: Base
    config: Mapping[str, Any]
    where: Place
    full: bool

    def finish(self, trainer: Any) -> Path:
        """The result, the best one where models were compared; every process calls this."""
        target = self.folder / (MODEL if self.full else ADAPTER)
        best = self.folder / BEST
        state = None
        if self.where.ranks > 1:
            # Shards are gathered by all processes together.
            state = trainer.accelerator.get_state_dict(trainer.model_wrapped)
        if self.where.first:
            if best.is_dir():
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(best, target)
            else:
                self.save(target, state)
            draw_curves(self.folder)
            write_card(self.folder, self.config, target)
        trainer.accelerator.wait_for_everyone()
        return target

    def save(self, target: Path, state: Mapping[str, torch.Tensor] | None = None) -> Path:
        """Write the model as it stands, whole or not at all.

        `state` are its weights where they are not in this process's memory.
        """
        part = target.with_name(f".{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        if self.full:
            self._save_model(part, state)
        else:
            self._save_adapter(part, state)
        shutil.rmtree(target, ignore_errors=True)
        part.replace(target)
        return target

    def _save_adapter(self, folder: Path, state: Mapping[str, torch.Tensor] | None) -> None:
        """A peft folder that `agent.models.adapter` reads, in half precision."""
        model = self.tuned.model
        folder.mkdir(parents=True)
        for config in model.peft_config.values():
            config.base_model_name_or_path = self.base.name
            config.save_pretrained(str(folder))
        weights: dict[str, torch.Tensor] = get_peft_model_state_dict(
            model, state_dict=state, save_embedding_layers=False
        )
        halved = {name: one.detach().to("cpu", torch.float16).contiguous()
                  for name, one in weights.items()}  # fmt: skip
        path = folder / "adapter_model.safetensors"
        save_file(halved, path, metadata={"format": "pt"})
        path.chmod(0o644)  # safetensors writes for its owner alone
        sign(folder, base=self.base.digest, base_name=self.base.name,
             data=self.config["plan"]["data"], recipe=self.config["command"])  # fmt: skip

    def _save_model(self, folder: Path, state: Mapping[str, torch.Tensor] | None) -> None:
        """A folder as transformers saves it, with the base's tokenizer."""
        self.tuned.model.save_pretrained(str(folder), state_dict=state)
        self.base.checkpoint.tokenizer().save(str(folder / "tokenizer.json"))
        made = Provenance(self.base.digest, self.base.name, prompt_format(), "",
                          self.config["plan"]["data"], self.config["command"])  # fmt: skip
        write_provenance(folder, made)
