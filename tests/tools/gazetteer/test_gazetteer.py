"""Look-up by code and name, and the committed data."""

import re
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.gazetteer import Airport, City, Gazetteer, build

GAZETTEER = Gazetteer.default()
SERVED = """
    ABJ ACC ADA ADD ADL AKL ALG AMM AMS ANC ANK ASU ATH AYT BAH BCN BER BEY BJS BKK BLR BOG BOM BOS
    BRE BRU BTS BUD BUE BUH CAI CAS CCS CGN CHI CLT CMB CPH CPT CTU CUN DAC DAD DAR DEL DEN DFW DKR
    DOH DTT DUB DUR DUS DXB EDI FLR FRA FUK GDN GVA HAM HAN HAV HEL HKG HNL HOU IEV IST IZM JAI JED
    JKT JNB KHI KRK KUL KWI LAS LAX LCA LIM LIS LJU LON LOS LUX LYS MAA MAD MAN MBA MCO MCT MDE MEL
    MEX MIA MIL MLA MNL MOW MRS MSP MUC NAP NBO NCE NGO NYC OKA OPO OSA OSL PAR PDX PER PHL PHX PMI
    PRG PTY PUS RAK REK RIO RIX ROM RUH SAN SAO SCL SEA SEL SFO SGN SHA SIN SJO SKG SLC SOF SPK STO
    SYD TAS TBS TLL TLV TPA TPE TRN TUN TYO TZX UIO VCE VIE VLC VNO WAS WAW WLG WRO YMQ YTO YVR YYC
    ZAG ZRH
"""


def test_every_served_city_is_there_with_its_airports():
    assert {city.code for city in GAZETTEER.cities()} >= set(SERVED.split())
    for city in GAZETTEER.cities():
        airports = GAZETTEER.airports_of(city.code)
        assert airports
        assert {airport.city_code for airport in airports} == {city.code}
        assert ZoneInfo(city.time_zone)
        assert all(-90 <= airport.latitude <= 90 for airport in airports)


def test_the_committed_data_is_what_the_tables_and_airportsdata_say():
    committed = orjson.loads((build.HERE / "gazetteer.json").read_bytes())
    assert committed == build.build()


def test_metropolitan_codes_bring_all_their_airports_the_principal_one_first():
    airports = [airport.code for airport in GAZETTEER.airports_of("LON")]
    assert airports == ["LHR", "LGW", "STN", "LTN", "LCY", "SEN"]


def test_a_code_that_city_and_airport_share_is_the_city():
    assert isinstance(GAZETTEER.resolve("IST"), City)
    assert isinstance(GAZETTEER.resolve("SAW"), Airport)
    assert GAZETTEER.resolve("ZZZ") is None
    assert GAZETTEER.resolve("lon") is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("Köln", "CGN"), ("koln", "CGN"), ("Cologne", "CGN"), ("colonia", "CGN"), ("Londra", "LON"),
        ("Ciudad de México", "MEX"), ("ciudad de mexico", "MEX"), ("ISTANBUL", "IST"),
        ("istanbul", "IST"), ("İzmir", "IZM"), ("MÜNİH", "MUC"), ("nyc", "NYC"), ("lhr", "LHR"),
        ("Heathrow", "LHR"), ("lond", "LON"), ("barcelna", "BCN"), ("Ko\u0308ln", "CGN"),
        ("  new   york ", "NYC"), ("Saigon", "SGN"),
    ],
)  # fmt: skip
def test_search_puts_the_meant_place_first(query: str, code: str):
    assert GAZETTEER.search(query)[0].code == code


def test_a_city_brings_its_airports_along():
    places = GAZETTEER.search("londres")
    assert isinstance(places[0], City)
    assert {place.code for place in places[1:]} == {"LHR", "LGW", "STN", "LTN", "LCY", "SEN"}


@pytest.mark.parametrize("query", ["", "   ", "qqqqqq", "-"])
def test_search_may_find_nothing(query: str):
    assert GAZETTEER.search(query) == []


@given(st.text(max_size=40), st.integers(1, 20))
def test_search_takes_any_text_and_keeps_to_its_limit(query: str, limit: int):
    places = GAZETTEER.search(query, limit)
    assert len(places) <= limit
    assert len({(place.code, type(place)) for place in places}) == len(places)


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("LON", "tr", "Londra"), ("LHR", "tr", "Londra Heathrow"), ("LCY", "es", "London City"),
        ("IST", "tr-TR", "İstanbul"), ("CGN", "de", "Köln"), ("CGN", "fr", "Cologne"),
        ("ESB", "de", "Ankara Esenboğa"), ("COV", "en", "Adana Çukurova"), ("LYS", "es", "Lyon"),
        ("XXX", "en", "XXX"),
    ],
)  # fmt: skip
def test_places_are_named_in_the_language_of_the_conversation(code: str, language: str, name: str):
    assert GAZETTEER.display_name(code, language) == name


def test_airlines_have_designators_and_hubs_among_the_airports():
    carriers = GAZETTEER.carriers()
    assert len(carriers) >= 80
    assert len({carrier.code for carrier in carriers}) == len(carriers)
    for carrier in carriers:
        assert re.fullmatch(r"[A-Z0-9]{2}", carrier.code)
        assert all(GAZETTEER.airport(hub) for hub in carrier.hubs)
    lufthansa = GAZETTEER.carrier("LH")
    assert lufthansa is not None
    assert lufthansa.hubs == ("FRA", "MUC")
    assert GAZETTEER.carrier("ZZ") is None
