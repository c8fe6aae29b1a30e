"""What an adapter says of itself, and every way in which it is refused for it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from agent import models
from agent.models import provenance
from agent.models.adapter import Adapter
from agent.models.base import open_checkpoint
from agent.models.checkpoint import identity
from agent.models.files import digest
from agent.models.provenance import read_provenance, sign, write_provenance
from agent.prompt_format import prompt_format
from tests.agent.models import tiny
from tools.errors import ModelError

Q = "model.layers.1.self_attn.q_proj"


@pytest.fixture
def adapter(base: Path, tmp_path: Path) -> Path:
    return tiny.adapter(tmp_path / "adapter", base)


def change(adapter: Path, **fields: object) -> None:
    path = adapter / provenance.FILE
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | fields))


def refused(base: Path, adapter: Path) -> str:
    """The line that the command ends with."""
    with pytest.raises(ModelError) as caught:
        models.convert(base, adapter)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_signed_adapter_names_base_prompt_and_weights(base: Path, adapter: Path) -> None:
    made = sign(
        adapter, base=identity(open_checkpoint(base)), base_name="tiny", data="abc", recipe="make"
    )
    assert made == read_provenance(adapter)
    assert made.base == digest(base)
    assert made.weights == digest(adapter / "adapter_model.safetensors")
    assert (made.prompt, made.data, made.recipe) == (prompt_format(), "abc", "make")
    assert models.convert(base, adapter).tuned


def test_the_bare_base_was_never_trained_on_acts(base: Path) -> None:
    assert not models.convert(base).tuned


def test_one_that_says_nothing_is_refused_with_how_to_say_it(base: Path, adapter: Path) -> None:
    (adapter / provenance.FILE).unlink()
    assert f"callsign model sign {adapter}" in refused(base, adapter)


def test_one_of_another_base_is_refused_and_both_are_named(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    other = tiny.write(tmp_path / "other.gguf", seed=8)
    line = refused(other, adapter)
    assert "was trained on tiny" in line
    assert "not on" in line
    assert str(other) in line


def test_one_that_was_converted_before_is_examined_again(
    base: Path, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.convert(base, adapter)
    monkeypatch.setattr(provenance, "prompt_format", lambda: "0" * 64)
    assert "another chat template or prompt" in refused(base, adapter)
    change(adapter, prompt="0" * 64)
    with pytest.raises(ModelError, match="another chat template or prompt"):
        models.ensure(models.home() / folder_of(base, adapter))


def folder_of(base: Path, adapter: Path) -> str:
    weights = digest(adapter / "adapter_model.safetensors")[:8]
    return f"tiny+adapter-{digest(base)[:8]}-{weights}"


def test_one_trained_with_another_template_is_refused(base: Path, adapter: Path) -> None:
    change(adapter, prompt="f" * 64)
    line = refused(base, adapter)
    assert "another chat template or prompt" in line
    assert "callsign train sft" in line
    assert "--adapter none" in line


def test_one_that_is_signed_anew_for_other_prompts_is_taken(
    base: Path, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = models.convert(base, adapter)
    monkeypatch.setattr(provenance, "prompt_format", lambda: "1" * 64)
    assert "another chat template or prompt" in refused(base, adapter)
    sign(adapter, base=identity(open_checkpoint(base)), base_name="tiny")
    after = models.convert(base, adapter)
    assert after.directory == before.directory
    assert orjson.loads((after.directory / "manifest.json").read_bytes())["prompt"] == "1" * 64


def test_other_weights_than_described_are_refused(base: Path, adapter: Path) -> None:
    other = tiny.adapter(adapter.parent / "other", base, {Q: tiny.lora_pair(seed=9)})
    name = "adapter_model.safetensors"
    (adapter / name).write_bytes((other / name).read_bytes())
    assert "damaged" in refused(base, adapter)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"base": 3}'])
def test_a_damaged_description_is_refused(base: Path, adapter: Path, text: str) -> None:
    (adapter / provenance.FILE).write_text(text)
    assert "damaged" in refused(base, adapter)


def test_a_description_of_the_future_is_refused(base: Path, adapter: Path) -> None:
    change(adapter, format=99)
    assert "format 99" in refused(base, adapter)


@pytest.mark.parametrize("text", ["", "{", '{"peft_type": "LORA"}'])
def test_a_damaged_configuration_is_refused(base: Path, adapter: Path, text: str) -> None:
    (adapter / "adapter_config.json").write_text(text)
    assert "adapter_config.json" in refused(base, adapter)


@pytest.mark.parametrize("text", ["[]", "3", '"r"'])
def test_a_configuration_that_is_no_object_is_refused(adapter: Path, text: str) -> None:
    (adapter / "adapter_config.json").write_text(text)
    with pytest.raises(ModelError, match="no JSON object"):
        Adapter(adapter)


def test_ranks_by_module_are_refused_as_they_would_be_merged_wrongly(
    base: Path, tmp_path: Path
) -> None:
    made = tiny.adapter(tmp_path / "ranks", base, rank_pattern={"q_proj": 8})
    assert "ranks by module" in refused(base, made)


def test_a_folder_without_weights_cannot_be_signed(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no adapter"):
        sign(tmp_path, base="", base_name="")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    made = provenance.Provenance("a", "b", "c", "d", "e", "f", "MIT")
    write_provenance(tmp_path, made)
    assert read_provenance(tmp_path) == made
    assert read_provenance(tmp_path / "nowhere") is None
