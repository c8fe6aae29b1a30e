"""A plain yes or no in four languages, and nothing else.

It decides over payments, so a message counts only when every word of it is one of these phrases,
all of one language and all of one mind. "Yes but make it business", "yes?" and "no, go ahead" are
no answer: the model reads them instead. Words that confirm a fact rather than a wish ("correct",
"genau") are left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

Consent = Literal["approve", "decline"]
_Mind = Literal["approve", "decline", "polite"]

_APPROVE: Final = {
    "en": "yes|yep|yeah|yup|y|sure|ok|okay|approve|approved|i approve|confirm|confirmed|i confirm|"
    "go ahead|please do|do it|book it|book them|agreed|i agree|of course|absolutely|definitely|"
    "sounds good|looks good|that is fine|that's fine|fine|perfect|proceed|yes i do",
    "tr": "evet|olur|tamam|tamamdır|peki|onayla|onaylıyorum|onay|onay veriyorum|kabul|"
    "kabul ediyorum|ayırt|rezervasyonu yap|rezerve et|devam et|devam|tabii|tabi|elbette|ok",
    "de": "ja|jawohl|jep|klar|na klar|gerne|gern|ok|okay|einverstanden|bestätigen|bestätigt|"
    "ich bestätige|genehmigt|buchen|bitte buchen|buche es|buchen sie|passt|passt so|mach das|"
    "machen sie das|natürlich|in ordnung",
    "es": "sí|si|claro|claro que sí|claro que si|vale|dale|ok|okay|de acuerdo|adelante|confirmo|"
    "confirmar|confirma|confirmado|apruebo|aprobado|aprobar|acepto|resérvalo|reservalo|"
    "por supuesto|hazlo|perfecto",
}
_DECLINE: Final = {
    "en": "no|nope|nah|n|decline|i decline|cancel|cancel that|cancel it|stop|don't|do not|"
    "don't do it|do not do it|don't book|do not book|don't book it|do not book it|"
    "never mind|nevermind|not now|forget it|reject|no way|keep it|i keep it|i'll keep it|"
    "i will keep it|i want to keep it|let me keep it",
    "tr": "hayır|yok|olmaz|iptal|iptal et|vazgeç|vazgeçtim|istemiyorum|reddet|reddediyorum|"
    "onaylamıyorum|yapma|dur|kalsın|şimdi değil",
    "de": "nein|nee|nö|abbrechen|abbruch|stopp|stop|ablehnen|abgelehnt|ich lehne ab|lieber nicht|"
    "nicht buchen|bitte nicht|nicht jetzt|auf keinen fall|lass es|lassen sie es|behalten|"
    "ich behalte es|ich behalte sie|ich behalte ihn|ich will es behalten",
    "es": "no|cancela|cancelar|cancélalo|cancelalo|para|rechazar|rechazo|no confirmo|no reserves|"
    "no lo reserves|no lo hagas|mejor no|ahora no|déjalo|dejalo|de ninguna manera|no quiero|"
    "la mantengo|lo mantengo|me la quedo|me lo quedo",
}
_POLITE: Final = {
    "en": "please|thanks|thank you",
    "tr": "lütfen|teşekkürler|teşekkür ederim|sağ ol",
    "de": "bitte|danke|danke schön",
    "es": "por favor|gracias",
}
# While a cancellation waits for approval these could mean either answer.
_CANCEL_WORDS: Final = re.compile(r"\b(?:cancel|iptal|abbrechen|abbruch|cancela|cancél)")
_BOOK_WORDS: Final = re.compile(r"\b(?:book|reserv|resérv|rezerv|buch|ayirt)")
# While a booking waits they could mean that the offer is to be kept for later, or taken.
_KEEP_WORDS: Final = re.compile(r"\b(?:keep|behalt|mantengo|quedo)")
_MAX_LENGTH: Final = 80

_Lexicon = dict[tuple[str, ...], _Mind]


def consent(text: str, *, cancelling: bool = False) -> Consent | None:
    """What a whole message answers to a pending approval; None when it is not plainly either.

    With `cancelling` (the approval is itself for a cancellation), words such as "cancel it" and
    "book it" are no answer, because they could mean both, and "keep it" is a no.
    """
    if len(text) > _MAX_LENGTH:
        return None
    plain = _plain(text)
    if plain is None or (cancelling and (_CANCEL_WORDS.search(plain) or _BOOK_WORDS.search(plain))):
        return None
    if not cancelling and _KEEP_WORDS.search(plain):
        return None
    words = tuple(plain.split())
    answers: set[Consent] = {answer for lexicon in _LEXICONS if (answer := _read(words, lexicon))}
    return answers.pop() if len(answers) == 1 else None


def _read(words: tuple[str, ...], lexicon: _Lexicon) -> Consent | None:
    """The one mind of all words, read as phrases, longest first; None for anything else."""
    minds: set[_Mind] = set()
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            if mind := lexicon.get(words[at : at + length]):
                minds.add(mind)
                at += length
                break
        else:
            return None
    if "approve" in minds and "decline" not in minds:
        return "approve"
    return "decline" if "decline" in minds and "approve" not in minds else None


def _plain(text: str) -> str | None:
    """Lower case without edge punctuation; None where a sign could change the meaning."""
    folded = _fold(text).replace("’", "'")
    bare = re.sub(r"[.,!¡;]+(?=\s|$)|(?<=\s)¡|^¡|—|–", " ", folded)
    return bare if re.fullmatch(r"[\w\s']+", bare) else None


def _fold(text: str) -> str:
    """Lower case in which Turkish capitals, dotted or not, meet their small letters."""
    return unicodedata.normalize("NFC", text.replace("İ", "i").casefold()).replace("ı", "i")


def _lexicon(language: str) -> _Lexicon:
    minds: tuple[tuple[_Mind, dict[str, str]], ...] = (
        ("approve", _APPROVE),
        ("decline", _DECLINE),
        ("polite", _POLITE),
    )
    return {
        tuple(_fold(phrase).split()): mind
        for mind, phrases in minds
        for phrase in phrases[language].split("|")
    }


_LEXICONS: Final[tuple[_Lexicon, ...]] = tuple(_lexicon(language) for language in _APPROVE)
_LONGEST: Final = max(len(words) for lexicon in _LEXICONS for words in lexicon)


def phrases(mind: Consent) -> Iterable[str]:
    """Every phrase that counts as an answer on its own."""
    return (" ".join(words) for lexicon in _LEXICONS for words, m in lexicon.items() if m == mind)
