"""The language of short messages."""

from pathlib import Path

import pytest

from agent.evidence.language import detect
from agent.evidence.lexicon import LANGUAGES
from agent.evidence.tokens import cut

ROWS = [
    line.split("\t")
    for line in Path(__file__).with_name("sentences.tsv").read_text("utf-8").splitlines()
]


def language_of(text: str) -> str | None:
    return detect(text, cut(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_tells_at_least_nine_of_ten_short_sentences_and_takes_none_for_another(
    language: str,
) -> None:
    found = [language_of(text) for code, text in ROWS if code == language]
    assert len(found) == 50
    assert set(found) <= {language, None}
    assert found.count(language) >= 45


@pytest.mark.parametrize("text", [text for code, text in ROWS if code == "-"])
def test_what_no_words_tell_stays_undecided(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [("Berlin'den Paris'e", "tr"), ("IZMIR'DEN LONDRA'YA", "tr"), ("¿Madrid?", "es")],
)
def test_letters_and_endings_tell_too(text: str, language: str) -> None:
    assert language_of(text) == language
