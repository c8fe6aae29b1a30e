"""Base and adapter as one model: a transformers folder or a GGUF file, each the same model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import models
from agent.engines.chatml import jinja_template
from agent.models import merging
from agent.models.base import open_checkpoint
from agent.models.checkpoint import all_names, identity, module_shape
from agent.models.export import GgufType, export
from agent.models.folder import ModelFolder
from agent.models.gguf_file import GgufFile, _unpermute, permute
from agent.models.merging import merge
from agent.models.provenance import sign
from agent.models.source import open_source
from agent.models.tensors import Precision
from tests.agent.models import tiny
from tests.agent.models.test_conversion import IDS, Q_PROJ, computed
from tools.errors import ModelError


@pytest.fixture
def adapter(base: Path, tmp_path: Path) -> Path:
    k = "model.layers.1.self_attn.k_proj"
    changes = {Q_PROJ: tiny.lora_pair(), k: tiny.lora_pair(32, seed=5)}
    return tiny.adapter(tmp_path / "flights", base, changes, r=4, lora_alpha=2)


def changed() -> dict[str, np.ndarray]:
    weights = tiny.weights()
    for name, rows, seed in ((Q_PROJ, 64, 3), ("model.layers.1.self_attn.k_proj", 32, 5)):
        down, up = tiny.lora_pair(rows, seed=seed)
        weights[name] = weights[name] + 0.5 * up @ down
    return weights


@pytest.mark.parametrize(("precision", "within"), [("fp32", 1e-6), ("bf16", 2**-8), ("fp16", 1e-3)])
def test_a_merged_folder_holds_base_plus_change(
    base: Path, adapter: Path, tmp_path: Path, precision: Precision, within: float
) -> None:
    merged = ModelFolder(merge(open_source(base, adapter), tmp_path / "out", precision))
    for name, expected in changed().items():
        got = merged.weight(name)
        assert np.abs(got - expected).max() <= within * np.abs(expected).max(), name


def test_a_folder_says_the_same_of_the_model_as_the_file_it_came_from(
    base: Path, tmp_path: Path
) -> None:
    merged = ModelFolder(merge(open_source(base, None), tmp_path / "out", "fp32"))
    file = GgufFile(base)
    assert merged.config == file.config
    assert merged.vocabulary() == file.vocabulary()
    assert merged.tied_embeddings == file.tied_embeddings
    text = "the then { <|im_end|>"
    assert merged.tokenizer().encode(text).ids == file.tokenizer().encode(text).ids
    assert all(
        merged.weight(name).shape == module_shape(merged.config, name)
        for name in all_names(merged.config, tied_embeddings=True)
    )


def test_an_unchanged_base_keeps_its_identity_in_every_format(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    plain = open_source(base, None)
    folder = merge(plain, tmp_path / "plain")
    file = export(plain, tmp_path / "plain.gguf", "f16")
    for path in (base, folder, file, export(open_source(folder, None), tmp_path / "again.gguf")):
        assert identity(open_checkpoint(path)) == identity(GgufFile(base))
        open_source(path, adapter)


def test_a_merged_model_is_a_base_of_its_own(base: Path, adapter: Path, tmp_path: Path) -> None:
    folder = merge(open_source(base, adapter), tmp_path / "merged")
    with pytest.raises(ModelError, match="was trained on tiny"):
        open_source(folder, adapter)


@pytest.mark.parametrize("kind", ["q8_0", "f16", "f32"])
def test_an_exported_file_computes_what_base_and_adapter_compute(
    base: Path, adapter: Path, tmp_path: Path, kind: GgufType
) -> None:
    file = export(open_source(base, adapter), tmp_path / "out.gguf", kind)
    expected = tiny.logits(IDS, changed())
    got = computed(models.ensure(file), [IDS])
    assert np.abs(got - expected).max() < 0.05 * np.abs(expected).max()
    assert np.abs(got - tiny.logits(IDS, tiny.weights())).max() > 0.2 * np.abs(expected).max()


def test_folders_are_converted_for_the_embedded_engine_too(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    folder = merge(open_source(base, None), tmp_path / "base", "fp32")
    assert np.allclose(
        computed(models.ensure(folder, adapter), [IDS]),
        computed(models.ensure(base, adapter), [IDS]),
        atol=1e-3,
    )
    assert models.ensure(merge(open_source(base, adapter), tmp_path / "merged")).tuned


def test_the_template_goes_along(base: Path, adapter: Path, tmp_path: Path) -> None:
    source = open_source(base, adapter)
    folder = merge(source, tmp_path / "merged")
    assert (folder / "chat_template.jinja").read_text() == jinja_template()
    file = GgufFile(export(source, tmp_path / "out.gguf"))
    template = file._field("tokenizer.chat_template")
    assert "generation" not in template.replace("add_generation_prompt", "")
    assert "<|im_start|>assistant" in template
    assert orjson.loads((folder / "generation_config.json").read_bytes())["eos_token_id"] == 2


def test_large_models_come_in_shards(
    base: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ModelFolder(merge(open_source(base, adapter), tmp_path / "whole"))
    monkeypatch.setattr(merging, "SHARD_BYTES", 40_000)
    sharded = ModelFolder(merge(open_source(base, adapter), tmp_path / "sharded"))
    assert len(sharded.files) > 2
    for name in all_names(whole.config, tied_embeddings=True):
        assert np.array_equal(whole.weight(name), sharded.weight(name))
    again = open_source(sharded.path, None)
    assert np.array_equal(again.weight(Q_PROJ), whole.weight(Q_PROJ))
    (sharded.path / next(iter(sharded.files))).unlink()
    with pytest.raises(ModelError, match="missing"):
        ModelFolder(sharded.path)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 6))
def test_rows_come_back_from_their_interleaved_order(heads: int, half: int, inputs: int) -> None:
    rows = np.arange(heads * 2 * half * inputs, dtype=np.float32).reshape(-1, inputs)
    assert np.array_equal(_unpermute(permute(rows, heads), heads), rows)


def test_what_stands_there_already_is_not_overwritten(base: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    with pytest.raises(ModelError, match="is there already"):
        merge(open_source(base, None), tmp_path / "out", replace=True)
    (tmp_path / "out.gguf").touch()
    with pytest.raises(ModelError, match="is there already"):
        export(open_source(base, None), tmp_path / "out.gguf")


def test_what_fails_on_the_way_leaves_nothing(base: Path, tmp_path: Path) -> None:
    bad = tiny.adapter(tmp_path / "bad", base, {Q_PROJ: tiny.lora_pair(32)})
    for make in (merge, export):
        with pytest.raises(ModelError, match="trained on another model"):
            make(open_source(base, bad), tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} <= {"bad", "tiny.gguf", "home"}


def test_the_reference_implementation_loads_a_merged_folder(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    folder = merge(open_source(base, adapter), tmp_path / "merged", "fp32")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        got = model(torch.tensor([IDS])).logits[0].numpy()
    expected = tiny.logits(IDS, changed())
    assert np.abs(got - expected).max() < 1e-3 * np.abs(expected).max()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    said = [{"role": "user", "content": "the"}]
    text = tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
    assert text == "<|im_start|>user\nthe<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("stored", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("rslora", [False, True])
def test_an_adapter_that_peft_wrote_is_merged_as_peft_merges_it(
    base: Path, tmp_path: Path, stored: str, rslora: bool
) -> None:
    transformers = pytest.importorskip("transformers")
    torch, peft = pytest.importorskip("torch"), pytest.importorskip("peft")
    torch.manual_seed(3)
    plain = merge(open_source(base, None), tmp_path / "plain", "fp32")
    model = transformers.AutoModelForCausalLM.from_pretrained(plain, dtype=torch.float32)
    config = peft.LoraConfig(
        r=8, lora_alpha=24, target_modules="all-linear", init_lora_weights=False,
        use_rslora=rslora, task_type="CAUSAL_LM",
    )  # fmt: skip
    tuned = peft.get_peft_model(model, config).to(getattr(torch, stored))
    tuned.save_pretrained(tmp_path / "peft")
    sign(tmp_path / "peft", base=identity(open_checkpoint(plain)), base_name="tiny")
    source = open_source(base, tmp_path / "peft")
    # Rounded as it was stored, then computed in full.
    with torch.no_grad():
        expected = tuned.float()(torch.tensor([IDS])).logits[0].numpy()
    weights = {name: source.weight(name) for name in tiny.weights()}
    if stored == "float32":
        assert np.abs(tiny.logits(IDS, weights) - expected).max() < 1e-3 * np.abs(expected).max()
    # The adapter's own product is exact in every precision.
    layer = tuned.base_model.model.model.layers[1].mlp.down_proj
    change = layer.get_delta_weight("default").detach().numpy()
    name = "model.layers.1.mlp.down_proj"
    got = source.weight(name) - source.checkpoint.weight(name)
    assert np.abs(got - change).max() < 1e-5 * np.abs(change).max() + 1e-6
