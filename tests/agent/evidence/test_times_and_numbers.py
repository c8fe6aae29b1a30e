"""Times of day, and numbers with what they count."""

import pytest

from agent.evidence.tokens import parse_number

from .conftest import Read

TIMES = {
    "at 14:30": "14:30",
    "at 2pm": "14:00",
    "at 9:15 pm": "21:15",
    "12 am": "00:00",
    "after 6 in the evening": "18:00",
    "before 9": "09:00 21:00",
    "between 8 and 10 in the morning": "08:00 10:00",
    "half past six": "06:30 18:30",
    "a morning flight": "06:00 12:00",
    "at noon": "12:00",
    "saat 14.30'da": "14:30",
    "akşam 6'dan sonra": "18:00",
    "sabah 9'dan önce": "09:00",
    "6 buçukta": "06:30 18:30",
    "um 14.30 Uhr": "14:30",
    "nach 18 Uhr": "18:00",
    "um 9 Uhr abends": "21:00",
    "halb drei": "02:30 14:30",
    "a las 9 de la noche": "21:00",
    "después de las 6 de la tarde": "18:00",
    "antes de las 14:00": "14:00",
    "a las 14h30": "14:30",
    "quarter past three": "03:15 15:15",
    "at eight thirty": "08:30 20:30",
    "at two for 2 adults": "02:00 14:00",
    "between 2 and 4 pm": "14:00 16:00",
    "11 to 2 pm": "11:00 14:00",
    "nach 14 Uhr 30": "14:30",
    "um acht Uhr dreißig": "08:30",
    "um 8 Uhr 2 Personen": "08:00",
    "Viertel nach drei": "03:15 15:15",
    "a las tres y media": "03:30 15:30",
    "a las cuatro menos cuarto": "03:45 15:45",
    "saat üç buçukta": "03:30 15:30",
}
COUNTED = {
    "2 adults, 1 child and a baby": [(2, "adult"), (1, "child"), (1, "infant")],
    "two people": [(2, "adult")],
    "twenty five people": [(25, "adult")],
    "two hundred and fifty euros": [(250, "money")],
    "iki yüz elli euro": [(250, "money")],
    "twenty-five thousand euros": [(25000, "money")],
    "for two": [(2, "adult")],
    "family of four": [(4, "adult")],
    "a family of 5 with 2 children": [(5, None), (2, "child")],
    "a party of 4": [(4, "adult")],
    "una familia de 5": [(5, "adult")],
    "eine Gruppe von 4": [(4, "adult")],
    "wir sind zu fünft": [(5, "adult")],
    "we are 4": [(4, "adult")],
    "wir sind 4": [(4, "adult")],
    "somos cuatro": [(4, "adult")],
    "there are 4 of us": [(4, "adult")],
    "there are 4 of us, 2 adults and 2 kids": [(4, None), (2, "adult"), (2, "child")],
    "we are 12 and 14 years old": [(12, None), (14, "year")],
    "the price of 5": [(5, None)],
    "el 12 por ciento de 80": [(12, None), (80, None)],
    "3400'ün yüzde 17'si": [(3400, None), (17, None)],
    "3-star hotel": [(3, "star")],
    "4.5 stars": [(4.5, "star")],
    "2 double rooms": [(2, "room")],
    "a double room": [(1, "room")],
    "3 nights": [(3, "night")],
    "a week": [(1, "week")],
    "under €300": [(300, "money")],
    "1.200,50 EUR": [(1200.5, "money")],
    "at most 1,200 dollars": [(1200, "money")],
    "no more than 2 stops": [(2, "stop")],
    "nonstop": [(0, "stop")],
    "show me 5 flights": [(5, "option")],
    "the second one": [(2, "ordinal")],
    "option 2": [(2, "ordinal")],
    "the 2nd option": [(2, "ordinal")],
    "a 5-year-old": [(5, "year"), (1, "child")],
    "my wife and I": [(2, "adult")],
    "my wife, our baby and me": [(2, "adult"), (1, "infant")],
    "just me": [(1, "adult")],
    "a couple": [(2, "adult")],
    "with two friends": [(3, "adult")],
    "my two friends and I": [(3, "adult")],
    "for 4 friends": [(4, "adult")],
    "2. Angebot": [(2, "ordinal")],
    "la 2ª opción": [(2, "ordinal")],
    "für 4 am Strand": [(4, "adult")],
    "iki yetişkin ve bir çocuk": [(2, "adult"), (1, "child")],
    "üç kişiyiz": [(3, "adult")],
    "iki kişilik bir oda": [(2, "adult"), (1, "room")],
    "4 yıldızlı otel": [(4, "star")],
    "5 yaşında": [(5, "year"), (1, "child")],
    "two adults and a 3-year-old": [(2, "adult"), (3, "year"), (1, "child")],
    "my kids are 4 and 14 years old": [(4, None), (14, "year")],
    "zwei Erwachsene und ein Kind, 1 Jahr alt": [
        (2, "adult"),
        (1, "child"),
        (1, "year"),
        (1, "infant"),
    ],
    "a hotel for 2": [(2, "adult")],
    "I am 30": [(30, None)],
    "zu dritt": [(3, "adult")],
    "2 Erw. und 1 Kind": [(2, "adult"), (1, "child")],
    "eşimle ben": [(2, "adult")],
    "on iki gece": [(12, "night")],
    "2. seçenek": [(2, "ordinal")],
    "ikincisini istiyorum": [(2, "ordinal")],
    "sekizincisini alayım": [(8, "ordinal")],
    "onuncuyu ver": [(10, "ordinal")],
    "beşincisine bakalım": [(5, "ordinal")],
    "500 TL": [(500, "money")],
    "zwei Erwachsene und ein Kind": [(2, "adult"), (1, "child")],
    "meine Frau und ich": [(2, "adult")],
    "mit meinem Mann und zwei Kindern": [(2, "child"), (2, "adult")],
    "elf Nächte": [(11, "night")],
    "das zweite Angebot": [(2, "ordinal")],
    "dos adultos y un niño": [(2, "adult"), (1, "child")],
    "once noches": [(11, "night")],
    "la segunda opción": [(2, "ordinal")],
    "mi mujer y yo": [(2, "adult")],
    "200 euros como máximo": [(200, "money")],
}


