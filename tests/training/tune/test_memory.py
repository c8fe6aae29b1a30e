"""Freed memory leaves the process, whatever lies beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from training.tune.memory import give_back_freed, peak_memory

_HELD = """
import sys, torch
from training.tune.memory import give_back_freed
if sys.argv[1] == "told":
    assert give_back_freed()
# A first large block that is freed raises glibc's own threshold.
del_me = torch.ones(31 << 18)
del del_me
large, small = [], []
for _ in range(40):
    large.append(torch.ones(5 << 18))
    small.append(torch.ones(1 << 10))
del large
pages = int(open("/proc/self/statm").read().split()[1])
print(pages * 4096)
"""


def held(how: str) -> int:
    """Bytes that a process holds after it freed 200 MiB which small tensors lie between."""
    done = subprocess.run(
        [sys.executable, "-c", _HELD, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_freed_tensors_leave_the_process():
    if not give_back_freed():
        pytest.skip("the C library cannot be told so")
    assert held("told") + (100 << 20) < held("untold")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_the_peak_is_in_bytes():
    told = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert told
    assert peak_memory() >= int(told[1]) * 1024 * 0.9
    assert peak_memory() < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
