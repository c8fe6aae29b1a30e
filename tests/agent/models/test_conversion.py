"""Conversion: the graph computes what the weights say, and nothing is done twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

from agent import models
from agent.models.files import ModelFiles
from agent.models.gguf_file import GgufFile
from tests.agent.models import tiny
from tools.errors import ModelError

IDS = [1, 40, 41, 99, 7, 80, 81, 200, 13]
Q_PROJ = "model.layers.0.self_attn.q_proj"


def computed(files: ModelFiles, chunks: list[list[int]]) -> np.ndarray:
    """Logits of all positions from the stateful graph, fed chunk by chunk."""
    exact = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32",
             "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}  # fmt: skip
    request = ov.Core().compile_model(files.graph, "CPU", exact).create_infer_request()
    past, rows = 0, []
    for ids in chunks:
        request.infer({
            "input_ids": np.array([ids]),
            "attention_mask": np.ones((1, past + len(ids)), np.int64),
            "position_ids": np.arange(past, past + len(ids))[None],
            "beam_idx": np.zeros(1, np.int32),
        })  # fmt: skip
        rows.append(request.get_output_tensor(0).data[0].copy())
        past += len(ids)
    return np.concatenate(rows)


def lora(folder: Path, base: Path, rows: int = 64, key: str = Q_PROJ, **config: Any) -> Path:
    return tiny.adapter(folder, base, {key: tiny.lora_pair(rows)}, **config)


def test_the_graph_computes_a_llama(base: Path) -> None:
    expected = tiny.logits(IDS, tiny.weights())
    got = computed(models.convert(base), [IDS])
    assert np.abs(got - expected).max() < 1e-3 * np.abs(expected).max()


def test_cached_keys_and_values_continue_a_sequence(base: Path) -> None:
    files = models.convert(base)
    assert np.allclose(
        computed(files, [IDS[:4], IDS[4:5], IDS[5:]]), computed(files, [IDS]), atol=1e-3
    )


def test_query_and_key_rows_get_their_hugging_face_order_back(base: Path) -> None:
    checkpoint = GgufFile(base)
    for name, value in tiny.weights().items():
        assert np.array_equal(checkpoint.weight(name), value), name


def test_an_adapter_adds_its_scaled_product(base: Path, tmp_path: Path) -> None:
    changed = tiny.weights()
    adapter = lora(tmp_path / "flights", base)
    down, up = tiny.lora_pair()
    changed[Q_PROJ] = changed[Q_PROJ] + 8 / 4 * up @ down
    expected = tiny.logits(IDS, changed)
    files = models.convert(base, adapter)
    got = computed(files, [IDS])
    # The sum is no longer exact in 8 bits.
    assert np.abs(got - expected).max() < 0.05 * np.abs(expected).max()
    assert np.abs(got - tiny.logits(IDS, tiny.weights())).max() > 0.2 * np.abs(expected).max()
    assert files.name == "tiny+flights"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rows": 32}, "trained on another model"),
        ({"key": "lm_head"}, "does not fit"),
        ({"peft_type": "IA3"}, "no plain LoRA"),
        ({"use_dora": True}, "no plain LoRA"),
        ({"r": 8}, "configuration says r=8"),
        ({"r": 0}, "lacks r"),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused(
    base: Path, tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        models.convert(base, lora(tmp_path / "adapter", base, **change))


def test_another_scale_of_the_same_weights_is_converted_anew(base: Path, tmp_path: Path) -> None:
    strong = lora(tmp_path / "one", base)
    weak = lora(tmp_path / "two" / "one", base, lora_alpha=2)
    made = [computed(models.convert(base, one), [IDS]) for one in (strong, weak)]
    assert np.abs(made[0] - made[1]).max() > 0


def test_a_truncated_adapter_is_refused(base: Path, tmp_path: Path) -> None:
    folder = lora(tmp_path / "adapter", base)
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ModelError, match="truncated"):
        models.convert(base, folder)


def test_the_second_time_nothing_is_converted(base: Path) -> None:
    said: list[str] = []
    first = models.convert(base, progress=lambda what, done, total: said.append(what))
    before = first.graph.stat().st_mtime_ns
    assert said == ["converting"] * 14
    second = models.convert(base, progress=lambda what, done, total: said.append(what))
    assert second == first
    assert second.graph.stat().st_mtime_ns == before
    assert len(said) == 14


def test_two_that_start_together_convert_it_once(base: Path) -> None:
    said: list[str] = []

    def convert() -> ModelFiles:
        return models.convert(base, progress=lambda what, done, total: said.append(what))

    with ThreadPoolExecutor(4) as pool:
        found = [task.result() for task in [pool.submit(convert) for _ in range(4)]]
    assert len(set(found)) == 1
    assert said == ["converting"] * 14


def test_other_weights_or_another_adapter_are_converted_apart(base: Path, tmp_path: Path) -> None:
    other = tiny.write(tmp_path / "other" / "tiny.gguf", seed=8)
    folders = {
        models.convert(base).directory,
        models.convert(other).directory,
        models.convert(base, lora(tmp_path / "a", base)).directory,
    }
    assert len(folders) == 3


def test_a_folder_left_unfinished_is_converted_again(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    models.convert(base, out=out)
    (out / "manifest.json").write_text('{"name": ')
    with pytest.raises(ModelError, match="callsign model convert"):
        ModelFiles.open(out)
    assert models.convert(base, out=out) == ModelFiles.open(out)
    assert not list(tmp_path.glob(".out*"))


def test_a_truncated_file_says_what_to_do(base: Path) -> None:
    base.write_bytes(base.read_bytes()[:5000])
    with pytest.raises(ModelError, match="callsign model fetch"):
        models.convert(base)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="callsign model fetch"):
        models.ensure(tmp_path / "nowhere.gguf")


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    base = tiny.write(tmp_path / "m.gguf", architecture="mamba")
    with pytest.raises(ModelError, match="LLaMA models only"):
        models.convert(base)


def test_another_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="byte-level BPE"):
        models.convert(tiny.write(tmp_path / "m.gguf", kind="llama"))


def test_a_converted_folder_is_taken_as_it_is(base: Path, tmp_path: Path) -> None:
    files = models.convert(base)
    assert models.ensure(files.directory) == files
    with pytest.raises(ModelError, match="converted already"):
        models.ensure(files.directory, lora(tmp_path / "adapter", base))