@pytest.mark.parametrize(("text", "expected"), TIMES.items())
def test_reads_times(text: str, expected: str, read: Read) -> None:
    assert " ".join(sorted({str(fact.value) for fact in read(text, "time")})) == expected


@pytest.mark.parametrize("text", ["after 2 days", "nach 2 Tagen", "2 gün sonra", "25:00", "99 Uhr"])
def test_reads_no_time(text: str, read: Read) -> None:
    assert read(text, "time") == []


@pytest.mark.parametrize(
    "text",
    [
        "morgens wäre mir egal",
        "I don't care whether in the morning or in the evening",
        "por la mañana o por la tarde, me da igual",
        "sabah olsa fark etmez",
    ],
)
def test_an_hour_that_does_not_matter_is_not_asked_for(text: str, read: Read) -> None:
    assert read(text, "time") == []


@pytest.mark.parametrize(
    "text",
    [
        "after 6 pm. Price doesn't matter",
        "after 6 pm, I don't mind stops",
        "after 6 pm, doesn't matter which airline",
        "nach 18 Uhr, aber die Airline ist egal",
    ],
)
def test_an_hour_beside_what_does_not_matter_is(text: str, read: Read) -> None:
    assert [fact.value for fact in read(text, "time")] == ["18:00"]


def test_the_boundaries_of_a_part_of_the_day_are_context(read: Read) -> None:
    assert {fact.source for fact in read("in the morning", "time")} == {"context"}


@pytest.mark.parametrize(("text", "expected"), COUNTED.items())
def test_reads_numbers(text: str, expected: list[tuple[float, str | None]], read: Read) -> None:
    facts = [*read(text, "integer"), *read(text, "number")]
    assert sorted((fact.value, fact.unit or "") for fact in facts) == sorted(
        (value, unit or "") for value, unit in expected
    )


@pytest.mark.parametrize(
    "text",
    [
        "ada99@example.org",
        "offer off_2ab34cd5",
        "TK 1203",
        "LH456",
        "on 3 March 2027",
        "at 14:30",
        "the cheaper one",
        "I need a flight and a hotel",
        "Bir uçuş istiyorum",
        "ein Hotel, bitte",
        "https://example.org/3",
    ],
)
def test_numbers_inside_other_things_are_no_numbers(text: str, read: Read) -> None:
    assert [*read(text, "integer"), *read(text, "number")] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("under €300", "EUR"),
        ("$40", "USD"),
        ("300 avro", "EUR"),
        ("prices in GBP please", "GBP"),
        ("100 Franken", "CHF"),
        ("cien libras", "GBP"),
        ("5000 yen", "JPY"),
        ("200 liradan ucuz", "TRY"),
    ],
)
def test_reads_currencies(text: str, code: str, read: Read) -> None:
    assert [fact.value for fact in read(text, "currency")] == [code]


@pytest.mark.parametrize(
    ("digits", "value"),
    [("1200", 1200), ("1.200", 1200), ("1,200", 1200), ("1.200,50", 1200.5), ("4,5", 4.5)],
)
def test_parses_separators_of_all_four_languages(digits: str, value: float) -> None:
    assert parse_number(digits) == value


@pytest.mark.parametrize(
    "text",
    [
        "First name Ada, last name Lovelace",
        "Passenger 1 Ada Lovelace",
        "The first passenger is Ada",
        "birinci yolcu Ada",
        "it's my first time in Paris",
        "one second please",
        "give me a second",
        "un segundo, por favor",
        "un cuarto con baño",
        "we leave on the 3rd",
        "back on the 2nd please",
        "First, I need a flight to Rome",
        "in erster Klasse",
        "anything but the first",
        "not flight 2",
        "nicht der erste",
    ],
)
def test_an_ordinal_that_picks_nothing_is_not_said_by_anybody(text: str, read: Read) -> None:
    said = [fact for fact in read(text, "integer") if fact.unit == "ordinal"]
    assert {fact.source for fact in said} <= {"context"}


@pytest.mark.parametrize(
    "text",
    ["a couple of flights", "a couple more options", "ein paar Flüge", "una sola habitación"],
)
def test_some_things_are_no_two_people(text: str, read: Read) -> None:
    assert not [fact for fact in read(text, "integer") if fact.unit == "adult"]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("it doesn't have to be nonstop", "context"),
        ("muss nicht direkt sein", "context"),
        ("no hace falta que sea directo", "context"),
        ("nonstop, not with Lufthansa", "user"),
        ("not more than 1 stop", "user"),
    ],
)
def test_what_need_not_be_nonstop_is_not_asked_for(text: str, source: str, read: Read) -> None:
    assert {fact.source for fact in read(text, "integer") if fact.unit == "stop"} == {source}


@pytest.mark.parametrize(
    ("text", "said"), [("not the first one, the second", [2]), ("no the second one", [2])]
)
def test_a_choice_that_is_corrected_is_the_new_one(text: str, said: list[int], read: Read) -> None:
    facts = [fact for fact in read(text, "integer") if fact.source == "user"]
    assert [fact.value for fact in facts if fact.unit == "ordinal"] == said
