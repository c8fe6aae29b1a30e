from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from tests.training.tune import small
from training.tune.bases import open_base
from training.tune.plan import Batching, Chunk, Step, passes, plan
from training.tune.rows import read_dataset
from training.tune.tensors import lay_out
from training.tune.tokens import Encoder
from training.tune.trees import Tree, grow
from training.tune.weights import Weights


@pytest.fixture
def trees(tmp_path: Path) -> list[Tree]:
    base = open_base(small.base(tmp_path))
    rows = read_dataset(small.dataset(tmp_path / "data", chains=10, systems=3), "train").rows
    return grow(rows, Encoder(base.checkpoint.tokenizer(), base.name), Weights())


def chains(steps: list[Step]) -> list[list[str]]:
    return [[tree.chain for tree in step.trees] for step in steps]


def test_the_same_seed_gives_the_same_order(trees: list[Tree]) -> None:
    batching = Batching(step=800)
    order = chains(plan(trees, batching, seed=1, epochs=2))
    assert order == chains(plan(trees, batching, seed=1, epochs=2))
    assert order != chains(plan(trees, batching, seed=2, epochs=2))


def test_every_pass_shows_every_conversation_once(trees: list[Tree]) -> None:
    steps = plan(trees, Batching(step=800), seed=1, epochs=2.5)
    flat = [name for one in chains(steps) for name in one]
    assert len(flat) == 25
    for start in (0, 10):
        assert len(set(flat[start : start + 10])) == 10
    assert flat[:10] != flat[10:20]


def test_preferred_templates_come_earlier_and_none_is_lost() -> None:
    trees = [Tree(f"{kind}-{n}", (), "en", f"{kind}/x") for kind in "ab" for n in range(300)]
    drawn = list(passes(trees, seed=1, epochs=1, prefer={"a/*": 3.0}))
    assert Counter(tree.chain for tree in drawn) == Counter(tree.chain for tree in trees)
    early = Counter(tree.template for tree in drawn[:100])
    assert 2 <= early["a/x"] / early["b/x"] <= 5
    both = list(passes(trees, seed=1, epochs=1, prefer={"a/*": 3.0, "*/x": 2.0}))
    assert [tree.chain for tree in both[:50]] == [tree.chain for tree in drawn[:50]]


def test_a_factor_of_nothing_leaves_templates_out(trees: list[Tree]) -> None:
    assert {tree.template for tree in trees} == {"t"}
    assert list(passes(trees, seed=1, epochs=1, prefer={"t": 0.0})) == []
    assert len(list(passes(trees, seed=1, epochs=1, prefer={"u": 0.0}))) == len(trees)


@pytest.mark.parametrize("share", [True, False])
def test_chunks_hold_the_trees_of_their_step_within_their_size(
    trees: list[Tree], share: bool
) -> None:
    for step in plan(trees, Batching(step=1500, chunk=900, row=700, share=share), seed=0, epochs=1):
        held = Counter(tree.chain for group in step.groups for chunk in group.chunks
                       for row in chunk.rows for tree in row)  # fmt: skip
        assert held == Counter(tree.chain for tree in step.trees)
        for group in step.groups:
            assert {
                tree.opening for chunk in group.chunks for row in chunk.rows for tree in row
            } == {group.opening}
            for chunk in group.chunks:
                longest = max(sum(tree.length for tree in row) for row in chunk.rows)
                assert longest * len(chunk.rows) <= 900 or len(chunk.rows) == 1
        assert step.norm == pytest.approx(sum(tree.weight for tree in step.trees))


def test_processes_share_a_step_and_its_norm(trees: list[Tree]) -> None:
    steps = plan(trees, Batching(step=400), seed=0, epochs=1, ranks=2)
    assert len(steps) % 2 == 0
    for first, second in zip(steps[::2], steps[1::2], strict=True):
        assert first.norm == second.norm
        weight = sum(tree.weight for step in (first, second) for tree in step.trees)
        assert first.norm == pytest.approx(weight / 2)


def test_a_token_sees_its_ancestors_and_nothing_else(trees: list[Tree]) -> None:
    tree = next(one for one in trees if len(one.nodes) == 9)
    other = next(one for one in trees if len(one.nodes) == 6 and one.opening == tree.opening)
    laid = lay_out(Chunk(((tree, other),)), tree.opening, shared=False)
    spans: list[tuple[Tree, int]] = [(tree, n) for n in (0, 1, 2, 3, 4, 5, 6, 7, 8)]
    spans += [(other, n) for n in range(6)]
    ends = [0, len(tree.opening)]
    for owner, node in spans:
        ends.append(ends[-1] + len(owner.nodes[node].tokens))
    refused, kept = spans.index((tree, 7)), spans.index((tree, 3))
    query = ends[refused + 1]
    seen = laid.visible[0, query].nonzero().flatten().tolist()
    shared = [*range(ends[0], ends[2])]
    follows = [*range(ends[spans.index((tree, 6)) + 1], ends[spans.index((tree, 6)) + 2])]
    assert seen == [*shared, *follows, query]
    assert not laid.visible[0, ends[spans.index((other, 0)) + 1], ends[kept + 1]]
    assert laid.positions[0, query] == len(tree.opening) + tree.nodes[7].start


def test_padding_sees_itself_and_teaches_nothing(trees: list[Tree]) -> None:
    small_one, large = sorted(trees[:4], key=lambda one: one.length)[::3]
    laid = lay_out(Chunk(((small_one,), (large,))), small_one.opening, shared=True)
    length = laid.ids.shape[1]
    assert length == large.length
    for place in range(small_one.length, length):
        assert laid.visible[0, place].nonzero().flatten().tolist() == [place]
    assert not torch.isin(laid.learners, torch.arange(small_one.length - 1, length)).any()
    assert float(laid.weights.sum()) == small_one.weight + large.weight
    assert torch.equal(laid.ids.flatten()[laid.learners + 1], laid.targets)
