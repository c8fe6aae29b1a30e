"""Chunks computed side by side, each by a thread on a core of its own.

A model this small does not keep several cores busy with one chunk. Chunks are independent of each
other but for the sum of their gradients, so each core takes one (figures: `docs/training.md`).
Gradients are summed in the order of the chunks, whichever is ready first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

Make = Callable[[], Tensor]
"""Computes a loss."""


class Lanes:
    """`count` threads that compute losses and their gradients."""

    def __init__(self, count: int) -> None:
        self.count = count
        # The number of threads is a thread's own with OpenMP: that of the caller stays.
        self._pool = ThreadPoolExecutor(count, "lane", torch.set_num_threads, (1,))

    def gradients(
        self, makers: Sequence[Make], leaves: Sequence[Tensor]
    ) -> Iterator[tuple[Tensor, Sequence[Tensor | None]]]:
        """Each loss, detached, and its gradient by each of `leaves`, in order."""
        waiting = [self._pool.submit(_differentiate, make, leaves) for make in makers]
        try:
            for one in waiting:
                yield one.result()
        finally:
            for one in waiting:
                one.cancel()


def _differentiate(make: Make, leaves: Sequence[Tensor]) -> tuple[Tensor, Sequence[Tensor | None]]:
    loss = make()
    return loss.detach(), torch.autograd.grad(loss, leaves, allow_unused=True)
