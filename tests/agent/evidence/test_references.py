from datetime import timedelta

import pytest

from agent.evidence.candidates import CHOSEN, candidates
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.grounding import TYPED_ID, ground
from agent.evidence.references import Listing, chosen, recognised
from tests.agent.booking import NOW, rule

ROWS = [{"offer_id": f"off_{n}", "total": {"amount": price, "currency": "EUR"}}
        for n, price in enumerate(("90.00", "70.00", "120.00"))]  # fmt: skip
OFFERS = [
    Fact("entity", f"off_{n}", "result", f"c1/data/{n}/offer_id", f"off_{n}",
         entity="flight_offer", expires_at=NOW + timedelta(minutes=30))
    for n in range(3)
]  # fmt: skip
SEEN = Evidence().plus(OFFERS)
OFFER_ID = rule("entity", "result", entity="flight_offer")


def ordinal(n: int, ref: str = "m2") -> Fact:
    return Fact("integer", n, "user", f"{ref}:0-5", "nth", unit="ordinal")


def offered(*facts: Fact, evidence: Evidence = SEEN) -> list[object]:
    found = chosen(facts, evidence, Listing("c1", ROWS))
    told = evidence.plus((*facts, *found), UserText("m2", "…"))
    return [fact.value for fact in candidates(OFFER_ID, told, NOW)]


@pytest.mark.parametrize(("n", "expected"), [(1, "off_0"), (3, "off_2")])
def test_an_ordinal_singles_out_a_row(n: int, expected: str) -> None:
    assert offered(ordinal(n)) == [expected]


def test_the_cheapest_is_found_by_its_total() -> None:
    cheapest = Fact("term", "price", "user", "m2:4-12", "cheapest", vocabulary="sort")
    assert offered(cheapest) == ["off_1"]


REFUNDABLE = Fact("term", "true", "context", "m2:16-26", "refundable", vocabulary="refundable")


def refundable(*those: int) -> list[dict[str, object]]:
    return [{**row, "conditions": {"refundable": n in those}} for n, row in enumerate(ROWS)]


def meant(rows: list[dict[str, object]], *facts: Fact) -> set[object]:
    found = chosen(facts, SEEN, Listing("c1", rows), UserText("m2", "…"))
    return {fact.value for fact in found}


def test_what_is_true_of_some_rows_singles_them_out() -> None:
    assert meant(refundable(0, 2), REFUNDABLE) == {"off_0", "off_2"}


@pytest.mark.parametrize("those", [(), (0, 1, 2)])
def test_what_is_true_of_all_or_none_tells_nothing_apart(those: tuple[int, ...]) -> None:
    assert meant(refundable(*those), REFUNDABLE) == set()


def test_a_place_in_the_list_says_more_than_what_is_true() -> None:
    assert meant(refundable(0, 2), ordinal(2), REFUNDABLE) == {"off_1"}


def test_the_cheapest_of_which_it_is_true() -> None:
    cheapest = Fact("term", "price", "user", "m2:4-12", "cheapest", vocabulary="sort")
    assert meant(refundable(0, 2), cheapest, REFUNDABLE) == {"off_0"}


def test_a_typed_id_singles_out_what_a_result_showed() -> None:
    typed = Fact("text", "off_2", "user", "m2:11-16", "off_2", vocabulary=TYPED_ID)
    assert offered(typed) == ["off_2"]
    unknown = Fact("text", "off_9", "user", "m2:11-16", "off_9", vocabulary=TYPED_ID)
    assert len(offered(unknown)) == 3


def test_what_was_only_asked_or_ordered_singles_out_nothing() -> None:
    term = Fact("term", "price", "context", "m2:6-11", "cheap", vocabulary="sort")
    assert len(offered(term)) == 3
    number = Fact("integer", 1, "context", "m2:0-5", "First", unit="ordinal")
    assert len(offered(number)) == 3


def test_an_ordinal_beyond_the_list_singles_out_nothing() -> None:
    assert len(offered(ordinal(9))) == 3


def test_a_newer_choice_replaces_an_older_one() -> None:
    first = chosen([ordinal(1)], SEEN, Listing("c1", ROWS))
    assert first[0].vocabulary == CHOSEN
    evidence = SEEN.plus(first, UserText("m2", "…"))
    again = chosen([ordinal(2, "m3")], evidence, Listing("c1", ROWS))
    told = evidence.plus(again, UserText("m3", "…"))
    assert [fact.value for fact in candidates(OFFER_ID, told, NOW)] == ["off_1"]


def test_clearance_still_takes_any_offer_that_was_shown() -> None:
    told = SEEN.plus(chosen([ordinal(1)], SEEN, Listing("c1", ROWS)))
    assert ground("off_2", OFFER_ID, told, NOW).__class__.__name__ == "Grounded"


HOTELS = [
    {"hotel_id": "htl_0", "name": "The Opal"},
    {"hotel_id": "htl_1", "name": "Iris Suites"},
    {"hotel_id": "htl_2", "hotel": {"name": "Köln Harbour Hotel"}},
]
NAMED = Evidence().plus(
    [
        Fact("entity", f"htl_{n}", "result", f"c1/data/{n}/hotel_id", f"htl_{n}", entity="hotel")
        for n in range(3)
    ]
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("I take the opal", ["htl_0"]),
        ("Iris Suites'i ayır", ["htl_1"]),
        ("koln harbour hotel, please", ["htl_2"]),
        ("the opals are nice", []),
        ("Iris Suites or the Opal?", ["htl_0", "htl_1"]),
    ],
)
def test_a_row_is_meant_by_its_name(said: str, expected: list[str]) -> None:
    found = chosen([], NAMED, Listing("c1", HOTELS), UserText("m2", said))
    assert [fact.value for fact in found] == expected
    assert all(fact.unit == "m2" for fact in found)


