"""Every catalogue is complete, up to date and safe to format with."""

from __future__ import annotations

import io
import string

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from agent.reply import LANGUAGES, Language, negotiate
from agent.reply.catalogues import messages, untranslated, updated
from agent.reply.translations import catalogue_path


def catalogue(language: Language) -> Catalog:
    return read_po(io.BytesIO(catalogue_path(language).read_bytes()), locale=language)


def placeholders(message: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_the_source_has_messages_to_translate():
    assert len({message for message, _ in messages()}) > 150


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_exactly_the_messages_of_the_source(language: Language):
    assert catalogue_path(language).read_bytes() == updated(language), (
        "run `make catalogues` and translate what is new"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: Language):
    assert untranslated(catalogue(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_fuzzy(language: Language):
    assert [m.id for m in catalogue(language) if m.id and m.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders_of_their_message(language: Language):
    for message in catalogue(language):
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[1]
        forms = [message.string] if isinstance(message.string, str) else message.string
        for form in forms:
            assert placeholders(form) == placeholders(source), message.id
            assert all(name and name.isidentifier() for name in placeholders(form)), message.id


@pytest.mark.parametrize(
    ("tag", "language"),
    [("de-AT", "de"), ("TR", "tr"), ("es_MX", "es"), ("en-GB", "en"), ("fr", "en"), (None, "en")],
)
def test_a_language_tag_finds_its_nearest_catalogue(tag: str | None, language: Language):
    assert negotiate(tag) == language
