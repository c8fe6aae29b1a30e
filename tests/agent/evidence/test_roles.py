import pytest

from agent.evidence.candidates import candidates
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.reader import Reader
from agent.evidence.roles import DESTINATION, ORIGIN, roles
from tests.agent.booking import NOW, rule
from tools.gazetteer import Gazetteer


def read(text: str) -> dict[str, str | None]:
    matches = Gazetteer.default().scan(text)
    found = roles(text, [(match.start, match.end) for match in matches])
    return {match.code: role for match, role in zip(matches, found, strict=True)}


@pytest.mark.parametrize(
    ("text", "origin", "destination"),
    [
        ("a flight from Berlin to Lisbon", "BER", "LIS"),
        ("to Lisbon from Berlin please", "BER", "LIS"),
        ("fly madrid to rome", "MAD", "ROM"),
        ("Munich - Amsterdam", "MUC", "AMS"),
        ("Oslo→Zurich", "OSL", "ZRH"),
        ("von Hamburg nach Wien", "HAM", "VIE"),
        ("un vuelo de Madrid a Roma", "MAD", "ROM"),
        ("İstanbul'dan Londra'ya", "IST", "LON"),
        ("Ankara'dan İzmir'e uçak bileti", "ANK", "IZM"),
    ],
)
def test_words_around_places_tell_where_a_journey_starts_and_ends(
    text: str, origin: str, destination: str
) -> None:
    assert read(text) == {origin: ORIGIN, destination: DESTINATION}


@pytest.mark.parametrize("text", ["a hotel in Lisbon", "Lisbon or Porto?", "Roma'da otel"])
def test_no_role_is_made_up(text: str) -> None:
    assert set(read(text).values()) == {None}


@pytest.mark.parametrize(
    "text",
    [
        "Rome instead please",
        "nee, doch lieber Wien",
        "mejor Roma",
        "onun yerine Roma olsun",
        "I'd rather see Porto",
    ],
)
def test_a_single_place_instead_is_where_the_journey_goes_now(text: str) -> None:
    assert set(read(text).values()) == {DESTINATION}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("from Rome instead", {ORIGIN}), ("anything instead of Rome", {None})],
)
def test_instead_overrides_no_other_word(text: str, expected: set[str | None]) -> None:
    assert set(read(text).values()) == expected


def test_a_role_given_twice_says_nothing() -> None:
    assert set(read("from Berlin to Rome and from Rome to Athens").values()) == {None}


READER = Reader([])
RETURN_DATE = rule("date", when="future", vocabulary="return")
DEPARTURE_DATE = rule("date", when="future", vocabulary="departure")
STAY_DATE = rule("date", when="future", vocabulary="stay")


def facts(text: str, ref: str = "m1", before: Evidence | None = None) -> list[Fact]:
    return list(READER.read_message(text, ref, NOW, before or Evidence()).facts)


def days(text: str) -> dict[str, str | None]:
    return {str(f.value)[5:]: f.vocabulary for f in facts(text) if f.kind == "date"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Berlin to Lisbon on 5 May, back on 9 May", {"05-05": None, "05-09": "return"}),
        ("Can I return on the 24th of March instead?", {"03-24": "return"}),
        ("am 5. Mai hin und am 9. Mai zurück", {"05-05": None, "05-09": "return"}),
        ("Rückflug lieber am 12. März", {"03-12": "return"}),
        ("ida el 5 de mayo y vuelta el 9 de mayo", {"05-05": "departure", "05-09": "return"}),
        ("gidiş 9 Mart, dönüş 20 Mart", {"03-09": "departure", "03-20": "return"}),
        ("16 Mayis gidis 24 Mayis donus olsun", {"05-16": "departure", "05-24": "return"}),
        ("dönüşü 12 Mart'a alalım", {"03-12": "return"}),
        ("fly on 3 May and a hotel there until 9 May", {"05-03": None, "05-09": "stay"}),
        ("dazu ein Hotel bis 9. Mai", {"05-09": "stay"}),
        ("orada bir otelde 9 Mart'a kadar", {"03-09": "stay"}),
        ("a return flight to Lisbon on 5 May", {"05-05": None}),
        ("Hin- und Rückflug am 5. Mai", {"05-05": "departure"}),
        ("vuelo de ida y vuelta el 5 de mayo", {"05-05": None}),
        ("3 Mart gidiş dönüş bilet", {"03-03": "departure"}),
        ("I am back in town. Flights on 5 May?", {"05-05": None}),
        ("back on 5 May or back on 6 May", {"05-05": None, "05-06": None}),
        ("back home between 5 and 9 May", {"05-05": None, "05-09": None}),
        ("Berlin to Rome on 3 May until 9 May", {"05-03": None, "05-09": None}),
    ],
)
def test_words_around_a_day_tell_which_way_it_is_for(
    text: str, expected: dict[str, str | None]
) -> None:
    assert days(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("after 2pm please", {"after"}),
        ("by 10:30", {"before"}),
        ("not before 10:00 and not after 14:00", {"after", "before"}),
        ("aber erst ab 16 Uhr", {"after"}),
        ("spätestens um 9:30 Uhr", {"before"}),
        ("después de las 19:00", {"after"}),
        ("antes de las 9:15", {"before"}),
        ("akşam 6'dan sonra", {"after"}),
        ("saat 17:00'den önce", {"before"}),
        ("17:00'ye kadar", {"before"}),
        ("at 14:30 or later", {"after"}),
        ("the one at 20:05", {None}),
        ("I leave work at 17:00", {None}),
    ],
)
def test_words_around_an_hour_tell_which_end_it_is(text: str, expected: set[str | None]) -> None:
    assert {fact.vocabulary for fact in facts(text) if fact.kind == "time"} == expected


