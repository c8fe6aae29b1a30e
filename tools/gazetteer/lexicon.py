"""Which names and codes need care, because they are also ordinary words or people's names.

All entries are folded (`tools.gazetteer.fold`).
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ORDINARY_WORDS = _words(
    """
    nice nis lagos porto lima colonia palma ginebra manila phoenix fenix perth alger capital
    reagan wilson midway sphinx everett
    emirates southwest british copa iberia condor azul gol garuda ethiopian hawaiian norwegian
    scandinavian wizz indigo qatar hainan transavia cathay sas ana scoot
    """
)
"""Need a capital letter, or a cue before them, to be taken for a name."""

PERSONAL_NAMES = _words(
    """
    sofia adelaide adelaida charlotte florence florencia orlando santiago valencia sidney dallas
    wilson pearson trudeau reagan chopin kennedy sanford kobe luton
    """
)
"""Places that people are named after; found, but with a lower score."""

WORD_CODES = _words(
    """
    add ath bah bar ber bey bog bom bos bud bus can dad dal dar del den doh dub dur dus fra gig
    ham han has hel ist lax las lim lin lis los lux mad mal man mia mil nap oka opo ord par per
    pty rak rio rom san saw sea sel sen sin sof sun tas van vie was yul
    """
)
"""Codes that are words in one of the four languages: in an all-capitals message they need a cue."""

NOT_CARRIER_CODES = _words(
    """
    ac ad ai am ar as at ca ci cm cu de ei en et fr ga ha km la lo lg me ms nz ob pc pg pr ps ro
    sa su tr ts tu ua va vs
    """
)
"""Two letters that mean something else more often than an airline, whatever their case."""

CUES = _words(
    """
    to from in via into near around
    nach von aus ab bis uber
    a de desde hasta en hacia para por
    with mit con
    """
)
"""Words before a place or an airline (Turkish puts a suffix behind it instead)."""

NO_CUES = frozenset({("a", "nice")})
"""A cue and an ordinary word that are just an English article and an adjective."""

CASE_ENDINGS_AFTER_CONSONANT = _words(
    "a e i u in un da de ta te dan den tan ten daki deki taki teki la le s"
)
CASE_ENDINGS_AFTER_VOWEL = _words(
    "ya ye yi yu nin nun da de ta te dan den tan ten daki deki taki teki yla yle la le s"
)
"""Turkish case endings, folded (dative, accusative, locative, ablative, genitive, "with"), and the
English and German genitive: what a name may carry at its end without an apostrophe."""

LONGEST_ENDING = 4
SHORTEST_INFLECTED_NAME = 4
"""Shorter names take endings behind an apostrophe only: "Rom" + "un" would be anything."""
