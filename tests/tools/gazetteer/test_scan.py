"""What the scanner finds in free text, in four languages."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.gazetteer import Gazetteer

GAZETTEER = Gazetteer.default()


def found(text: str) -> list[tuple[str, str]]:
    return [(match.surface, match.code) for match in GAZETTEER.scan(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A flight from London to Cologne", [("London", "LON"), ("Cologne", "CGN")]),
        ("from new york to mexico city", [("new york", "NYC"), ("mexico city", "MEX")]),
        ("a flat in London's centre", [("London", "LON")]),
        ("İstanbul'dan Londra'ya", [("İstanbul", "IST"), ("Londra", "LON")]),
        ("ISTANBUL'A MI, ROMA'YA MI?", [("ISTANBUL", "IST"), ("ROMA", "ROM")]),
        ("istanbuldan viyanaya", [("istanbul", "IST"), ("viyana", "VIE")]),
        ("Paris'e ya da Münih’ten", [("Paris", "PAR"), ("Münih", "MUC")]),
        ("Yeni Delhi'ye, Rio de Janeiroya", [("Yeni Delhi", "DEL"), ("Rio de Janeiro", "RIO")]),
        ("Von München nach Mailand", [("München", "MUC"), ("Mailand", "MIL")]),
        ("von Koeln nach Zuerich", [("Koeln", "CGN"), ("Zuerich", "ZRH")]),
        ("Berlins bestes Hotel", [("Berlin", "BER")]),
        ("De Nueva York a Ciudad de México", [("Nueva York", "NYC"), ("Ciudad de México", "MEX")]),
        ("vuelo de moscu a la habana", [("moscu", "MOW"), ("la habana", "HAV")]),
        ("São-Paulo, dallas/fort worth", [("São-Paulo", "SAO"), ("dallas/fort worth", "DFW")]),
    ],
)  # fmt: skip
def test_city_names_are_found_without_their_endings(text: str, expected: list[tuple[str, str]]):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LHR to JFK", [("LHR", "LHR"), ("JFK", "JFK")]),
        ("SAW'dan BER'e", [("SAW", "SAW"), ("BER", "BER")]),
        ("from Heathrow", [("Heathrow", "LHR")]),
        ("London Heathrow", [("London Heathrow", "LHR")]),
        ("New York (JFK)", [("New York (JFK", "JFK")]),
        ("Paris Orly or Berlin (BER)", [("Paris Orly", "ORY"), ("Berlin (BER", "BER")]),
        ("London, then LGA", [("London", "LON"), ("LGA", "LGA")]),
        ("from SF to LA", [("SF", "SFO"), ("LA", "LAX")]),
        ("RIX-DOH 15/3/27", [("RIX", "RIX"), ("DOH", "DOH")]),
        ("LHR-JFK 3 MAR 2027", [("LHR", "LHR"), ("JFK", "JFK")]),
    ],
)
def test_airports_are_found_by_code_and_by_name(text: str, expected: list[tuple[str, str]]):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "can you book a bus, dad? the bar has a ham sandwich",
        "a nice hotel",
        "ne kadar nice bir otel, nisan ayında",
        "los hoteles del centro, sin desayuno",
        "er ist der Mann",
        "das ist lhr",
        "CAN YOU ADD A BAR THERE",
        "la playa",
        "write to paris@example.com or john@london.example",
        "Parisian food, Romanesque churches",
        "delta variant, united we stand",
        "at 10 AM, OK?",
        "",
    ],
)
def test_ordinary_words_are_left_alone(text: str):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("fly me to Nice", 0.9, 0.9),
        ("Nice weather", 0.5, 0.5),
        ("from paris to nice", 0.4, 1.0),
        ("for Sofia Garcia", 0.6, 0.6),
        ("Berlin'den", 1.0, 1.0),
        ("berlinden", 0.8, 0.8),
    ],
)
def test_the_score_says_how_sure_a_match_is(text: str, least: float, most: float):
    scores = [match.score for match in GAZETTEER.scan(text)]
    assert (min(scores), max(scores)) == (least, most)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("with Lufthansa, please", [("Lufthansa", "LH")]),
        ("Türk Hava Yolları ile", [("Türk Hava Yolları", "TK")]),
        ("mit Turkish Airlines", [("Turkish Airlines", "TK")]),
        ("Singapore Airlines to Singapore", [("Singapore Airlines", "SQ"), ("Singapore", "SIN")]),
        ("I fly Delta", [("Delta", "DL")]),
        ("TK1980 or BA", [("TK", "TK"), ("BA", "BA")]),
        ("con iberia", [("iberia", "IB")]),
    ],
)
def test_airlines_are_found_and_win_over_the_cities_in_their_names(
    text: str, expected: list[tuple[str, str]]
):
    assert found(text) == expected


@pytest.mark.parametrize("city", GAZETTEER.cities(), ids=lambda city: city.code)
def test_every_city_is_found_by_its_name_in_every_language(city):
    for name in city.names.values():
        assert [match.code for match in GAZETTEER.scan(f"Hotel, {name}!")] == [city.code]
        assert [match.code for match in GAZETTEER.scan(f"{name}'e")] == [city.code]


def test_decomposed_letters_keep_their_offsets():
    text = "de Bogotá a Köln"
    decomposed = unicodedata.normalize("NFD", text)
    for match in GAZETTEER.scan(decomposed):
        assert decomposed[match.start : match.end] == match.surface
    assert [match.code for match in GAZETTEER.scan(decomposed)] == ["BOG", "CGN"]


words = st.sampled_from(
    [
        *("İstanbul'a", "nice", "NICE", "London", "Heathrow", "New", "York", "de", "Rio", "LHR"),
        *("to", "@", "(", ")", "-", "'", " ", "  ", "\n", "Köln", "Ko\u0308lnde", "Delta", "TK12"),
        *("ẞ", "o\u0308", "ﬁ"),
    ]
)


@given(st.one_of(st.text(), st.lists(words).map(" ".join), st.lists(words).map("".join)))
def test_matches_are_spans_of_the_text_in_order_and_apart(text: str):
    matches = GAZETTEER.scan(text)
    ends = [0]
    for match in matches:
        assert ends[-1] <= match.start < match.end <= len(text)
        assert match.surface == text[match.start : match.end]
        assert 0 < match.score <= 1
        known = GAZETTEER.carrier if match.kind == "carrier" else GAZETTEER.resolve
        assert known(match.code) is not None
        ends.append(match.end)
