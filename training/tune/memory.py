"""What a run takes of the machine's memory, and having freed memory leave the process."""

from __future__ import annotations

import ctypes
import resource
import sys


def give_back_freed() -> bool:
    """Have freed memory leave the process; whether this C library can (glibc's malloc_trim(3)).

    By itself glibc keeps what was freed between blocks in use. Tensors of every length met leave
    such gaps, and a run that needs some GB grows until the machine is full. Called once a step it
    costs nothing that could be seen; lower thresholds of mallopt(3), which give back each tensor at
    once, cost a quarter of the speed.
    """
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (AttributeError, OSError, TypeError):
        return False


def peak_memory() -> int:
    """The most bytes of memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
