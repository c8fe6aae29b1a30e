"""Names what a figure was measured on and with: the machine, the versions, the commit."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("callsign", "openvino", "llguidance", "numpy", "tokenizers")


def machine() -> str:
    """One line: processor, usable cores, memory, system and Python."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = (ln.split(":", 1)[1].strip() for ln in cpuinfo.read_text().splitlines()
                 if ln.startswith("model name"))  # fmt: skip
        model = next(named, model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return (
        f"machine: {model}, {cores} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}"
    )


def versions() -> Mapping[str, str]:
    """Versions of this program and of the packages that decide what a model decodes."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def commit() -> str:
    """The commit of the checkout that runs, with ``+`` where it was changed; "" outside of one."""
    root = Path(__file__).parents[2]
    head = _git(root, "rev-parse", "--short=12", "HEAD") if (root / ".git").exists() else ""
    changed = _git(root, "status", "--porcelain", "--untracked-files=no") if head else ""
    return f"{head}+" if changed else head


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return ""
    return done.stdout.strip()
