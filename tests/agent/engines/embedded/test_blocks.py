"""Cache blocks: shared by prefix, never taken from a holder, the longest unused evicted first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agent.engines.embedded.blocks import BLOCK, BlockPool, digests


def known(tokens: list[int]) -> list[bytes]:
    found: list[bytes] = []
    digests(tokens, found)
    return found


@given(st.lists(st.integers(0, 3), max_size=4 * BLOCK), st.integers(0, 4 * BLOCK))
def test_digests_grow_as_tokens_do(tokens: list[int], cut: int) -> None:
    grown: list[bytes] = []
    digests(tokens[:cut], grown)
    assert len(grown) == len(tokens[:cut]) // BLOCK
    digests(tokens, grown)
    assert grown == known(tokens)


def test_a_digest_stands_for_all_that_came_before() -> None:
    same = [5] * BLOCK
    first, second = known([1] * BLOCK + same), known([2] * BLOCK + same)
    assert first[1] != second[1]


def test_published_blocks_are_matched_up_to_the_first_unknown() -> None:
    pool = BlockPool(1, 8)
    chain = known(list(range(4 * BLOCK)))
    blocks = pool.allocate(3)
    assert blocks is not None
    for block, digest in zip(blocks, chain, strict=False):
        pool.publish(block, digest)
    assert pool.match(chain) == blocks
    assert pool.match([b"other", *chain]) == []


def test_a_released_block_stays_until_room_is_needed() -> None:
    pool = BlockPool(0, 2)
    chain = known(list(range(2 * BLOCK)))
    blocks = pool.allocate(2) or []
    for block, digest in zip(blocks, chain, strict=True):
        pool.publish(block, digest)
    pool.release(blocks)
    assert pool.available == 2
    pool.allocate(1)
    # The end of the prefix went first: its beginning is still of use.
    assert pool.match(chain) == blocks[:1]


def test_what_is_held_is_not_handed_out() -> None:
    pool = BlockPool(0, 2)
    held = pool.allocate(1) or []
    assert pool.allocate(2) is None
    other = pool.allocate(1) or []
    assert set(held).isdisjoint(other)


class Pool(RuleBasedStateMachine):
    """Random use by several holders; blocks never leak and are never held by strangers."""

    COUNT = 6

    def __init__(self) -> None:
        super().__init__()
        self.pool = BlockPool(1, self.COUNT)
        self.holders: list[tuple[list[int], list[bytes]]] = []

    @rule(first=st.integers(0, 2), blocks=st.integers(1, 4))
    def come(self, first: int, blocks: int) -> None:
        chain = known([first] * BLOCK + [9] * BLOCK * (blocks - 1))
        matched = self.pool.match(chain)
        fresh = self.pool.allocate(blocks - len(matched))
        if fresh is None:
            self.pool.release(matched)
            return
        mine = matched + fresh
        for block, digest in zip(mine, chain, strict=True):
            self.pool.publish(block, digest)
        self.holders.append((mine, chain))

    @rule(index=st.integers(0, 10))
    def leave(self, index: int) -> None:
        if self.holders:
            blocks, _ = self.holders.pop(index % len(self.holders))
            self.pool.release(blocks)

    @invariant()
    def every_block_is_held_or_available(self) -> None:
        held = {block for blocks, _ in self.holders for block in blocks}
        assert len(held) + self.pool.available == self.COUNT

    @invariant()
    def a_block_is_shared_only_by_equal_prefixes(self) -> None:
        owner: dict[int, bytes] = {}
        for blocks, chain in self.holders:
            for block, digest in zip(blocks, chain, strict=True):
                assert owner.setdefault(block, digest) == digest


TestPool = Pool.TestCase
