"""Stands for the tests of this folder where PyTorch is not installed."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tests.training.tune.conftest import HERE
from tools.errors import TrainingError
from training.tune.commands import app


@pytest.mark.skipif(not HERE, reason="training needs PyTorch: make test-train runs these tests")
def test_training_is_tested_here() -> None:
    import torch  # noqa: PLC0415

    assert torch.get_num_threads() == 1


def test_without_pytorch_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.tune.commands.find_spec", lambda _: None)
    done = CliRunner().invoke(app, ["sft"])
    assert isinstance(done.exception, TrainingError)
    assert "make train" in str(done.exception)
