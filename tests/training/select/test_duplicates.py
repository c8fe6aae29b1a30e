"""Near duplicates: what the sketches find, against all pairs compared exactly."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.select.duplicates import Near
from training.select.text import Shingles, jaccard, shingles, words

TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=12).map(" ".join)


def triples(text: str) -> Shingles:
    return shingles(words(text), 3)


class TestText:
    def test_case_accents_and_marks_do_not_count(self):
        assert words("¿Vuelos a MÁLAGA, mañana?") == ["vuelos", "a", "malaga", "manana"]

    def test_shingles_are_runs_of_words(self):
        assert triples("to be or not") == {"to be or", "be or not"}

    def test_a_short_text_is_one_shingle_and_an_empty_one_none(self):
        assert triples("to be") == {"to be"}
        assert not triples("…")

    @given(TEXTS, TEXTS)
    def test_likeness_is_symmetric_and_one_only_for_the_same(self, one: str, other: str):
        left, right = triples(one), triples(other)
        assert jaccard(left, right) == jaccard(right, left)
        assert (jaccard(left, right) == 1) == (left == right and bool(left))


class TestNear:
    def test_the_first_of_a_pair_stays_and_the_second_is_told_its_name(self):
        near = Near(0.8)
        text = triples("a flight from Berlin to Lisbon on the third of March")
        assert near.add("a", text) is None
        assert near.add("b", text) == "a"
        assert len(near) == 1

    def test_what_is_dropped_drops_nothing_itself(self):
        """A chain of likenesses does not swallow what is unlike its first."""
        long = [f"w{number}" for number in range(50)]
        first, second, third = (shingles([*long[at:], *"xyzuvw"[:at]], 3) for at in (0, 4, 8))
        near = Near(0.8)
        assert near.add("1", first) is None
        assert near.add("2", second) == "1"
        assert jaccard(second, third) >= 0.8 > jaccard(first, third)
        assert near.add("3", third) is None

    def test_texts_of_another_kind_are_no_duplicates(self):
        near = Near(0.8)
        text = triples("what is the weather in Oslo")
        assert near.add("a", text, "call") is None
        assert near.add("b", text, "decline") is None
        assert near.find(text, "call") == "a"

    def test_texts_without_words_are_like_nothing(self):
        near = Near(0.8)
        assert near.add("a", frozenset()) is None
        assert near.add("b", frozenset()) is None
        assert near.find(frozenset()) is None

    def test_a_key_is_held_once(self):
        near = Near(0.8)
        near.add("a", triples("one two three"))
        with pytest.raises(ValueError, match="held already"):
            near.add("a", triples("four five six"))

    def test_too_low_a_threshold_is_refused(self):
        with pytest.raises(ValueError, match=r"0\.6"):
            Near(0.5)

    @pytest.mark.parametrize("threshold", [0.6, 0.7, 0.8, 0.9])
    def test_it_finds_what_comparing_with_every_text_finds(self, threshold: float):
        """80 texts of 40 words, each asked for with 0 to 6 words changed."""
        rng = Random(7)
        vocabulary = [f"word{number}" for number in range(500)]
        texts = {f"t{number}": rng.choices(vocabulary, k=40) for number in range(80)}
        held = {key: shingles(text, 3) for key, text in texts.items()}
        near = Near(threshold)
        for key, text in held.items():
            assert near.add(key, text) is None
        missed, wanted = 0, 0
        for text in texts.values():
            for changes in range(7):
                asked = list(text)
                for place in rng.sample(range(40), changes):
                    asked[place] = rng.choice(vocabulary)
                found = near.find(shingles(asked, 3))
                exact = _likest(shingles(asked, 3), held, threshold)
                wanted += exact is not None
                missed += found != exact
        assert wanted >= 80
        assert missed <= 0.01 * wanted


def _likest(text: Shingles, held: Mapping[str, Shingles], threshold: float) -> str | None:
    likeness, key = max((jaccard(text, other), key) for key, other in held.items())
    return key if likeness >= threshold else None
