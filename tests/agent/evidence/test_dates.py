"""Dates as people write them, read on Wednesday 10 February 2027."""

from datetime import UTC, date, datetime, timedelta

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.evidence.facts import Evidence, Fact
from agent.evidence.reader import Reader

from .conftest import Read

ENGLISH = {
    "2027-03-03": "2027-03-03",
    "on 3 March": "2027-03-03",
    "on March 3rd": "2027-03-03",
    "the 3rd of March": "2027-03-03",
    "March 3, 2028": "2028-03-03",
    "Wednesday, 3 March 2027": "2027-03-03",
    "3 Jan": "2028-01-03",
    "from 3 to 7 March": "2027-03-03 2027-03-07",
    "3-7 March": "2027-03-03 2027-03-07",
    "March 3-7, 2027": "2027-03-03 2027-03-07",
    "between March 3 and March 7": "2027-03-03 2027-03-07",
    "from 28 May to 3 June 2028": "2028-05-28 2028-06-03",
    "28 December to 3 January": "2027-12-28 2028-01-03",
    "03/04/2027": "2027-03-04 2027-04-03",
    "25/12/2027": "2027-12-25",
    "today": "2027-02-10",
    "tomorrow": "2027-02-11",
    "the day after tomorrow": "2027-02-12",
    "on Friday": "2027-02-12",
    "next Friday": "2027-02-12 2027-02-19",
    "Friday next week": "2027-02-19",
    "this weekend": "2027-02-13 2027-02-14",
    "in two weeks": "2027-02-24",
    "10 days from now": "2027-02-20",
    "next month on the 5th": "2027-03-05",
    "the 5th of next month": "2027-03-05",
    "on the 15th": "2027-02-15",
    "from 3 March for 4 nights": "2027-03-03 2027-03-07",
    "4 nights from 3 March": "2027-03-03 2027-03-07",
    "3 March, back a week later": "2027-03-03 2027-03-10",
    "tomorrow, returning after 3 days": "2027-02-11 2027-02-14",
    "3 March, back on Sunday": "2027-02-14 2027-03-03 2027-03-07",
    "on Christmas Eve": "2027-12-24",
    "born 12 May 1990": "1990-05-12",
    "12.05.1990": "1990-05-12",
    "date of birth: 12/25/85": "1985-12-25",
    "March 3 2 adults": "2027-03-03",
    "29 February": "2028-02-29",
    "the twenty-first of March": "2027-03-21",
    "the first Monday in March": "2027-03-01",
    "the last Monday in March": "2027-03-29",
    "the last weekend of March": "2027-03-27 2027-03-28",
    "first weekend in May 2028": "2028-05-06 2028-05-07",
    "the weekend of 13 March": "2027-03-13",
    "the day after Christmas": "2027-12-26",
    "the week after Christmas": "2027-12-25",
    "the day before New Year's Eve": "2027-12-30",
    "the second Tuesday of March 2028": "2028-03-14",
    "Monday in two weeks": "2027-02-22 2027-03-01",
    "Friday after next": "2027-02-19 2027-02-26",
    "leave on the 15 and come back on the 20": "2027-02-15 2027-02-20",
}
TURKISH = {
    "yirmi bir Mart": "2027-03-21",
    "Mart'ın ilk pazartesisi": "2027-03-01",
    "3 Mart": "2027-03-03",
    "3 Mart'ta gidip 7'sinde dönmek istiyorum": "2027-03-03 2027-03-07",
    "3-7 Mart arası": "2027-03-03 2027-03-07",
    "3 Mart 2027 çarşamba": "2027-03-03",
    "03.04.2027": "2027-04-03",
    "bugün": "2027-02-10",
    "yarın": "2027-02-11",
    "yarına bilet": "2027-02-11",
    "öbür gün": "2027-02-12",
    "cuma günü": "2027-02-12",
    "cumaya": "2027-02-12",
    "haftaya salı": "2027-02-16",
    "iki hafta sonra": "2027-02-24",
    "gelecek ayın 5'inde": "2027-03-05",
    "3 Mart'tan itibaren 3 gece": "2027-03-03 2027-03-06",
    "bu hafta sonu": "2027-02-13 2027-02-14",
    "mayısın son hafta sonu": "2027-05-29 2027-05-30",
    "12 Mayıs 1990 doğumluyum": "1990-05-12",
}
GERMAN = {
    "am 3. Maerz fuer zwei Naechte": "2027-03-03 2027-03-05",
    "naechsten Freitag": "2027-02-12 2027-02-19",
    "am 3. März": "2027-03-03",
    "vom 3. bis 7. März": "2027-03-03 2027-03-07",
    "vom 15. bis 20.": "2027-02-15 2027-02-20",
    "vom 28. bis 3.": "2027-02-28 2027-03-03",
    "am letzten Wochenende im März": "2027-03-27 2027-03-28",
    "am Tag nach Weihnachten": "2027-12-26",
    "vom 3. bis zum 7. März 2028": "2028-03-03 2028-03-07",
    "am 3.3.": "2027-03-03",
    "am 03.04.": "2027-04-03",
    "3.-7.3.": "2027-03-03 2027-03-07",
    "am Mittwoch, den 3. März": "2027-03-03",
    "heute": "2027-02-10",
    "morgen": "2027-02-11",
    "morgen früh": "2027-02-11",
    "übermorgen": "2027-02-12",
    "nächsten Freitag": "2027-02-12 2027-02-19",
    "Freitag nächste Woche": "2027-02-19",
    "in zwei Wochen": "2027-02-24",
    "drei Nächte ab dem 3. März": "2027-03-03 2027-03-06",
    "am 5. nächsten Monats": "2027-03-05",
    "am 15.": "2027-02-15",
    "geb. 12.05.90": "1990-05-12",
    "an Heiligabend": "2027-12-24",
    "am ersten Montag im März": "2027-03-01",
    "Montag in zwei Wochen": "2027-02-22 2027-03-01",
    "am Freitagabend": "2027-02-12",
}
SPANISH = {
    "el 3 de marzo": "2027-03-03",
    "3 de marzo de 2028": "2028-03-03",
    "del 3 al 7 de marzo": "2027-03-03 2027-03-07",
    "del 15 al 20": "2027-02-15 2027-02-20",
    "el último fin de semana de marzo": "2027-03-27 2027-03-28",
    "desde el 3 hasta el 7 de marzo": "2027-03-03 2027-03-07",
    "del 3 de marzo hasta el 7 de marzo": "2027-03-03 2027-03-07",
    "hasta el 13": "2027-02-13",
    "entre el 3 y el 7 de marzo": "2027-03-03 2027-03-07",
    "03/04/2027 por favor": "2027-04-03",
    "hoy": "2027-02-10",
    "mañana": "2027-02-11",
    "pasado mañana": "2027-02-12",
    "el próximo viernes": "2027-02-12 2027-02-19",
    "el viernes que viene": "2027-02-12 2027-02-19",
    "dentro de dos semanas": "2027-02-24",
    "el 5 del próximo mes": "2027-03-05",
    "el 5 de marzo, 3 noches": "2027-03-05 2027-03-08",
    "este fin de semana": "2027-02-13 2027-02-14",
    "nací el 12 de mayo de 1990": "1990-05-12",
    "nací el 12 de mayo del 90": "1990-05-12",
    "born 12 May 90": "1990-05-12",
    "geboren am 12. Mai 90": "1990-05-12",
    "12 Mayıs 90 doğumluyum": "1990-05-12",
    "el 1º de mayo": "2027-05-01",
    "el uno de abril": "2027-04-01",
    "el treinta y uno de marzo": "2027-03-31",
    "el día 15 de abril": "2027-04-15",
    "ida el 15 y vuelta el 20": "2027-02-15 2027-02-20",
}


