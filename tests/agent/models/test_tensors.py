"""Safetensors without PyTorch: every precision, bfloat16 rounded as hardware rounds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from agent.models import tensors
from agent.models.tensors import Precision, TensorFile, encode, write
from tools.errors import ModelError

VALUES = np.array([[1.0, -2.5, 0.0], [3.140625, 65280.0, 2.0**-14]], np.float32)
"""Numbers that all three precisions hold exactly, but for fp16's range."""


def written(path: Path, precision: Precision) -> TensorFile:
    values = np.minimum(VALUES, 60000) if precision == "fp16" else VALUES
    pair = {"a": values, "b": np.ones((2,), np.float32)}
    write(path, pair.items(), {name: value.shape for name, value in pair.items()}, precision)
    return TensorFile(path)


@pytest.mark.parametrize("precision", ["bf16", "fp16", "fp32"])
def test_what_was_written_is_read_back(precision: Precision, tmp_path: Path) -> None:
    file = written(tmp_path / "t.safetensors", precision)
    assert list(file) == ["a", "b"]
    assert file.shape("a") == (2, 3)
    got = file.read("a")
    assert got.dtype == np.float32
    exact = np.minimum(VALUES, 60000).astype(np.float16) if precision == "fp16" else VALUES
    assert np.array_equal(got, exact)
    assert np.array_equal(file.read("b"), [1, 1])


@pytest.mark.parametrize(
    ("precision", "code"), [("bf16", "BF16"), ("fp16", "F16"), ("fp32", "F32")]
)
def test_the_library_reads_the_same_file(precision: Precision, code: str, tmp_path: Path) -> None:
    written(tmp_path / "t.safetensors", precision)
    with safe_open(tmp_path / "t.safetensors", "np") as file:
        assert file.metadata() == {"format": "pt"}
        assert (file.get_slice("a").get_dtype(), file.get_slice("a").get_shape()) == (code, [2, 3])
        if precision != "bf16":
            assert np.array_equal(
                file.get_tensor("a"), TensorFile(tmp_path / "t.safetensors").read("a")
            )


def test_what_the_library_wrote_is_read(tmp_path: Path) -> None:
    save_file({"a": VALUES, "h": VALUES[:1].astype(np.float16)}, tmp_path / "t.safetensors")
    file = TensorFile(tmp_path / "t.safetensors")
    assert np.array_equal(file.read("a"), VALUES)
    assert np.array_equal(file.read("h"), VALUES[:1])


@given(st.floats(width=32, allow_nan=False))
def test_bfloat16_is_the_nearest_there_is(value: float) -> None:
    one = np.array([value], np.float32)
    got = np.frombuffer(encode(one, "bf16"), "<u2").astype(np.uint32) << 16
    near = got.view(np.float32).astype(np.float64)[0]
    if not np.isfinite(near):
        assert abs(value) > 3.38e38
        return
    step = np.spacing(np.float32(abs(near))) * 2.0**16
    assert abs(near - value) <= step / 2


def test_halves_are_rounded_to_even_and_what_is_no_number_stays_none() -> None:
    def rounded(bits: int) -> int:
        value = np.array([bits], np.uint32).view(np.float32)
        return int(np.frombuffer(encode(value, "bf16"), "<u2")[0])

    assert rounded(0x3F808000) == 0x3F80
    assert rounded(0x3F818000) == 0x3F82
    assert rounded(0x7F800001) == 0x7FC0
    assert rounded(0x7F800000) == 0x7F80


def test_torch_agrees(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    values = np.random.default_rng(1).normal(size=4096).astype(np.float32)
    expected = torch.from_numpy(values).to(torch.bfloat16).view(torch.int16).numpy()
    assert np.array_equal(np.frombuffer(encode(values, "bf16"), "<i2"), expected)


@pytest.mark.parametrize("kept", [0, 4, 40, -1])
def test_a_truncated_file_is_refused(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    written(path, "bf16")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError, match="truncated"):
        TensorFile(path)


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    save_file({"a": np.arange(3)}, tmp_path / "t.safetensors")
    with pytest.raises(ModelError, match="I64"):
        TensorFile(tmp_path / "t.safetensors").read("a")


def test_a_file_that_fails_on_the_way_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    with pytest.raises(ValueError, match="announced"):
        write(path, [("a", VALUES)], {"a": (3, 2)}, "bf16")
    assert not list(tmp_path.iterdir())


def test_a_large_tensor_is_encoded_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensors, "_PIECE", 4)
    assert np.array_equal(written(tmp_path / "t.safetensors", "bf16").read("a"), VALUES)