def test_a_name_undoes_what_was_singled_out_before() -> None:
    evidence = NAMED.plus(chosen([ordinal(1)], NAMED, Listing("c1", HOTELS)))
    again = chosen([], evidence, Listing("c1", HOTELS), UserText("m3", "rather Iris Suites"))
    told = evidence.plus(again, UserText("m3", "rather Iris Suites"))
    hotel = rule("entity", "result", entity="hotel")
    assert [fact.value for fact in candidates(hotel, told, NOW)] == ["htl_1"]


DEPARTING = [
    {"offer_id": f"off_{n}", "slices": [{"on": "2027-01-03", "departing_at": f"2027-01-03T{at}"}],
     "expires_at": "2026-11-22T09:30:00+00:00"}
    for n, at in enumerate(("10:15:00+01:00", "20:05:00+01:00", "10:15:00+01:00"))
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("the one at 20:05", ["off_1"]),
        ("den um 20.05 Uhr", ["off_1"]),
        ("the 10:15", ["off_0", "off_2"]),
        ("the one at 9:30", []),
        ("on 20.05.2027", []),
    ],
)
def test_a_row_is_meant_by_the_time_at_which_it_begins(said: str, expected: list[str]) -> None:
    found = chosen([], SEEN, Listing("c1", DEPARTING), UserText("m2", said))
    assert [fact.value for fact in found] == expected


def test_a_time_as_it_was_read_counts_too() -> None:
    read = Fact("time", "20:05", "user", "m2:4-13", "8:05 in the evening")
    found = chosen([read], SEEN, Listing("c1", DEPARTING), UserText("m2", "at 8:05 in the evening"))
    assert [fact.value for fact in found] == ["off_1"]


ORDERS = [
    {"order_id": f"ord_{n}", "booking_reference": code, "status": "CONFIRMED"}
    for n, code in enumerate(("VMSH5X", "TVC72P", "QKWERT"))
]
LISTED = Evidence().plus(
    [
        Fact("entity", f"ord_{n}", "result", f"c1/data/{n}/order_id", f"ord_{n}", entity="order")
        for n in range(3)
    ],
    UserText("m1", "…"),
)
ORDER_ID = rule("entity", "result", entity="order")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("quiero cancelar VMSH5X", ["ord_0"]),
        ("please cancel qkwert, thanks", ["ord_2"]),
        ("cancel TVC72P and VMSH5X", ["ord_1", "ord_0"]),
        ("cancel TVC72PX", None),
        ("cancel the confirmed one", None),
    ],
)
def test_a_row_is_meant_by_its_code_said_before_or_after_it_was_shown(
    said: str, expected: list[str] | None
) -> None:
    message, listing = UserText("m1", said), Listing("c1", ORDERS)
    before = LISTED.plus(recognised(listing, LISTED, message))
    after = LISTED.plus(chosen([], LISTED, listing, message), message)
    for told in (before, after):
        values = [fact.value for fact in candidates(ORDER_ID, told, NOW)]
        assert sorted(map(str, values)) == sorted(expected or ["ord_0", "ord_1", "ord_2"])


def test_an_hour_says_nothing_of_a_list_that_nobody_had_seen() -> None:
    rows = [{"order_id": "ord_0", "departing_at": "2027-03-03T19:00:00"}]
    message = UserText("m1", "flights after 19:00")
    assert recognised(Listing("c1", rows), LISTED, message) == []


RATES = [
    {
        "hotel_id": f"htl_{hotel}",
        "name": f"Opal {hotel}",
        "rates": [
            {"rate_id": f"rate_{hotel}_{n}", "board": board, "total": {"amount": price}}
            for n, (board, price) in enumerate(boards)
        ],
    }
    for hotel, boards in enumerate(
        (
            [("room_only", "80.00"), ("breakfast", "92.00"), ("half_board", "114.00")],
            [("room_only", "70.00")],
        )
    )
]
RATES_SHOWN = Evidence().plus(
    [
        Fact("entity", hotel["hotel_id"], "result", f"c1/data/{at}/hotel_id", "", entity="hotel")
        for at, hotel in enumerate(RATES)
    ]
    + [
        Fact("entity", rate["rate_id"], "result", f"c1/data/{at}/rates/{n}/rate_id", "",
             entity="hotel_rate")
        for at, hotel in enumerate(RATES)
        for n, rate in enumerate(hotel["rates"])
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "boards", "expected"),
    [
        (1, [], "rate_0_0"),
        (1, ["breakfast"], "rate_0_1"),
        (1, ["half_board"], "rate_0_2"),
        (1, ["full_board"], "rate_0_0"),
        (2, ["breakfast"], "rate_1_0"),
    ],
)
def test_of_a_rows_rates_that_one_is_meant_which_has_what_the_message_says(
    row: int, boards: list[str], expected: str
) -> None:
    terms = [Fact("term", board, "user", "m2:9-18", board, vocabulary="board") for board in boards]
    found = chosen([ordinal(row), *terms], RATES_SHOWN, Listing("c1", RATES))
    assert [fact.value for fact in found] == [f"htl_{row - 1}", expected]
