"""Person names, e-mail, places, airlines and enumerated terms."""

from datetime import datetime

import pytest

from agent.evidence.facts import Evidence
from agent.evidence.reader import Reader

from .conftest import Read

NAMES = {
    "My name is Ada Lovelace.": ["Ada Lovelace"],
    "my name is ada lovelace": ["ada lovelace"],
    "I'm Grace Hopper": ["Grace Hopper"],
    "for Ada Lovelace and Charles Babbage": ["Ada Lovelace", "Charles Babbage"],
    "book it for ada lovelace": ["ada lovelace"],
    "ada lovelace": ["ada lovelace"],
    "the guest is ada lovelace, ada@x.org": ["ada lovelace"],
    "passenger will be shane o'hara": ["shane o'hara"],
    "it's for ada lovelace (3.4.1980)": ["ada lovelace"],
    "guest ada lovelace, ada@x.org": ["ada lovelace"],
    "mark d’angelo, mark@x.org": ["mark d’angelo"],
    "ada lovelace (born 3 may 1980) and june carter (born 4 may 1981)": [
        "ada lovelace",
        "june carter",
    ],
    "for april jones, a@x.org": ["april jones"],
    "my name is Noel Baker": ["Noel Baker"],
    "guest is noel baker": ["noel baker"],
    "take the first one. grace hopper, 9 december 1985, grace@example.com": ["grace hopper"],
    "grace hopper born 9 december 1985": ["grace hopper"],
    "guests: ada lovelace, alan turing and grace hopper": [
        "ada lovelace",
        "alan turing",
        "grace hopper",
    ],
    "Ada Lovelace, born 10 December 1815": ["Ada Lovelace"],
    "Passengers: Jean-Luc Picard, Ludwig van Beethoven": [
        "Jean-Luc Picard",
        "Ludwig van Beethoven",
    ],
    "Please book J. R. Tolkien": ["J. R. Tolkien"],
    "for Florence Nightingale": ["Florence Nightingale"],
    "for Jack London": ["Jack London"],
    "for Dr. Hans Müller": ["Hans Müller"],
    "für Herrn Jürgen Müller": ["Jürgen Müller"],
    "Sinéad O'Connor please": ["Sinéad O'Connor"],
    "It's for Ada Lovelace's trip": ["Ada Lovelace"],
    "Adım Ayşe Yılmaz": ["Ayşe Yılmaz"],
    "Can Yılmaz için bilet": ["Can Yılmaz"],
    "Mehmet Öz'e bir bilet": ["Mehmet Öz"],
    "yolcu adı: zeynep kaya": ["zeynep kaya"],
    "misafirimiz zeynep kaya, z@x.org": ["zeynep kaya"],
    "zeynep kaya adına, z@x.org": ["zeynep kaya"],
    "der gast ist anna schmidt": ["anna schmidt"],
    "la huésped es ana torres, correo a@x.org": ["ana torres"],
    "Ich heiße Jürgen Müller": ["Jürgen Müller"],
    "mein Name ist anna schmidt": ["anna schmidt"],
    "Für Karl-Heinz Groß bitte": ["Karl-Heinz Groß"],
    "Me llamo María García López": ["María García López"],
    "a nombre de Pablo Neruda": ["Pablo Neruda"],
    "soy Penélope Cruz": ["Penélope Cruz"],
    "for grace hopper please. mail grace@example.com": ["grace hopper"],
    "the second one: put it on grace hopper, born 1906-12-09": ["grace hopper"],
    "ben zeynep kaya, doğum tarihi 1985-09-14": ["zeynep kaya"],
    "das zweite bitte. auf anna schmidt, mail a@x.org": ["anna schmidt"],
    "es kommt anna schmidt, Mail a@x.org": ["anna schmidt"],
    "el nombre es ana torres por favor": ["ana torres"],
    "para ana torres por favor. mi correo es a@x.org": ["ana torres"],
    "the second one, for mary-anne poole, please": ["mary-anne poole"],
    "für karl-heinz groß, k@x.org": ["karl-heinz groß"],
}


@pytest.mark.parametrize(("text", "expected"), NAMES.items())
def test_reads_whole_names(text: str, expected: list[str], read: Read) -> None:
    whole = [fact.value for fact in read(text, "name") if fact.vocabulary is None]
    assert set(expected) <= set(whole)


def test_offers_every_split_into_given_and_family_name(read: Read) -> None:
    parts = {(fact.vocabulary, fact.value) for fact in read("I am Ada King Lovelace", "name")}
    assert {
        ("given_name", "Ada"),
        ("family_name", "King Lovelace"),
        ("given_name", "Ada King"),
        ("family_name", "Lovelace"),
    } <= parts


@pytest.mark.parametrize(
    "text",
    [
        "İlkini Cahit Arf için al",
        "İkincisini Cahit Arf adına al",
        "Nach Cahit Arf",
        "Two Cahit Arf",
    ],
)
def test_no_name_begins_with_an_ordinal_a_number_or_a_preposition(text: str, read: Read) -> None:
    names = {(fact.vocabulary, fact.value) for fact in read(text, "name")}
    assert names == {(None, "Cahit Arf"), ("given_name", "Cahit"), ("family_name", "Arf")}


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("I'm John and I want to go to Miami", {"John"}),
        ("June Carter, born 23 June 1969", {"June"}),
        ("Ich heiße Max Mustermann", {"Max"}),
        ("Me llamo Ana Pérez", {"Ana"}),
        ("Book Ada Lovelace on it", {"Ada", "Book", "Book Ada"}),
    ],
)
def test_given_names_are_no_pronouns_and_no_family_names(
    text: str, given: set[str], read: Read
) -> None:
    names = read(text, "name")
    whole = {str(f.value) for f in names if f.vocabulary is None and " " not in str(f.value)}
    assert {f.value for f in names if f.vocabulary == "given_name"} | whole == given


