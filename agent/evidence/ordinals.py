"""Whether an ordinal picks one of several things that were shown, or orders something else.

"The second one" picks; "first name", "my first time", "a second, please" and "on the 3rd" do not.
"""

from __future__ import annotations

from agent.evidence.folding import fold
from agent.evidence.tokens import Line

_ORDERED = frozenset(
    fold(word)
    for word in """name names initial language class time times half floor night day week thing
    things passenger passengers traveller travellers traveler travelers guest guests person adult
    adults child children kid aged
    klasse mal passagier passagiere reisender reisende gast gäste person nacht tag woche etage stock
    nombre nombres clase vez veces pasajero pasajera pasajeros viajero huésped huéspedes noche día
    semana planta
    ad adı adım adımız isim ismi ismim sınıf kez kere defa yolcu yolcunun yolcular misafir
    konuk kişi gece gün hafta kat
    """.split()  # noqa: SIM905
)
"""What people number without choosing it."""
_OWN = frozenset(
    """my our mein meine meiner meinem meinen unser unsere mi mis nuestro nuestra""".split()  # noqa: SIM905
)
_DATING = frozenset("on by until till from since am bis vom zum ab hasta desde".split())  # noqa: SIM905
_SPEAKING = frozenset({"i", "we", "let", "let's", "can", "could", "my"})


def picks(line: Line, first: int, last: int) -> bool:
    """Whether tokens first..last-1, an ordinal or a number after "option", pick something."""
    following = line.tokens[last : last + 2]
    before = line.tokens[max(0, first - 2) : first]
    previous = before[-1] if before else None
    if following and following[0].word.partition("'")[0] in _ORDERED:
        return False
    if [token.word for token in following] == ["of", "all"]:
        return False
    if previous is None:
        words = [token.word for token in following]
        # "First, I need a flight."
        return not (words[:1] == [","] and _SPEAKING.issuperset(words[1:]))
    if previous.cls == "a" or previous.word in _OWN or previous.word == "at":
        return False
    dated = [token.word for token in before if token.word != "the"][-1:]
    return not (line.classes[first] == "D" and _DATING.issuperset(dated) and bool(dated))
