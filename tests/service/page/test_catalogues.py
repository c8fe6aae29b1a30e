"""The page's words: four catalogues that say the same things."""

from __future__ import annotations

import json
import re

import pytest

from service.page import INDEX, STATIC

LANGUAGES = ("en", "tr", "de", "es")
CATALOGUES = {
    language: json.loads((STATIC / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    for language in LANGUAGES
}
SOURCES = "\n".join(path.read_text() for path in sorted((STATIC / "js").rglob("*.js")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_has_the_keys_and_placeholders_of_english(language: str) -> None:
    def placeholders(catalogue: dict[str, str]) -> dict[str, list[str]]:
        return {key: sorted(re.findall(r"{\w+}", text)) for key, text in catalogue.items()}

    assert placeholders(CATALOGUES[language]) == placeholders(CATALOGUES["en"])
    assert all(text.strip() for text in CATALOGUES[language].values())


def test_every_key_that_the_page_asks_for_exists() -> None:
    asked = set(re.findall(r"""\b(?:t|inLanguage)\("([\w.]+)\"""", SOURCES))
    asked |= set(re.findall(r'data-t(?:-label)?="([\w.]+)"', INDEX.read_text()))
    asked |= {f"{key}.other" for key in re.findall(r"""\bplural\("([\w.]+)\"""", SOURCES)}
    asked |= set(re.findall(r'"(say\.\w+)"', SOURCES))
    assert len(asked) > 80
    assert asked - set(CATALOGUES["en"]) == set()


def test_page_asks_no_other_host_for_anything() -> None:
    assert (
        re.findall(
            r"""(?:src|href|import|from|url)\s*[=(]?\s*["']?(?:https?:)?//\S+""",
            SOURCES + INDEX.read_text(),
        )
        == []
    )


def test_markup_is_never_made_from_text() -> None:
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", SOURCES)
        == []
    )
