"""A goal says in words everything that does not hold, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.scenarios.goal import Executed, Told, flight_view, hotel_view, judge_goal, matches
from training.scenarios.scenario import Call, Goal, Json

ADA = {"given_name": "Ada", "family_name": "Lovelace", "born_on": "1990-12-10"}
ALAN = {"given_name": "Alan", "family_name": "Turing", "born_on": "1987-06-23"}


def segment(number: str, origin: str, destination: str, day: str) -> dict[str, Any]:
    return {
        "carrier": number[:2], "flight_number": number, "origin": origin,
        "destination": destination, "departing_at": f"{day}T07:40:00+01:00",
        "arriving_at": f"{day}T10:05:00+00:00", "duration": "PT3H25M",
    }  # fmt: skip


def way(day: str, *segments: dict[str, Any]) -> dict[str, Any]:
    return {
        "origin": segments[0]["origin"], "destination": segments[-1]["destination"],
        "departure_date": day, "segments": list(segments), "stops": len(segments) - 1,
        "duration": "PT3H25M",
    }  # fmt: skip


OUT = way("2027-03-03", segment("LH902", "BER", "LIS", "2027-03-03"))
BACK = way(
    "2027-03-08",
    segment("TP11", "LIS", "LHR", "2027-03-08"),
    segment("BA22", "LHR", "BER", "2027-03-08"),
)


def order(*ways: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "order_id": "ord_1", "booking_reference": "QX7K2P", "status": "confirmed",
        "offer_id": "off_1", "slices": list(ways or (OUT,)), "cabin_class": "economy",
        "passengers": [ADA], "contact_email": "ada@example.com",
        "conditions": {"refundable": False, "change_fee": None, "cancel_fee": None},
        "total": {"amount": "412.30", "currency": "EUR"}, **changes,
    }  # fmt: skip


def booking(**changes: Any) -> dict[str, Any]:
    return {
        "booking_id": "hbk_1", "booking_reference": "79SB75", "status": "confirmed",
        "hotel": {"hotel_id": "htl_1", "name": "Alpha", "city_code": "LIS", "stars": 3},
        "rate": {"rate_id": "rate_1", "room": "Double room", "board": "room_only",
                 "per_night": {"amount": "80.00", "currency": "EUR"}, "refundable_until": None},
        "check_in_date": "2027-03-03", "check_out_date": "2027-03-05", "rooms": 1, "adults": 1,
        "children": 0, "guests": [{"given_name": "Ada", "family_name": "Lovelace"}],
        "contact_email": "ada@example.com", "total": {"amount": "160.00", "currency": "EUR"},
        **changes,
    }  # fmt: skip


def judged(
    goal: Goal,
    flights: tuple[Json, ...] = (),
    hotels: tuple[Json, ...] = (),
    calls: tuple[Executed, ...] = (),
    told: tuple[Told, ...] = (),
) -> tuple[str, ...]:
    return judge_goal(goal, flights, hotels, calls, told)


class TestViews:
    def test_a_flight_is_seen_by_cities_dates_and_numbers(self):
        seen = flight_view(order(OUT, BACK))
        assert (seen["origin"], seen["destination"]) == ("BER", "LIS")
        assert (seen["departure_date"], seen["return_date"]) == ("2027-03-03", "2027-03-08")
        assert seen["flights"] == ["LH902", "TP11", "BA22"]
        assert (seen["slices"], seen["stops"]) == (2, 1)

    def test_an_airport_is_seen_as_its_city(self):
        heathrow = way("2027-03-03", segment("BA22", "LHR", "JFK", "2027-03-03"))
        seen = flight_view(order(heathrow))
        assert (seen["origin"], seen["destination"]) == ("LON", "NYC")

    def test_one_way_has_no_way_back(self):
        assert "return_date" not in flight_view(order())

    def test_a_stay_is_seen_with_its_room_and_guests(self):
        seen = hotel_view(booking())
        assert (seen["city"], seen["name"], seen["room"]) == ("LIS", "Alpha", "Double room")
        assert seen["refundable"] is False
        assert seen["guests"] == [{"given_name": "Ada", "family_name": "Lovelace"}]


class TestMatching:
    def test_what_is_not_named_does_not_matter(self):
        assert matches({"origin": "BER"}, {"origin": "BER", "destination": "LIS"})
        assert not matches({"origin": "BER"}, {"destination": "LIS"})

    def test_people_in_any_order_and_without_case(self):
        shouting = {"given_name": "ALAN", "family_name": "turing", "born_on": "1987-06-23"}
        assert matches({"passengers": [shouting, ADA]}, {"passengers": [ADA, ALAN]})
        assert not matches({"passengers": [ADA, ADA]}, {"passengers": [ADA, ALAN]})
        assert not matches({"passengers": [ADA]}, {"passengers": [ADA, ALAN]})

    @pytest.mark.parametrize(
        ("wanted", "found"), [("Işık", "IŞIK"), ("İpek", "ipek"), ("Şule", "ŞULE")]
    )
    def test_turkish_names_without_case(self, wanted: str, found: str):
        assert matches({"given_name": wanted}, {"given_name": found})

    def test_another_name_is_another_name(self):
        assert not matches({"family_name": "Müller"}, {"family_name": "Muller"})

    def test_codes_and_order_of_flights_matter(self):
        assert not matches({"cabin_class": "economy"}, {"cabin_class": "ECONOMY"})
        assert not matches({"flights": ["A1", "B2"]}, {"flights": ["B2", "A1"]})

    @given(st.permutations([ADA, ALAN, {"given_name": "Grace"}]))
    def test_a_partial_person_takes_whoever_is_left(self, wanted: list[Json]):
        grace = {"given_name": "Grace", "family_name": "Hopper", "born_on": "1985-12-09"}
        assert matches({"passengers": wanted}, {"passengers": [ADA, ALAN, grace]})


LISBON = {"origin": "BER", "destination": "LIS", "passengers": [ADA]}


class TestWorld:
    def test_a_goal_that_holds_leaves_nothing_to_say(self):
        goal = Goal(flights=(LISBON,), hotels=({"city": "LIS"},))
        assert judged(goal, (order(),), (booking(),)) == ()

    def test_what_is_missing_is_named(self):
        (said,) = judged(Goal(flights=(LISBON,)))
        assert said.startswith('missing confirmed flight order: {"origin":"BER"')

    def test_what_nobody_wanted_is_named(self):
        (said,) = judged(Goal(), hotels=(booking(),))
        assert said.startswith("unwanted confirmed hotel booking")
        assert '"name":"Alpha"' in said

    def test_a_booking_too_many_is_unwanted(self):
        twice = (order(), order(order_id="ord_2"))
        assert [said.split(":")[0] for said in judged(Goal(flights=(LISBON,)), twice)] == [
            "unwanted confirmed flight order"
        ]

    def test_the_wrong_passenger_is_missing_and_unwanted(self):
        said = judged(Goal(flights=(LISBON,)), (order(passengers=[ALAN]),))
        assert [one.split(" ")[0] for one in said] == ["missing", "unwanted"]

    def test_wants_that_overlap_are_matched_as_well_as_they_can_be(self):
        goal = Goal(flights=({"origin": "BER"}, {"origin": "BER", "destination": "LIS"}))
        porto = way("2027-03-03", segment("LH902", "BER", "OPO", "2027-03-03"))
        assert judged(goal, (order(), order(porto))) == ()
        assert judged(goal, (order(porto), order())) == ()

    def test_cancelled_is_another_state(self):
        cancelled = order(status="cancelled")
        assert judged(Goal(cancelled_flights=(LISBON,)), (cancelled,)) == ()
        assert len(judged(Goal(cancelled_flights=(LISBON,)), (order(),))) == 2
        assert len(judged(Goal(), (cancelled,))) == 1
        gone = Goal(cancelled_hotels=({"city": "LIS"},))
        assert judged(gone, hotels=(booking(status="cancelled"),)) == ()


SEARCH = Executed("search_flights", {"origin": "BER", "adults": 1}, "read", ok=True)


class TestReads:
    def test_a_read_must_have_run_with_these_arguments(self):
        goal = Goal(reads=(Call("search_flights", {"origin": "BER"}),))
        assert judged(goal, calls=(SEARCH,)) == ()
        assert judged(goal) == ('not executed: search_flights {"origin":"BER"}',)
        other = Executed("search_flights", {"origin": "LIS"}, "read", ok=True)
        assert judged(goal, calls=(other,)) != ()

    def test_a_read_that_failed_or_that_the_turn_made_itself_does_not_count(self):
        goal = Goal(reads=(Call("search_flights"),))
        failed = Executed("search_flights", {}, "read", ok=False)
        own = Executed("search_flights", {}, "read", ok=True, planned=False)
        assert judged(goal, calls=(failed, own)) != ()

    def test_an_id_that_nobody_can_know_only_has_to_be_there(self):
        goal = Goal(reads=(Call("get_hotel", {"hotel_id": "$hotel"}),))
        assert (
            judged(goal, calls=(Executed("get_hotel", {"hotel_id": "htl_7"}, "read", ok=True),))
            == ()
        )
        assert judged(goal, calls=(Executed("get_hotel", {}, "read", ok=True),)) != ()

    def test_silence_allows_no_call_at_all(self):
        assert judged(Goal(silent=True)) == ()
        assert judged(Goal(silent=True), calls=(SEARCH,)) == (
            "no call was to be made: search_flights",
        )


class TestWrites:
    """Of APIs whose world nobody can look into, the writes themselves are the goal."""

    LENT = Call("lend_book", {"book_id": "bk_1", "member": "Ada"})

    def written(self, *calls: Call, ok: bool = True) -> tuple[Executed, ...]:
        return tuple(Executed(call.name, call.arguments, "write", ok=ok) for call in calls)

    def test_the_very_write_reaches_the_goal(self):
        assert judged(Goal(writes=(self.LENT,)), calls=self.written(self.LENT)) == ()

    def test_a_write_that_failed_is_missing(self):
        assert judged(Goal(writes=(self.LENT,)), calls=self.written(self.LENT, ok=False)) == (
            'not written: lend_book {"book_id":"bk_1","member":"Ada"}',
        )

    @pytest.mark.parametrize(
        "arguments",
        [
            {"book_id": "bk_2", "member": "Ada"},
            {"book_id": "bk_1"},
            {"book_id": "bk_1", "member": "Ada", "weeks": 3},
        ],
    )
    def test_another_value_or_one_more_or_less_is_another_write(self, arguments: Json):
        found = judged(Goal(writes=(self.LENT,)), calls=self.written(Call("lend_book", arguments)))
        assert [text.partition(":")[0] for text in found] == ["not written", "unwanted write"]

    def test_a_write_twice_is_wanted_once(self):
        found = judged(Goal(writes=(self.LENT,)), calls=self.written(self.LENT, self.LENT))
        assert [text.partition(":")[0] for text in found] == ["unwanted write"]

    def test_placeholders_stand_for_any_id(self):
        goal = Goal(writes=(Call("cancel", {"order_id": "$order"}),))
        assert judged(goal, calls=self.written(Call("cancel", {"order_id": "ord_9"}))) == ()

    def test_no_writes_wanted_forbids_all_and_none_asks_for_nothing(self):
        calls = self.written(self.LENT)
        assert judged(Goal(writes=()), calls=calls) != ()
        assert judged(Goal(), calls=calls) == ()


class TestTelling:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("412.30", "Das kostet 412,30 €."),
            ("2027-03-03", "am 3. März 2027"),
            ("2027-03-03", "on Wednesday, March 3"),
            ("07:40", "leaves at 7:40"),
            ("QX7K2P", "reference QX7K2P"),
            ("Jasmine Suites", "1. JASMINE SUITES · 3 stars"),
        ],
    )
    def test_a_value_is_told_however_it_is_written(self, value: str, text: str):
        assert judged(Goal(tells=(value,)), told=(Told("present", text),)) == ()

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("12.30", "It costs €412.30."),
            ("2027-03-03", "on 4 March 2027"),
            ("QX7K2P", "reference QX7K2Q"),
            ("Alpha", "The Alphabet Inn"),
        ],
    )
    def test_another_value_is_not(self, value: str, text: str):
        said = judged(Goal(tells=(value,)), told=(Told("present", text),))
        assert said == (f"not told: {value}",)


class TestClosing:
    def test_the_last_reply_must_be_one_of_those(self):
        goal = Goal(closes=("decline", "ask_user"))
        assert judged(goal, told=(Told("present", ""), Told("decline", "No."))) == ()
        assert judged(goal, told=(Told("decline", "No."), Told("present", ""))) == (
            "ended with present instead of decline or ask_user",
        )
        assert judged(goal) == ("ended with nothing instead of decline or ask_user",)
