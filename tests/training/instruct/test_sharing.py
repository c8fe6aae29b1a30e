"""Conversations shared out over kits: all of them, fairly, whatever the kits are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from training.instruct.sharing import shares

kits = st.lists(
    st.tuples(st.uuids().map(str), st.sampled_from("abcd"), st.integers(1, 10)),
    min_size=1, max_size=30, unique_by=lambda one: one[0],
)  # fmt: skip


@given(kits, st.integers(0, 2000), st.integers(0, 9))
def test_all_are_given_and_no_tool_gets_two_more_than_another(
    kits: list[tuple[str, str, int]], tasks: int, seed: int
):
    given_ = shares(kits, tasks, seed)
    assert sum(given_) == tasks
    each = tasks / sum(size for _, _, size in kits)
    for (_, _, size), share in zip(kits, given_, strict=True):
        assert share <= size if each < 1 else abs(share - each * size) < 1


@given(kits, st.integers(1, 40), st.integers(0, 9))
def test_providers_take_turns(kits: list[tuple[str, str, int]], tasks: int, seed: int):
    given_ = shares(kits, tasks, seed)
    if tasks >= sum(size for _, _, size in kits):
        return
    taken = {
        name: sum(share > 0 for (_, one, _), share in zip(kits, given_, strict=True) if one == name)
        for name in {name for _, name, _ in kits}
    }
    held = {name: sum(one == name for _, one, _ in kits) for name in taken}
    fewest = min((taken[name] for name in taken if taken[name] < held[name]), default=99)
    assert max(taken.values()) <= fewest + 1
