"""What a run takes of the machine's memory, and having freed memory leave the process."""

from __future__ import annotations

import ctypes
import resource
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's mallopt(3)."""
_KEPT_BLOCK = 4 << 20
_KEPT_TOP = 64 << 20


def give_back_freed() -> bool:
    """Have freed tensors leave the process; whether this C library can be told so (glibc can).

    By itself glibc raises its threshold for blocks of their own to the largest that was freed, up
    to 32 MiB (mallopt(3), ``M_MMAP_THRESHOLD``). Tensors of every length met then lie in its arenas
    between others that are in use, and a run that needs some GB grows until the machine is full.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    set_both = mallopt(_MMAP_THRESHOLD, _KEPT_BLOCK), mallopt(_TRIM_THRESHOLD, _KEPT_TOP)
    return all(set_both)


def peak_memory() -> int:
    """The most bytes of memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
