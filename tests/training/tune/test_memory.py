"""Freed memory leaves the process, whatever lies beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from training.tune.memory import peak_memory

_HELD = """
import torch
from training.tune.memory import give_back_freed

def held():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

# A first large block that is freed raises glibc's threshold for blocks of their own.
first = torch.ones(31 << 18)
del first
large, small = [], []
for _ in range(40):
    large.append(torch.ones(5 << 18))
    small.append(torch.ones(1 << 10))
del large
before = held()
print(give_back_freed(), before - held())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_freed_tensors_between_others_leave_the_process():
    done = subprocess.run([sys.executable, "-c", _HELD], capture_output=True, text=True, check=True)
    can, given_back = done.stdout.split()
    if can == "False":
        pytest.skip("the C library cannot give back")
    assert int(given_back) > 100 << 20


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_the_peak_is_in_bytes():
    told = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert told
    assert peak_memory() >= int(told[1]) * 1024 * 0.9
    assert peak_memory() < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