@pytest.mark.parametrize(
    ("text", "expected"), [*ENGLISH.items(), *TURKISH.items(), *GERMAN.items(), *SPANISH.items()]
)
def test_reads(text: str, expected: str, read: Read) -> None:
    assert " ".join(sorted({str(fact.value) for fact in read(text, "date")})) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I was born on 13 May",
        "2 adults and 1 child",
        "on 31 June",
        "4.5 stars",
        "I may fly",
        "flight TK 1203",
        "a second room",
        "call 0532 123 45 67",
        "La mañana no me gusta",
        "my name is Noel Baker",
        "the second one please, for Noel Baker",
        "we are a family of 5",
        "the 4 of us",
        "eine Gruppe von 6",
        "los 4 somos adultos",
        "del 3 al 4 personas",
        "von 2 bis 4 Personen",
        "the sixth Monday in March",
        "the worst Monday in March",
        "el 12 por ciento de 80",
        "3400'ün yüzde 17'si kaç eder?",
        "the 5th percent",
    ],
)
def test_reads_no_date(text: str, read: Read) -> None:
    assert read(text, "date") == []


def test_a_named_day_comes_from_the_user_and_a_counted_one_from_context(read: Read) -> None:
    sources = {fact.value: fact.source for fact in read("3 March for 4 nights", "date")}
    assert sources == {"2027-03-03": "user", "2027-03-07": "context"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make it 5 nights", {"2027-04-06"}),
        ("and back a week later", {"2027-04-08", "2027-02-17"}),
        ("return on Sunday", {"2027-02-14", "2027-04-04"}),
    ],
)
def test_counts_from_the_dates_of_an_earlier_message(
    text: str, expected: set[str], read: Read
) -> None:
    earlier = Evidence((Fact("date", "2027-04-01", "user", "m1:0-7"),))
    assert {fact.value for fact in read(text, "date", earlier)} == expected


