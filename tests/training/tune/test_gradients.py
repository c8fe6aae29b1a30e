"""A step's loss and gradient are those of its rows computed one by one, whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from torch.nn.functional import cross_entropy

from tests.training.tune import small
from training.tune import attention, lora
from training.tune.bases import open_base
from training.tune.lanes import Lanes
from training.tune.loss import ActLoss, Descent, Way, summed
from training.tune.models import PROJECTIONS
from training.tune.plan import Batching, plan
from training.tune.rows import Row, read_dataset
from training.tune.tokens import Encoder
from training.tune.trees import grow
from training.tune.weights import Weights

WEIGHTS = Weights(sets={"mends": 0.5}, decisions={"finish": 2.0})


class Scene:
    def __init__(self, folder: Path, systems: int) -> None:
        self.base = open_base(small.base(folder))
        self.rows = read_dataset(small.dataset(folder / "data", systems=systems), "train").rows
        self.encoder = Encoder(self.base.checkpoint.tokenizer(), self.base.name)
        self.trees = grow(self.rows, self.encoder, WEIGHTS)

    def model(self, *, quick: bool, full: bool = False) -> Any:
        model = self.base.load(torch.float32, attention.NAME if quick else "sdpa")
        if full:
            return model
        torch.manual_seed(3)
        model = get_peft_model(model, LoraConfig(r=4, target_modules=[*PROJECTIONS]))
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=0.02)
        if quick:
            assert lora.quicken(model) == 2 * len(PROJECTIONS)
        return model

    def plain(self, model: Any) -> tuple[float, dict[str, Tensor]]:
        losses = [self._row(model, row) for row in self.rows]
        weight = sum(one for _, one in losses)
        loss = torch.stack([one for one, _ in losses]).sum() / weight
        loss.backward()
        return float(loss.detach()), gradients(model)

    def _row(self, model: Any, row: Row) -> tuple[Tensor, float]:
        ids: list[int] = []
        weights: list[float] = []
        for place, message in enumerate(row.messages):
            tokens = self.encoder.message(message)
            ids += tokens
            counted = [0.0] * len(tokens)
            if message.role == "assistant" and (row.every_act or place == len(row.messages) - 1):
                _, first, end = self.encoder.act(message)
                counted[first:end] = [WEIGHTS.of(row, message.content)] * (end - first)
            weights += counted
        told = torch.tensor([ids])
        logits = model(input_ids=told).logits[0, :-1]
        each = cross_entropy(logits, told[0, 1:], reduction="none")
        return (each * torch.tensor(weights[1:])).sum(), sum(weights)


def gradients(model: Any) -> dict[str, Tensor]:
    return {n: one.grad for n, one in model.named_parameters() if one.grad is not None}


def check_step(
    folder: Path, systems: int, *, share: bool, quick: bool, full: bool, lanes: int = 1
) -> None:
    scene = Scene(folder, systems)
    wanted, expected = scene.plain(scene.model(quick=False, full=full))
    model = scene.model(quick=quick, full=full)
    inner = ActLoss(model, Way(torch.float32, torch.device("cpu"), prefix_in_mask=not quick))
    batching = Batching(step=10**6, chunk=500, row=900, share=share)
    (step,) = plan(scene.trees, batching, seed=0, epochs=1)
    assert len(step.groups) == systems
    assert sum(len(group.chunks) for group in step.groups) > systems
    many = Lanes(lanes) if lanes > 1 else None
    loss = Descent(inner, inner, lambda one: one.backward(), lanes=many).step(step)
    assert float(loss) == pytest.approx(wanted, rel=1e-5)
    total, weight = summed(inner, step)
    assert total / weight == pytest.approx(wanted, rel=1e-5)
    found = gradients(model)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(
            found[name], gradient, rtol=1e-3, atol=1e-5 * gradient.abs().max().item() + 1e-7
        )


@pytest.mark.parametrize("systems", [1, 2])
@pytest.mark.parametrize("share", [True, False])
@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("full", [False, True])
def test_a_step_is_its_rows(
    tmp_path: Path, systems: int, share: bool, quick: bool, full: bool
) -> None:
    check_step(tmp_path, systems, share=share, quick=quick, full=full)


def test_pieces_of_attention_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "PIECE", 7)
    check_step(tmp_path, 1, share=True, quick=True, full=False)


@pytest.mark.parametrize("quick", [True, False])
def test_chunks_side_by_side_change_nothing(tmp_path: Path, quick: bool) -> None:
    check_step(tmp_path, 2, share=True, quick=quick, full=False, lanes=2)


def test_lanes_give_the_same_bits_whichever_is_ready_first(tmp_path: Path) -> None:
    scene = Scene(tmp_path, 1)
    found: list[dict[str, Tensor]] = []
    for _ in range(3):
        model = scene.model(quick=True)
        inner = ActLoss(model, Way(torch.float32, torch.device("cpu"), prefix_in_mask=False))
        (step,) = plan(scene.trees, Batching(step=10**6, chunk=200), seed=0, epochs=1)
        Descent(inner, inner, lambda one: one.backward(), lanes=Lanes(3)).step(step)
        found.append(gradients(model))
    for other in found[1:]:
        assert all(torch.equal(other[name], one) for name, one in found[0].items())


def test_a_fault_in_a_lane_is_raised() -> None:
    def fault() -> Tensor:
        raise ValueError("no loss")

    leaf = torch.ones(2, requires_grad=True)
    made = Lanes(2).gradients([(3 * leaf).sum, fault], [leaf])
    loss, (gradient,) = next(made)
    assert float(loss) == 6.0
    assert gradient is not None
    assert gradient.tolist() == [3.0, 3.0]
    with pytest.raises(ValueError, match="no loss"):
        next(made)


def test_lanes_leave_the_threads_of_others_alone() -> None:
    before = torch.get_num_threads()
    leaf = torch.ones(2, requires_grad=True)
    list(Lanes(2).gradients([leaf.sum] * 4, [leaf]))
    assert torch.get_num_threads() == before