def test_an_hour_is_offered_for_the_end_that_was_said() -> None:
    told = Evidence().plus(facts("flights after 16:00"), UserText("m1", "…"))
    after, before = (rule("time", vocabulary=role) for role in ("after", "before"))
    assert [fact.value for fact in candidates(after, told, NOW)] == ["16:00"]
    assert not candidates(before, told, NOW)


def offered(*messages: str) -> tuple[set[object], set[object]]:
    """The days offered for the way out and for the way back."""
    told = Evidence()
    for number, text in enumerate(messages, 1):
        told = told.plus(facts(text, f"m{number}", told), UserText(f"m{number}", text))
    out, back = (
        {fact.value for fact in candidates(one, told, NOW)} for one in (DEPARTURE_DATE, RETURN_DATE)
    )
    return out, back


def test_a_new_way_back_is_no_way_out() -> None:
    first, new = "fly on 9 March 2027, back on 20 March 2027", "back on 24 March 2027 instead"
    assert offered(first) == ({"2027-03-09"}, {"2027-03-20"})
    assert offered(first, new) == ({"2027-03-09"}, {"2027-03-24"})


@pytest.mark.parametrize(
    "messages",
    [
        ["from Berlin to Paris on the 3rd of March, back on the 9th"],
        ["from Berlin to Paris on 3 March", "back on the 9th"],
        ["ida el 3 de marzo y vuelta el 9"],
        ["Hinflug am 3. März, zurück am 9."],
        ["gidiş 3 Mart, dönüş ayın 9'unda"],
    ],
)
def test_a_way_back_without_its_month_is_the_next_such_day_after_the_way_out(
    messages: list[str],
) -> None:
    out, back = offered(*messages)
    assert "2027-03-09" in back
    assert out == {"2027-03-03"}


def test_days_said_anew_without_a_role_are_free() -> None:
    first, new = "back on 20 March 2027", "then from 3 to 10 May 2027"
    assert {"2027-05-03", "2027-05-10"} <= offered(first, new)[1]


def test_the_end_of_a_stay_is_no_day_of_travel() -> None:
    out, back = offered("fly to Rome on 3 May 2027 and a hotel there until 9 May 2027")
    assert (out, back) == ({"2027-05-03"}, {"2027-05-03"})
    stay = rule("date", when="future")
    told = Evidence().plus(facts("a hotel until 9 May 2027"), UserText("m1", "…"))
    assert [fact.value for fact in candidates(stay, told, NOW)] == ["2027-05-09"]


@pytest.mark.parametrize(
    ("messages", "nights"),
    [
        (["a Viena el 1.5.2027 y volver el 4.5.2027"], {"2027-05-01"}),
        (["gidiş 1 Mayıs 2027, dönüş 4 Mayıs 2027"], set()),
        (["Vienna on 1 May 2027, back on 4 May 2027, and a hotel"], {"2027-05-01", "2027-05-04"}),
        (["on 1 May 2027, back on 4 May 2027", "a room too"], {"2027-05-01", "2027-05-04"}),
        (["a hotel on 1 May 2027", "leaving on 4 May 2027"], {"2027-05-01", "2027-05-04"}),
    ],
)
def test_a_way_back_ends_a_stay_only_where_one_is_spoken_of(
    messages: list[str], nights: set[str]
) -> None:
    told = Evidence()
    for number, text in enumerate(messages, 1):
        told = told.plus(facts(text, f"m{number}", told), UserText(f"m{number}", text))
    assert {fact.value for fact in candidates(STAY_DATE, told, NOW)} == nights


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("meine Enkel in Madrid besuchen und in Düsseldorf starten",
         {"MAD": "destination", "DUS": "origin"}),
        ("aus Wien nach Rom", {"VIE": "origin", "ROM": "destination"}),
    ],
)  # fmt: skip
def test_german_verbs_after_a_place_tell_its_role(text: str, expected: dict[str, str]) -> None:
    assert read(text) == expected
