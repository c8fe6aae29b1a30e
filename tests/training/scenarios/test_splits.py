"""No template, phrase or person belongs to two splits."""

from __future__ import annotations

import pytest

from agent.evidence.lexicon import Language
from training.scenarios.scenario import Split
from training.scenarios.splits import leaks, shape, shared
from training.scenarios.story import Story
from training.scenarios.templates.registry import REGISTER, template


class TestShape:
    def test_case_accents_marks_and_endings_do_not_matter(self):
        said = "Uçuş: {origin:from} {destination:to}, {when}!"
        assert shape(said) == shape("ucus {origin} {destination} {when}")

    def test_other_words_and_other_slots_do(self):
        assert shape("fly to {city}") != shape("fly to {origin}")
        assert shape("fly to {city}") != shape("go to {city}")


class TestShared:
    def test_tells_what_two_splits_hold_both(self):
        found = list(shared({"train": {"a", "b"}, "validation": {"c"}, "test": {"b"}}))
        assert found == ["train and test share 'b'"]

    def test_the_committed_splits_share_nothing(self):
        assert leaks() == []

    def test_a_person_of_the_test_split_in_training_would_be_found(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        def people(split: Split) -> dict[Language, list[str]]:
            return {"en": ["Owen Pritchard"]} if split != "validation" else {}

        monkeypatch.setattr("training.scenarios.splits.people", people)
        assert leaks() == ["train and test share 'owen pritchard'"]

    def test_a_phrase_of_the_test_split_in_training_would_be_found(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        said: dict[Split, str] = {"train": "Fly me to {city}!", "test": "fly me to {city}"}

        def phrases(split: Split, language: Language) -> dict[str, list[str]]:
            return {"move": [said[split]]} if split in said and language == "en" else {}

        monkeypatch.setattr("training.scenarios.splits.phrases", phrases)
        assert leaks() == ["train and test share 'fly me to {city}'"]


def test_a_template_has_one_split_only():
    assert REGISTER["flight/position"].split == "test"
    with pytest.raises(ValueError, match="already"):

        @template("flight", "position", "flight booking", split="train")
        async def again(story: Story) -> None:
            raise NotImplementedError
