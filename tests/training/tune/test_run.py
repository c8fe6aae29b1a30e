"""Whole runs with a tiny model: what they leave, going on after a kill, what is refused."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from typer.testing import CliRunner

from agent import models
from agent.models.source import open_source
from tests.training.tune import small
from tools.errors import ModelError, TrainingError
from training.tune.commands import app
from training.tune.journal import METRICS, Journal, newest_whole, read_notes
from training.tune.models import prepare_model
from training.tune.run import CONFIG, Order, train
from training.tune.settings import Settings, preset
from training.tune.trainer import learning_rate_factor

SETTINGS = Settings(rank=4, alpha=8.0, step=700, chunk=400, epochs=2.0, save_every=2, lr=3e-3)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    base = small.base(tmp_path)
    data = small.dataset(tmp_path / "data", chains=8)
    return Order(data, tmp_path / "run", base, "cpu-135m", SETTINGS, command="callsign train sft")


def quietly() -> Console:
    return Console(file=StringIO())


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def test_a_run_leaves_what_serving_opens(order: Order, tmp_path: Path) -> None:
    result = train(order, quietly())
    assert result == order.out / "adapter"
    assert order.base is not None
    source = open_source(order.base, result)
    assert source.adapter is not None
    assert source.adapter.provenance.recipe == order.command
    config = orjson.loads((order.out / CONFIG).read_bytes())
    assert source.adapter.provenance.data == config["plan"]["data"]
    assert config["plan"]["rows"] == 16
    assert {"torch", "peft", "python"} <= config["environment"].keys()
    for name in ("README.md", "curves.svg", "curves.png"):
        assert (order.out / name).stat().st_size > 500
    metrics = read_notes(order.out / METRICS)
    assert [one["step"] for one in metrics] == list(range(1, config["plan"]["steps"] + 1))
    assert metrics[-1]["loss"] < metrics[0]["loss"]
    assert metrics[-1]["lr"] < SETTINGS.lr / 10
    assert metrics[-1]["useful_tokens"] > metrics[-1]["tokens"]
    models.convert(order.base, result, tmp_path / "served")


def test_what_is_merged_for_serving_is_what_was_trained(order: Order) -> None:
    result = train(order, quietly())
    assert order.base is not None
    source = open_source(order.base, result)
    torch.set_default_dtype(torch.float32)
    laid = weights(result)
    for name in ("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"):
        down, up = (laid[f"base_model.model.{name}.{part}.weight"].float()
                    for part in ("lora_A", "lora_B"))  # fmt: skip
        assert up.abs().max() > 0
        plain = torch.tensor(source.checkpoint.weight(name))
        merged = torch.tensor(source.weight(name))
        torch.testing.assert_close(merged, plain + 2.0 * up @ down)


def test_a_killed_run_goes_on_to_the_weights_of_an_unbroken_one(
    order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(replace(order, out=tmp_path / "unbroken"), quietly())
    told = Journal.on_step_end

    def killed(self: Journal, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        told(self, args, state, control, **kwargs)
        if state.global_step == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "on_step_end", killed)
        with pytest.raises(KeyboardInterrupt):
            train(order, quietly())
    assert not (order.out / "adapter").exists()
    train(replace(order, resume=True), quietly())
    expected = weights(tmp_path / "unbroken" / "adapter")
    found = weights(order.out / "adapter")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    kept = ("step", "loss", "lr", "tokens", "useful_tokens", "learnt_tokens")
    runs = [read_notes(folder / METRICS) for folder in (order.out, tmp_path / "unbroken")]
    assert [[one[k] for k in kept] for one in runs[0]] == [
        [one[k] for k in kept] for one in runs[1]
    ]


def test_a_checkpoint_that_was_not_written_to_its_end_is_passed_over(
    order: Order, tmp_path: Path
) -> None:
    train(replace(order, settings=replace(SETTINGS, steps=4)), quietly())
    checkpoints = order.out / "checkpoints"
    torn = checkpoints / "checkpoint-9"
    torn.mkdir()
    (torn / "optimizer.pt").write_bytes(b"half of it")
    assert newest_whole(checkpoints) == checkpoints / "checkpoint-4"
    train(replace(order, settings=replace(SETTINGS, steps=4), resume=True), quietly())
    assert newest_whole(tmp_path / "nowhere") is None


def test_a_loss_that_is_no_number_ends_the_run(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Journal.on_log

    def spoilt(
        self: Journal, args: Any, state: Any, control: Any, logs: Any, **kwargs: Any
    ) -> None:
        if state.global_step == 2 and "loss" in logs:
            logs["loss"] = float("nan")
        told(self, args, state, control, logs, **kwargs)

    monkeypatch.setattr(Journal, "on_log", spoilt)
    with pytest.raises(TrainingError, match="the loss is nan at step 2"):
        train(order, quietly())
    assert not (order.out / "adapter").exists()


def test_without_a_checkpoint_too_a_run_is_gone_on_with_as_it_began(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: Journal, *args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "on_step_begin", killed)
        with pytest.raises(KeyboardInterrupt):
            train(order, quietly())
    (order.out / "best").mkdir()
    other = replace(order, settings=replace(SETTINGS, lr=1e-4), resume=True)
    with pytest.raises(TrainingError, match="other settings"):
        train(other, quietly())
    train(replace(order, resume=True), quietly())
    assert not (order.out / "best").exists()
    assert (order.out / "adapter").is_dir()


def test_where_nothing_is_left_to_learn_that_is_said(order: Order) -> None:
    none = replace(order, settings=replace(SETTINGS, prefer={"*": 0.0}))
    with pytest.raises(TrainingError, match="nothing is left to learn"):
        train(none, quietly())


def test_a_run_of_something_else_is_not_gone_on_with(order: Order) -> None:
    train(order, quietly())
    with pytest.raises(TrainingError, match="say --resume"):
        train(order, quietly())
    other = replace(order, settings=replace(SETTINGS, lr=1e-4), resume=True)
    with pytest.raises(TrainingError, match="other settings"):
        train(other, quietly())


def test_a_run_goes_on_with_an_adapter(order: Order, tmp_path: Path) -> None:
    first = train(order, quietly())
    config = orjson.loads((order.out / CONFIG).read_bytes())
    assert config["plan"]["adapter"] is None
    untouched = replace(SETTINGS, lr=1e-12, steps=1)
    second = train(
        replace(order, out=tmp_path / "on", adapter=first, settings=untouched), quietly()
    )
    before, after = weights(first), weights(second)
    assert before.keys() == after.keys()
    for name in before:
        torch.testing.assert_close(after[name], before[name], rtol=1e-3, atol=1e-5)
    losses = [read_notes(folder / METRICS)[0]["loss"] for folder in (order.out, tmp_path / "on")]
    assert losses[1] < losses[0]
    assert order.base is not None
    signed = orjson.loads((first / "callsign.json").read_bytes())["weights"]
    plan = orjson.loads((tmp_path / "on" / CONFIG).read_bytes())["plan"]
    assert plan["adapter"] == signed


def test_an_adapter_of_another_rank_or_base_is_not_gone_on_with(
    order: Order, tmp_path: Path
) -> None:
    first = train(order, quietly())
    on = replace(order, out=tmp_path / "on", adapter=first)
    with pytest.raises(TrainingError, match="say --rank 4"):
        train(replace(on, settings=replace(SETTINGS, rank=8, alpha=16.0)), quietly())
    with pytest.raises(TrainingError, match="callsign model merge"):
        train(replace(on, settings=replace(SETTINGS, full=True)), quietly())
    assert not on.out.exists()


def test_the_minutes_end_a_run_and_its_learning_rate(order: Order) -> None:
    settings = replace(SETTINGS, minutes=1e-6)
    train(replace(order, settings=settings), quietly())
    assert len(read_notes(order.out / METRICS)) == 1
    assert (order.out / "adapter").is_dir()


def test_all_weights_can_be_trained(order: Order, tmp_path: Path) -> None:
    settings = replace(SETTINGS, full=True, lr=1e-3, epochs=1.0)
    result = train(replace(order, settings=settings), quietly())
    assert result.name == "model"
    files = models.convert(result, None, tmp_path / "served")
    assert files.context == 512
    assert order.base is not None
    before, after = open_source(order.base, None), open_source(result, None)
    name = "model.layers.0.self_attn.q_proj"
    assert abs(before.weight(name) - after.weight(name)).max() > 0


def test_a_base_that_is_not_there_is_refused(order: Order, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model file"):
        train(replace(order, base=tmp_path / "nothing.gguf"), quietly())


def test_conversations_that_do_not_fit_are_left_out_and_counted(
    order: Order, tmp_path: Path
) -> None:
    rows = small.dataset(tmp_path / "long", chains=2)
    path = rows / "export" / "trl" / "mends" / "train.jsonl.gz"
    path.unlink()
    path = rows / "export" / "trl" / "asks" / "train.jsonl.gz"
    path.unlink()
    chain = small.chain(1, small.SYSTEM + " the" * 500)
    small.write(rows, "chains", [{"messages": chain, "id": "long"}])
    with pytest.raises(TrainingError, match="no conversation fits the 512 tokens"):
        train(replace(order, data=rows), quietly())


def test_checkpointing_and_float32_change_no_gradient(order: Order) -> None:
    base = order.base
    assert base is not None
    settings = replace(SETTINGS, bf16=False, share=False, epochs=0.5)
    train(replace(order, settings=settings), quietly())
    out = order.out.with_name("checkpointed")
    train(replace(order, out=out, settings=replace(settings, checkpointing=True)), quietly())
    plain, recomputed = (weights(folder / "adapter") for folder in (order.out, out))
    for name, one in plain.items():
        torch.testing.assert_close(recomputed[name].float(), one.float(), rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_the_learning_rate_rises_and_falls_to_zero(schedule: str) -> None:
    factors = [learning_rate_factor(done / 100, 0.1, schedule) for done in range(101)]
    assert 0 < factors[0] < factors[5] < factors[10] == 1.0
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert factors[-1] == pytest.approx(0)


def test_presets_open_and_take_changes() -> None:
    assert preset("cpu-135m", {"lr": 1e-4, "seed": None}).lr == 1e-4
    assert preset("gpu-8b", {}).checkpointing
    with pytest.raises(TrainingError, match="no preset"):
        preset("tpu", {})
    with pytest.raises(TrainingError, match="epochs"):
        preset("gpu-135m", {"epochs": 0})
    with pytest.raises(TrainingError, match="lr"):
        preset("gpu-135m", {"lr": "fast"})


def test_both_kinds_of_training_know_what_they_train(order: Order) -> None:
    from training.tune.bases import open_base  # noqa: PLC0415

    base = open_base(order.base)
    device = torch.device("cpu")
    part = prepare_model(base, SETTINGS, device).trainable
    whole = prepare_model(base, replace(SETTINGS, full=True), device).trainable
    assert 0 < part < whole


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ({"avx2": True, "avx512_bf16": False}, torch.float32),
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"neon": True, "bf16": True}, torch.bfloat16),
    ],
)
def test_bf16_is_used_where_the_machine_computes_it(
    order: Order, monkeypatch: pytest.MonkeyPatch, found: dict[str, bool], kept: torch.dtype
) -> None:
    from training.tune.bases import open_base  # noqa: PLC0415

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    model = prepare_model(open_base(order.base), SETTINGS, torch.device("cpu")).model
    frozen = {one.dtype for one in model.parameters() if not one.requires_grad}
    trained = {one.dtype for one in model.parameters() if one.requires_grad}
    assert frozen == {kept}
    assert trained == {torch.float32}


def test_a_machine_without_bf16_is_told_of(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    told = Console(file=StringIO(), width=200)
    train(replace(order, settings=replace(SETTINGS, steps=1)), told)
    assert "float32" in told.file.getvalue()  # type: ignore[attr-defined]
    told = Console(file=StringIO(), width=200)
    train(
        replace(
            order, out=order.out.with_name("x"), settings=replace(SETTINGS, steps=1, bf16=False)
        ),
        told,
    )
    assert "float32" not in told.file.getvalue()  # type: ignore[attr-defined]


def test_the_command_goes_on_with_an_adapter_of_its_own_size(order: Order, tmp_path: Path) -> None:
    odd = replace(SETTINGS, rank=4, alpha=4.0)
    first = train(replace(order, settings=odd), quietly())
    asked = [
        "sft", "--data", str(order.data), "--out", str(tmp_path / "on"), "--base", str(order.base),
        "--adapter", str(first), "--max-steps", "1", "--batch-tokens", "700",
    ]  # fmt: skip
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    config = orjson.loads((tmp_path / "on" / CONFIG).read_bytes())
    assert (config["plan"]["settings"]["rank"], config["plan"]["settings"]["alpha"]) == (4, 4.0)
    assert config["plan"]["adapter"]