@pytest.mark.parametrize(
    "text",
    [
        "hmm okay cool, whatever works",
        "Fly me to Tokyo with Turkish Airlines",
        "a hotel for Barcelona",
        "A flight from Berlin to Paris on Friday",
        "yes please",
        "Berlin'den Londra'ya",
        "two adults in a double room",
        "Guten Tag, ich suche ein Hotel in Köln",
        "Quiero un vuelo a Madrid",
        "Merhaba, yarın İstanbul'a uçuş",
        "Welche Verbindungen gibt es nach Rom?",
        "Eine Frage: Gibt es eine Direktverbindung?",
        "guests love it, and rooms are cheap",
    ],
)
def test_reads_no_name(text: str, read: Read) -> None:
    assert read(text, "name") == []


def test_an_email_is_read_in_lower_case_and_its_surface_kept(read: Read) -> None:
    (fact,) = read("Write to Ada.L@Example.ORG.", "email")
    assert (fact.value, fact.text) == ("ada.l@example.org", "Ada.L@Example.ORG")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("from Berlin to New York", ["BER", "NYC"]),
        ("Londra'dan İstanbul'a", ["LON", "IST"]),
        ("Berlin'e uçuş", ["BER"]),
        ("von Köln nach München", ["CGN", "MUC"]),
        ("de Ciudad de México a Londres", ["MEX", "LON"]),
        ("MAD to LHR", ["MAD", "LHR"]),
        ("from Berlin to Rome for Sofia Müller", ["BER", "ROM"]),
        ("Passenger: Florence Weber", []),
        ("leaving for Berlin Monday", ["BER"]),
    ],
)
def test_reads_places(text: str, codes: list[str], read: Read) -> None:
    found = [fact.value for fact in read(text, "place") if fact.source == "user"]
    assert found == codes


def test_an_airport_names_its_city_as_well(read: Read) -> None:
    facts = read("a hotel near Heathrow", "place")
    assert [(fact.value, fact.unit, fact.source) for fact in facts] == [
        ("LHR", "airport", "user"),
        ("LON", "city", "context"),
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("with Lufthansa please", ["LH"]),
        ("with ANA please", ["NH"]),
        ("Me llamo Ana Pérez", []),
        ("not with Lufthansa", []),
        ("anything but Ryanair", []),
        ("alles außer Lufthansa", []),
    ],
)
def test_reads_airlines(text: str, codes: list[str], read: Read) -> None:
    assert [fact.value for fact in read(text, "carrier")] == codes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in business class", {("cabin_class", "business")}),
        ("havuzlu bir otel", {("amenities", "pool")}),
        (
            "pet-friendly with a swimming pool",
            {("amenities", "pet_friendly"), ("amenities", "pool")},
        ),
        ("con piscinas", {("amenities", "pool")}),
        ("with breakfast", {("amenities", "breakfast"), ("board", "breakfast_included")}),
        ("kahvaltı dahil", {("board", "breakfast_included")}),
        ("carpool", set()),
        ("a hotel with 4 stars", set()),
        ("fly first class", {("cabin_class", "first")}),
        ("seats in first please", {("cabin_class", "first")}),
        ("Take the first hotel", set()),
        ("First one.", set()),
    ],
)
def test_reads_terms(text: str, expected: set[tuple[str, str]], read: Read) -> None:
    assert {(fact.vocabulary, fact.value) for fact in read(text, "term")} == expected


def test_what_looks_like_an_id_is_kept_as_typed(read: Read) -> None:
    assert [fact.value for fact in read("cancel ord_7K2abc please", "text")] == ["ord_7K2abc"]


@pytest.mark.parametrize(
    "said",
    [
        "Cheers.", "thx", "Good evening!", "greetings", "Interesting.", "Much better.",
        "Eyvallah.", "Çok sağ olun!", "İyi akşamlar", "Kolay gelsin.", "Günaydın.",
        "Vielen Dank.", "Servus.", "Grüß Gott!", "Moin", "Viele Grüße", "Besten Dank und tschüss",
        "Mil gracias.", "Buenas tardes", "Saludos cordiales", "Entiendo.", "Qué tal",
    ],
)  # fmt: skip
def test_greetings_and_thanks_hold_no_value(said: str, reader: Reader, now: datetime) -> None:
    assert reader.read_message(said, "m1", now, Evidence()).facts == ()


@pytest.mark.parametrize(
    ("text", "given", "family"),
    [
        ("First name Tom, last name Berg", "Tom", "Berg"),
        ("My first name is Tom and my last name is Berg", "Tom", "Berg"),
        ("Vorname Anna, Nachname Müller", "Anna", "Müller"),
        ("Nombre: Ana, apellido: García", "Ana", "García"),
    ],
)
def test_a_cue_says_which_part_of_a_name_it_is(
    text: str, given: str, family: str, read: Read
) -> None:
    parts = {fact.vocabulary: fact.value for fact in read(text, "name")}
    assert parts == {"given_name": given, "family_name": family}


@pytest.mark.parametrize("text", ["Jan Petersen, geb. 3.4.1988", "June Carter, born 3 May 1988"])
def test_a_name_may_begin_with_what_is_a_month_elsewhere(text: str, read: Read) -> None:
    assert text.partition(",")[0] in {fact.value for fact in read(text, "name")}
