"""Runs a module for as long as the process that started it lives: ``python -m tools.leash M …``.

The parent keeps the other end of this process's standard input and never writes to it. However
the parent dies, kill -9 included, the kernel closes that end, and this process ends too.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def _follow_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Run the module named first with the arguments after it."""
    module, *arguments = sys.argv[1:]
    threading.Thread(target=_follow_parent, name="leash", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
