"""Key-value cache blocks: who holds which, and which can be shared.

The cache is cut into blocks of `BLOCK` tokens (paged attention, Kwon et al. 2023). A full block
is known by a digest of its tokens and of everything before them, so a prompt that begins like an
earlier one takes over its blocks instead of computing them. Blocks that nobody holds stay until
room is needed; the one unused for longest goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np

BLOCK = 32
"""Tokens in a block; OpenVINO's paged attention on CPUs has no other size."""


def digests(tokens: Sequence[int], known: list[bytes]) -> None:
    """Extend `known`, the digests of the full blocks of `tokens`, to all of them."""
    for start in range(len(known) * BLOCK, len(tokens) - BLOCK + 1, BLOCK):
        parent = known[-1] if known else b""
        block = np.array(tokens[start : start + BLOCK], np.int32)
        known.append(blake2b(parent + block.tobytes(), digest_size=16).digest())


class BlockPool:
    """All blocks of one cache. Not for use by more than one thread."""

    def __init__(self, first: int, count: int) -> None:
        """Manage blocks `first` up to, not including, `first + count`."""
        self.capacity = count
        self._free = list(range(first + count - 1, first - 1, -1))
        self._holders: dict[int, int] = {}
        self._by_digest: dict[bytes, int] = {}
        self._digest_of: dict[int, bytes] = {}
        self._idle: OrderedDict[int, None] = OrderedDict()

    @property
    def available(self) -> int:
        """Blocks that `allocate` could hand out now."""
        return len(self._free) + len(self._idle)

    def match(self, wanted: Iterable[bytes]) -> list[int]:
        """Take hold of the longest run of known blocks that `wanted` begins with."""
        found: list[int] = []
        for digest in wanted:
            block = self._by_digest.get(digest)
            if block is None:
                break
            self._holders[block] = self._holders.get(block, 0) + 1
            self._idle.pop(block, None)
            found.append(block)
        return found

    def allocate(self, count: int) -> list[int] | None:
        """Take hold of `count` blocks with nothing in them, or None if there are not so many."""
        if count > self.available:
            return None
        taken: list[int] = []
        for _ in range(count):
            block = self._free.pop() if self._free else self._evict()
            self._holders[block] = 1
            taken.append(block)
        return taken

    def publish(self, block: int, digest: bytes) -> None:
        """Let others match this block, which is full now. The first of equal blocks is kept."""
        if digest not in self._by_digest and block not in self._digest_of:
            self._by_digest[digest] = block
            self._digest_of[block] = digest

    def release(self, blocks: Sequence[int]) -> None:
        """Let go. Later blocks of a sequence become evictable before earlier ones."""
        for block in reversed(blocks):
            self._holders[block] -= 1
            if self._holders[block]:
                continue
            del self._holders[block]
            if block in self._digest_of:
                self._idle[block] = None
            else:
                self._free.append(block)

    def _evict(self) -> int:
        block, _ = self._idle.popitem(last=False)
        del self._by_digest[self._digest_of.pop(block)]
        return block