def test_dates_in_results_are_not_counted_from(read: Read) -> None:
    earlier = Evidence((Fact("date", "2027-04-01", "result", "c1/data/0/departure_date"),))
    assert read("for 5 nights", "date", earlier) == []


STYLES = {
    "iso": lambda day: day.isoformat(),
    "en": lambda day: f"on {format_date(day, 'd MMMM y', 'en')}",
    "en-us": lambda day: f"on {format_date(day, 'MMMM d, y', 'en')}",
    "en-full": lambda day: f"on {format_date(day, 'full', 'en_GB')}",
    "tr": lambda day: f"{format_date(day, 'long', 'tr')} için",
    "de": lambda day: f"am {format_date(day, 'full', 'de')}",
    "de-dots": lambda day: f"am {day:%d.%m.%Y}",
    "es": lambda day: f"el {format_date(day, 'full', 'es')}",
    "slashes": lambda day: f"el vuelo del {day:%d/%m/%Y}",
}


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=60, deadline=None)
@given(day=st.dates(date(1930, 1, 1), date(2099, 12, 31)))
def test_any_date_of_any_style_is_read_back(
    style: str, day: date, reader: Reader, now: datetime
) -> None:
    text = STYLES[style](day)
    facts = reader.read_message(text, "m1", now, Evidence()).facts
    assert day.isoformat() in {fact.value for fact in facts if fact.kind == "date"}


@pytest.mark.parametrize("pattern", ["d MMMM", "MMMM d", "EEEE d MMMM"])
@pytest.mark.parametrize("language", ["en", "tr", "de", "es"])
@settings(max_examples=30, deadline=None)
@given(days=st.integers(0, 364))
def test_a_day_without_a_year_lies_in_the_coming_year(
    pattern: str, language: str, days: int, reader: Reader, now: datetime
) -> None:
    day = now.date() + timedelta(days=days)
    facts = reader.read_message(format_date(day, pattern, language), "m1", now, Evidence()).facts
    assert [fact.value for fact in facts if fact.kind == "date"] == [day.isoformat()]


def test_today_is_the_day_of_the_conversation_not_of_the_machine(reader: Reader) -> None:
    eve = datetime(2031, 12, 31, 23, 0, tzinfo=UTC)
    facts = reader.read_message("tomorrow", "m1", eve, Evidence()).facts
    assert [fact.value for fact in facts] == ["2032-01-01"]
