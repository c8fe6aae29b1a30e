"""The catalogues that translators edit: GNU gettext `.po` files, compiled in memory at first use.

No `.mo` file is kept, so none can be stale.
"""

from __future__ import annotations

import io
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Final, Literal, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["en", "tr", "de", "es"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LOCALES: Final = Path(__file__).with_name("locales")
DOMAIN: Final = "callsign"


def negotiate(tag: str | None) -> Language:
    """The catalogue that serves a BCP 47 tag best: ``de-AT`` is German, an unknown tag English."""
    primary = (tag or "").replace("_", "-").partition("-")[0].lower()
    return primary if primary in LANGUAGES else "en"


def catalogue_path(language: Language) -> Path:
    """Where the `.po` file of a language stands."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def translations(language: Language) -> GNUTranslations:
    """The compiled catalogue of a language. Raises `OSError` when its `.po` file is missing."""
    with catalogue_path(language).open("rb") as source:
        catalogue = read_po(source, locale=language, domain=DOMAIN)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools extract by
    """Mark a message for extraction without translating it here."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - as above, for plurals
    """Mark a message and its plural for extraction without translating them here."""
    return one, many
