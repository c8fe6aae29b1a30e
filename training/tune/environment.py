"""Versions of what a run's numbers depend on."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

import torch

_PACKAGES = (
    "callsign", "torch", "transformers", "peft", "accelerate", "tokenizers", "safetensors", "numpy",
)  # fmt: skip


def environment() -> Mapping[str, str]:
    """Packages, Python, and what computes."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    found["threads"] = str(torch.get_num_threads())
    if torch.cuda.is_available():
        found["gpu"] = f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}"
    return found
