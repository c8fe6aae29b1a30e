"""Keeps the `.po` files in step with the source: `python -m agent.reply.catalogues`.

New messages are added to every catalogue (with an empty translation, which the tests refuse), gone
ones are dropped. English is the source language, so its translations are the messages themselves.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from agent.reply.translations import DOMAIN, LANGUAGES, Language, catalogue_path

_SOURCES: Final = Path(__file__).parent
_KEYWORDS: Final = {"N_": None, "NN_": (1, 2), "gettext": None, "ngettext": (1, 2)}

# Placeholders and dates that would change with every run.
_HEADER_NOISE: Final = re.compile(
    rb'(?m)^(?:# .*|#|"(?:Project-Id|Report|POT|PO-Revision|Last-T|Language-T|Generated).*)\n'
)

MessageId = str | tuple[str, str]


def messages() -> Iterator[tuple[MessageId, str]]:
    """Every message of the source (a pair where it has a plural) and the file that it stands in."""
    for path in sorted(_SOURCES.glob("*.py")):
        for _, message, _, _ in extract_from_file("python", path, keywords=_KEYWORDS):
            yield (message if isinstance(message, str) else (message[0], message[1])), path.name


def updated(language: Language) -> bytes:
    """The catalogue of a language with exactly the messages of the source."""
    template = Catalog(domain=DOMAIN)
    for message, file in messages():
        template.add(message, locations=[(f"agent/reply/{file}", 0)])
    path = catalogue_path(language)
    catalogue = (
        read_po(io.BytesIO(path.read_bytes()), locale=language, domain=DOMAIN)
        if path.exists()
        else Catalog(locale=language, domain=DOMAIN, project="Callsign", fuzzy=False)
    )
    catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    if language == "en":
        for message in catalogue:
            if message.id:
                message.string = message.id
    written = io.BytesIO()
    write_po(written, catalogue, width=100, include_lineno=False, sort_output=True)
    return _HEADER_NOISE.sub(b"", written.getvalue()).lstrip()


def untranslated(catalogue: Catalog) -> list[MessageId]:
    """The messages of which any form is empty."""
    return [
        cast("MessageId", m.id)
        for m in catalogue
        if m.id and not all((m.string,) if isinstance(m.string, str) else m.string or ("",))
    ]


def main() -> None:
    """Write all catalogues and say how many messages of each wait for a translator."""
    for language in LANGUAGES:
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(updated(language))
        catalogue = read_po(io.BytesIO(path.read_bytes()), locale=language)
        waiting = len(untranslated(catalogue))
        sys.stdout.write(f"{path}: {len(catalogue)} messages, {waiting} to translate\n")


if __name__ == "__main__":
    main()
