"""Models that cannot be served, each with what its refusal must say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import orjson

from agent.models import provenance
from agent.models.export import export
from agent.models.merging import merge
from agent.models.source import open_source
from tests.agent.models import tiny

Made = tuple[Path, Path | None, str]
"""Base, adapter, and a pattern of the one line that refuses them."""


def truncated_gguf(folder: Path) -> Made:
    base = tiny.write(folder / "tiny.gguf")
    base.write_bytes(base.read_bytes()[:-100])
    return base, None, "truncated.*get it again.*callsign model fetch"


def half_a_gguf(folder: Path) -> Made:
    base = tiny.write(folder / "tiny.gguf")
    base.write_bytes(base.read_bytes()[: base.stat().st_size // 2])
    return base, None, "truncated.*get it again.*callsign model fetch"


def no_model(folder: Path) -> Made:
    return folder / "nowhere.gguf", None, "no model file or folder.*callsign model fetch"


def other_architecture(folder: Path) -> Made:
    base = tiny.write(folder / "m.gguf", architecture="mamba")
    return base, None, "LLaMA models only.*--engine openai"


def pickled_folder(folder: Path) -> Made:
    made = folder / "pickled"
    made.mkdir()
    (made / "config.json").write_text('{"model_type": "llama"}')
    (made / "pytorch_model.bin").touch()
    return made, None, "pickled.*safe_serialization"


def other_folder(folder: Path) -> Made:
    made = folder / "gpt"
    made.mkdir()
    (made / "config.json").write_text('{"model_type": "gpt2"}')
    tiny.adapter(folder / "any", tiny.write(folder / "t.gguf"))
    (folder / "any" / "adapter_model.safetensors").rename(made / "model.safetensors")
    return made, None, "'gpt2' model.*--engine openai"


def adapter_for_a_base(folder: Path) -> Made:
    adapter = tiny.adapter(folder / "adapter", tiny.write(folder / "tiny.gguf"))
    return adapter, None, "is an adapter, no base.*--adapter"


def truncated_adapter(folder: Path) -> Made:
    base, adapter = _pair(folder)
    weights = adapter / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    return base, adapter, "truncated or damaged.*get the folder again"


def adapter_without_weights(folder: Path) -> Made:
    base, adapter = _pair(folder)
    (adapter / "adapter_model.safetensors").unlink()
    return base, adapter, "adapter_model.safetensors is missing.*get the folder again"


def other_weights(folder: Path) -> Made:
    base, adapter = _pair(folder)
    other = tiny.adapter(folder / "other", base, {Q_1: tiny.lora_pair(seed=9)})
    (other / "adapter_model.safetensors").rename(adapter / "adapter_model.safetensors")
    return base, adapter, "damaged, or not the one that callsign.json.*get the folder again"


def no_adapter(folder: Path) -> Made:
    base = tiny.write(folder / "tiny.gguf")
    return base, folder / "nowhere", "--adapter takes a folder that peft wrote"


def unsigned_adapter(folder: Path) -> Made:
    base, adapter = _pair(folder)
    (adapter / provenance.FILE).unlink()
    return base, adapter, "no callsign.json.*callsign model sign"


def foreign_adapter(folder: Path) -> Made:
    """Signed for this base, but made for another shape."""
    base = tiny.write(folder / "tiny.gguf")
    adapter = tiny.adapter(folder / "adapter", base, {Q_1: tiny.lora_pair(rows=32)})
    return base, adapter, "trained on another model.*name the base"


def wrong_base(folder: Path) -> Made:
    _, adapter = _pair(folder)
    other = tiny.write(folder / "other.gguf", seed=8)
    return other, adapter, "was trained on tiny .* not on .*other.gguf.*name that base"


def other_template(folder: Path) -> Made:
    base, adapter = _pair(folder)
    _change(adapter, prompt="f" * 64)
    return base, adapter, "another chat template or prompt.*callsign train sft.*--adapter none"


def other_template_merged(folder: Path) -> Made:
    base, adapter = _pair(folder)
    made = merge(open_source(base, adapter), folder / "merged")
    _change(made, prompt="f" * 64)
    return made, None, "another chat template or prompt.*callsign train sft"


def other_template_exported(folder: Path) -> Made:
    base, adapter = _pair(folder)
    source = open_source(base, adapter)
    assert source.adapter
    source.adapter.provenance = replace(source.adapter.provenance, prompt="f" * 64)
    made = export(source, folder / "exported.gguf")
    return made, None, "another chat template or prompt.*callsign train sft"


def no_chat_model(folder: Path) -> Made:
    base = tiny.write(folder / "tiny.gguf", special=["<s>", "</s>", "<unk>"])
    return base, None, "no ChatML control tokens.*take a chat model"


def not_lora(folder: Path) -> Made:
    base = tiny.write(folder / "tiny.gguf")
    return base, tiny.adapter(folder / "adapter", base, peft_type="IA3"), "no plain LoRA"


Q_1 = "model.layers.1.self_attn.q_proj"

FAULTY: Mapping[str, Callable[[Path], Made]] = {
    made.__name__: made
    for made in (
        truncated_gguf, half_a_gguf, no_model, other_architecture, pickled_folder, other_folder,
        adapter_for_a_base, truncated_adapter, adapter_without_weights, other_weights, no_adapter,
        unsigned_adapter, foreign_adapter, wrong_base, other_template, other_template_merged,
        other_template_exported, no_chat_model, not_lora,
    )
}  # fmt: skip


def _pair(folder: Path) -> tuple[Path, Path]:
    base = tiny.write(folder / "tiny.gguf")
    return base, tiny.adapter(folder / "adapter", base)


def _change(adapter: Path, **fields: object) -> None:
    path = adapter / provenance.FILE
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | fields))
