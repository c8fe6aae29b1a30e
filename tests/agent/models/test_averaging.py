"""The mean of two adapters is an adapter of the same base, as large as each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agent.models.adapter import Adapter
from agent.models.averaging import average
from agent.models.base import open_checkpoint
from tests.agent.models import tiny
from tests.agent.models.test_conversion import Q_PROJ
from tools.errors import ModelError

K_PROJ = "model.layers.1.self_attn.k_proj"


def made(folder: Path, base: Path, seed: int, **config: int) -> Adapter:
    changes = {Q_PROJ: tiny.lora_pair(seed=seed), K_PROJ: tiny.lora_pair(32, seed=seed + 1)}
    return Adapter(tiny.adapter(folder, base, changes, **{"r": 4, "lora_alpha": 8, **config}))


def test_every_matrix_is_the_mean_and_the_result_fits_the_base(base: Path, tmp_path: Path) -> None:
    one, other = made(tmp_path / "one", base, 3), made(tmp_path / "other", base, 7)
    mean = Adapter(average([one, other], tmp_path / "out"))
    mean.check(open_checkpoint(base))
    assert list(mean) == list(one)
    for name in mean:
        expected = (one.read(name) + other.read(name)) / 2
        assert np.abs(mean.read(name) - expected).max() <= 1e-3 * np.abs(expected).max()
    assert (mean.rank, mean.scale) == (one.rank, one.scale)


def test_the_mean_of_one_and_the_same_is_the_same(base: Path, tmp_path: Path) -> None:
    one = made(tmp_path / "one", base, 3)
    mean = Adapter(average([one, one], tmp_path / "out"))
    for name in one:
        np.testing.assert_array_equal(mean.read(name), one.read(name).astype(np.float16))


def test_it_says_what_it_was_made_of(base: Path, tmp_path: Path) -> None:
    one, other = made(tmp_path / "one", base, 3), made(tmp_path / "other", base, 7)
    said = Adapter(average([one, other], tmp_path / "out")).provenance
    assert said.base == one.provenance.base
    assert one.weights_digest in said.recipe
    assert other.weights_digest in said.recipe


def test_adapters_that_do_not_fit_each_other_have_no_mean(base: Path, tmp_path: Path) -> None:
    one, wider = made(tmp_path / "one", base, 3), made(tmp_path / "wider", base, 3, lora_alpha=16)
    with pytest.raises(ModelError, match="ranks or scales"):
        average([one, wider], tmp_path / "out")
    single = tiny.adapter(tmp_path / "single", base, {Q_PROJ: tiny.lora_pair()}, r=4, lora_alpha=8)
    with pytest.raises(ModelError, match="other modules"):
        average([one, Adapter(single)], tmp_path / "out")
    with pytest.raises(ModelError, match="two or more"):
        average([one], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_stands_there_is_left_alone(base: Path, tmp_path: Path) -> None:
    one = made(tmp_path / "one", base, 3)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(ModelError, match="out"):
        average([one, one], tmp_path / "out")
    assert (tmp_path / "out" / "mine").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.glob(".out*")) == []
