import pytest

from agent.evidence.roles import DESTINATION, ORIGIN, roles
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
