"""Statements in freely phrased text that something was booked or cancelled, in four languages.

"It is booked", "Ihr Flug wurde storniert", "Rezervasyonunuz yapıldı" and "He cancelado el hotel"
are statements; "it is not booked", "shall I book it?", "once it is confirmed" and "you said it is
booked" are none. A text is read clause by clause: a clause that is a question, negated or only
supposed states nothing. Word lists, not a parser: what they cannot see is left out, so that what
is found can be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Deed = Literal["booked", "cancelled", "done"]


@dataclass(frozen=True, slots=True)
class Statement:
    """That a deed was done. `start` and `end` are the character offsets of the word that says so.

    "booked" stands for booked, reserved and confirmed alike; "done" for a bare "Done." or "you are
    all set", which does not say what.
    """

    deed: Deed
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Grammar:
    """How one language states a deed: patterns over a lower-case clause, with a group ``deed``.

    `void` are words that turn a statement into something else, before the deed or, where the verb
    may come first (`anywhere`), on either side of it.
    """

    said: tuple[re.Pattern[str], ...]
    done: tuple[re.Pattern[str], ...]
    void: re.Pattern[str]
    anywhere: bool = False


def _any(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_undotted(pattern)) for pattern in patterns)


def _undotted(text: str) -> str:
    """Turkish small letters as their capitals leave them when lower-cased: ``ı`` as ``i``."""
    return text.replace("ı", "i")


_EN_DEED: Final = r"(?P<deed>booked(?!\s+(?:out|up|solid))|reserved|confirmed|cancell?ed)\b"
_EN_SO: Final = r"(?:(?:now|already|just|all|also|both|successfully|officially|indeed)\s+)*"
_EN_OBJECT: Final = r"\b(?:booking|reservation|order|purchase|cancellation)s?"
_EN_READY: Final = r"(?P<deed>completed?|successful|made|placed|finali[sz]ed|done|issued)\b"
_EN_IS: Final = r"(?:is|are|was|were|(?:has|have)\s+(?:now\s+|already\s+)?been)"
_EN: Final = _Grammar(
    said=_any(
        rf"(?:\b{_EN_IS}|(?<=\w)['’](?:s|re)(?:\s+been)?)\s+{_EN_SO}{_EN_DEED}",
        rf"\b(?:i|we)(?:\s+have|['’]ve)?\s+{_EN_SO}{_EN_DEED}",
        rf"{_EN_OBJECT}(?:\s+\S+){{0,4}}?\s+{_EN_IS}\s+{_EN_SO}{_EN_READY}",
        rf"^{_EN_SO}{_EN_DEED}$",
        rf"^(?:\S+\s+){{0,2}}?{_EN_OBJECT}\s+(?P<deed>confirmed|completed?|cancell?ed)$",
    ),
    done=_any(
        r"^(?:it['’]s\s+|it\s+is\s+|that['’]s\s+|all\s+)?(?P<deed>done|all\s+set)$",
        r"\byou(?:['’]re|\s+are)\s+(?:now\s+)?(?P<deed>all\s+set)\b",
    ),
    void=re.compile(
        r"n['’]t\b|\b(?:not|never|no|nothing|none|neither|nor|nobody|without|cannot|unless|if|once"
        r"|when|until|before|after|whether|as\s+soon\s+as|in\s+case|would|could|should|might|may"
        r"|must|price|fare|rate|availability|fully|you\s+(?:said|say|think|thought|believe"
        r"|mention(?:ed)?|claim(?:ed)?|told)|according\s+to\s+you)\b"
    ),
)

_DE_DEED: Final = r"(?P<deed>gebucht|reserviert|bestätigt|storniert)\b"
_DE_OBJECT: Final = r"\b(?:buchung|reservierung|bestellung|stornierung)(?:en)?"
_DE: Final = _Grammar(
    said=_any(
        rf"\b(?:ist|sind|wurden?|war|waren)\b(?:\s+\S+){{0,12}}?\s+{_DE_DEED}(?!\s+(?:werden|haben))",
        rf"\b(?:ich\s+hab(?:e)?|hab(?:e)?\s+ich|wir\s+haben|haben\s+wir)\b(?:\s+\S+){{0,12}}?"
        rf"\s+{_DE_DEED}(?!\s+werden)",
        rf"{_DE_DEED}\s+(?:ist|sind|wurden?|habe\s+ich|haben\s+wir)\b",
        rf"{_DE_OBJECT}(?:\s+\S+){{0,4}}?\s+(?:ist|sind|war|wurden?)(?:\s+\S+){{0,4}}?"
        r"\s+(?P<deed>erfolgreich|abgeschlossen|erfolgt|durchgeführt|vorgenommen|erledigt)\b",
        rf"^(?:(?:alles|erfolgreich|schon|bereits)\s+)*{_DE_DEED}$",
        rf"^(?:\S+\s+){{0,2}}?{_DE_OBJECT}\s+(?P<deed>bestätigt|abgeschlossen|erfolgreich)$",
    ),
    done=_any(r"^(?:(?:alles|schon|es|das|ist)\s+)*(?P<deed>erledigt|fertig)$"),
    void=re.compile(
        r"\b(?:nicht|nichts|nie|niemals|kein\w*|weder|noch|ohne|wenn|falls|sobald|ob|bevor|nachdem"
        r"|erst|solange|soll\w*|könn\w*|kann|möchte\w*|würde\w*|wäre\w*|hätte\w*|preis\w*|tarif\w*"
        r"|verfügbarkeit|sie\s+(?:sagen|sagten|meinen|glauben|schreiben|haben)|laut\s+ihnen)\b"
    ),
    anywhere=True,
)

_TR_OBJECT: Final = r"\b(?:rezervasyon|sipariş|kayd|kayıt|iptal|işlem)\w*(?:\s+\S+){0,3}?\s+"
_TR: Final = _Grammar(
    said=_any(
        rf"{_TR_OBJECT}(?P<deed>yapıldı|yapılmıştır|yaptım|yaptık|tamamlandı|tamamlanmıştır"
        r"|oluşturuldu|oluşturulmuştur|oluşturdum|oluşturduk|gerçekleşti|gerçekleştirildi)\b",
        r"\brezerve\s+(?P<deed>edildi|edilmiştir|ettim|ettik)\b",
        r"\biptal\s+(?P<deed>edildi|edilmiştir|ettim|ettik|oldu)\b",
        r"\b(?P<deed>ayırttım|ayırttık|ayırtıldı|onaylandı|onaylanmıştır|onayladım|onayladık)\b",
        r"\bsatın\s+(?P<deed>alındı|alınmıştır|aldım|aldık)\b",
        r"\b(?:yer|oda|koltuk|bilet)\w*(?:\s+\S+){0,2}?\s+(?P<deed>ayrıldı|ayırdım|ayırdık)\b",
    ),
    done=_any(r"^(?:her\s+şey\s+|hepsi\s+)?(?P<deed>tamamlandı|halloldu|hallettim|yapıldı)$"),
    void=re.compile(
        r"\b(?:değil|hiçbir|m[iuü]|eğer|henüz|fiyat\w*|ücret\w*|dediniz|söylediniz|diyorsunuz"
        r"|söylüyorsunuz|göre)\b"
    ),
    anywhere=True,
)

_ES_DEED: Final = r"(?P<deed>(?:reservad|confirmad|cancelad|anulad)[oa]s?)\b"
_ES_SO: Final = r"(?:(?:ya|todo|también|ahora|correctamente|oficialmente)\s+)*"
_ES_IS: Final = (
    r"(?:está|están|esta|estan|queda|quedan|quedó|quedaron|fue|fueron|ha\s+sido|han\s+sido)"
)
_ES_OBJECT: Final = r"\b(?:reserva|cancelación|anulación|compra)(?:s|ciones)?"
_ES_READY: Final = r"(?P<deed>(?:hech|realizad|completad|efectuad|finalizad|list)[oa]s?)\b"
_ES: Final = _Grammar(
    said=_any(
        rf"\b{_ES_IS}\s+{_ES_SO}{_ES_DEED}",
        rf"\b(?:he|hemos|se\s+han?)\s+{_ES_SO}(?P<deed>reservado|confirmado|cancelado|anulado)\b",
        r"\b(?P<deed>reservé|cancelé|confirmé|anulé)\b",
        r"\bse\s+(?P<deed>reservó|canceló|confirmó|anuló)\b",
        rf"{_ES_OBJECT}(?:\s+\S+){{0,4}}?\s+{_ES_IS}\s+{_ES_SO}{_ES_READY}",
        rf"^{_ES_SO}{_ES_DEED}$",
        rf"^(?:\S+\s+)?{_ES_OBJECT}\s+(?P<deed>hecha|realizada|confirmada|completada)$",
    ),
    done=_any(r"^(?:todo\s+|ya\s+|ya\s+está\s+|está\s+)*(?P<deed>hecho|listo)$"),
    void=re.compile(
        r"¿|\b(?:no|nada|ningun[oa]?|ningún|nunca|sin|si|ni|tampoco|cuando|hasta|antes|después"
        r"|una\s+vez|mientras|en\s+cuanto|podría\w*|sería\w*|habría\w*|precio\w*|tarifa\w*"
        r"|disponibilidad|usted\s+(?:dice|dijo|cree|menciona)|según\s+usted)\b"
    ),
)

_GRAMMARS: Final[tuple[_Grammar, ...]] = (_EN, _DE, _TR, _ES)
_CANCELS: Final = re.compile(r"cancel|storn|iptal|anul")
_BOOKS: Final = re.compile(r"book|reserv|rezerv|buch")
# A dot after a digit is an ordinal or a decimal ("am 3. März"), and ends nothing.
_CLAUSE_END: Final = re.compile(
    r"(?<!\d)[.](?=\W|$)|[!?…;\n]|[:,](?=\s|$)|[()–—•*]"
    r"|(?<=\s)(?:but|however|although|though|aber|jedoch|ama|fakat|pero|sino)(?=\s)"
)
_SENTENCE_END: Final = re.compile(r"(?<!\d)[.](?=\W|$)|[!?…;\n]")
_VERB_FIRST: Final = re.compile(r"(?:ist|sind|wurden?|war|waren|hab\w*|está\w*|ha|han|he|hemos)\b")
_EDGES: Final = re.compile(r"^[^\w¿]+|\W+$")


def stated(text: str) -> list[Statement]:
    """Every deed that a text states, in its order. Pure; any text is read without error."""
    # Lower-casing "İ" gives two characters; every other keeps its place.
    plain = _undotted(text.replace("İ", "i").lower())
    found = {
        (start, end): Statement(deed, start, end)
        for clause_start, clause, asks in _clauses(plain)
        for deed, start, end in _read(clause, clause_start, asks=asks)
    }
    return [found[span] for span in sorted(found)]


def _clauses(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each clause with where it starts, and whether its sentence asks from here on.

    A clause that ends in the question mark is left out: it states nothing.
    """
    start = 0
    ends: Sequence[tuple[int, int]] = [m.span() for m in _CLAUSE_END.finditer(text)]
    for end, after in (*ends, (len(text), len(text))):
        clause = text[start:end]
        closing = _SENTENCE_END.search(text, end)
        if clause.strip() and text[end:after] != "?":
            yield start, clause, closing is not None and closing.group() == "?"
        start = after


def _read(clause: str, offset: int, *, asks: bool) -> Iterator[tuple[Deed, int, int]]:
    head = _EDGES.match(clause)
    trimmed = _EDGES.sub("", clause)
    at = head.end() if head and head.start() == 0 else 0
    # "Ist der Flug gebucht, und wann?" asks in its first clause already.
    if asks and _VERB_FIRST.match(trimmed):
        return
    for grammar in _GRAMMARS:
        for pattern in (*grammar.said, *grammar.done):
            for match in pattern.finditer(trimmed):
                start, end = match.span("deed")
                before = trimmed if grammar.anywhere else trimmed[:start]
                if not grammar.void.search(before):
                    bare = pattern in grammar.done
                    deed = "done" if bare else _deed(match.group("deed"), trimmed[:end])
                    yield deed, offset + at + start, offset + at + end


def _deed(word: str, whole: str) -> Deed:
    """A word for booking is one whatever stands before it; "confirmed" is of what stands there."""
    if _CANCELS.search(word):
        return "cancelled"
    return "cancelled" if _CANCELS.search(whole) and not _BOOKS.search(word) else "booked"
