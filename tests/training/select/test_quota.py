"""Fair shares over cells: the rare are all taken, the common are cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from training.select.quota import chosen, shares
from training.select.traits import Traits


def cell(operation: str, language: str = "en") -> Traits:
    return Traits((operation,), 2, ("call",), "terse", language)


HELD = st.dictionaries(st.sampled_from("abcdef").map(cell), st.integers(1, 40))


class TestShares:
    def test_the_rare_give_all_and_the_common_share_the_rest(self):
        held = {cell("search"): 1000, cell("book"): 300, cell("cancel"): 10}
        assert shares(held, 210) == {cell("cancel"): 10, cell("book"): 100, cell("search"): 100}

    def test_there_is_no_more_than_there_is(self):
        held = {cell("search"): 3, cell("book"): 2}
        assert shares(held, 100) == held

    @given(HELD, st.integers(0, 150))
    def test_they_are_max_min_fair(self, held: dict[Traits, int], size: int):
        taken = shares(held, size)
        assert sum(taken.values()) == min(size, sum(held.values()))
        cut = [taken[one] for one in held if taken[one] < held[one]]
        if cut:
            assert max(cut) - min(cut) <= 1
            assert all(most <= min(cut) + 1 for most in taken.values())


class TestChosen:
    def rows(self) -> list[tuple[str, Traits, str]]:
        return [
            (f"{operation}-{template}-{number}", cell(operation), template)
            for operation, count in (("search", 40), ("book", 4))
            for template in ("plain", "twisted")
            for number in range(count if template == "plain" else 3)
        ]

    def test_templates_take_turns_within_a_cell(self):
        taken = chosen(self.rows(), 14, 1, "select")
        assert Counter(one.rpartition("-")[0] for one in taken) == {
            "book-plain": 4, "book-twisted": 3, "search-plain": 4, "search-twisted": 3,
        }  # fmt: skip

    def test_the_order_of_the_rows_does_not_matter_and_the_seed_does(self):
        rows = self.rows()
        shuffled: Sequence[tuple[str, Traits, str]] = Random(1).sample(rows, len(rows))
        assert chosen(rows, 14, 1, "select") == chosen(shuffled, 14, 1, "select")
        assert chosen(rows, 14, 1, "select") != chosen(rows, 14, 2, "select")
