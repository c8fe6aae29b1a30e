"""Which values a rule allows, and why a value is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.evidence.candidates import candidates
from agent.evidence.facts import Evidence, Fact, UserText
from agent.evidence.grounding import TYPED_ID, Grounded, Ungrounded, ground
from tools.spec import ValueRule

NOW = datetime(2027, 2, 10, 12, tzinfo=UTC)


def rule(kind: Any, *sources: Any, **more: Any) -> ValueRule:
    return ValueRule(kind, frozenset(sources or ("user",)), **more)


def user(kind: Any, value: Any, ref: str = "m1:0-1", **more: Any) -> Fact:
    return Fact(kind, value, "user", ref, **more)


def offer(value: str, ref: str = "c1/data/0/offer_id", minutes: int = 30) -> Fact:
    expires = NOW + timedelta(minutes=minutes)
    return Fact("entity", value, "result", ref, entity="flight_offer", expires_at=expires)


def values(wanted: ValueRule, *facts: Fact) -> list[object]:
    return [fact.value for fact in candidates(wanted, Evidence(facts), NOW)]


def reason(value: Any, wanted: ValueRule, *facts: Fact, said: str = "") -> str | None:
    texts = (UserText("m1", said),) if said else ()
    match ground(value, wanted, Evidence(facts, texts), NOW):
        case Grounded():
            return None
        case Ungrounded(why):
            return why


OFFER = rule("entity", "result", entity="flight_offer")


def test_candidates_are_distinct_and_newest_first() -> None:
    facts = [user("place", "BER"), user("place", "PAR"), user("place", "BER", "m2:0-6")]
    found = candidates(rule("place"), Evidence(tuple(facts)), NOW)
    assert [(fact.value, fact.ref) for fact in found] == [("BER", "m2:0-6"), ("PAR", "m1:0-1")]


def test_entities_never_cross_kinds() -> None:
    hotel = Fact("entity", "htl_1", "result", "c1/data/0/hotel_id", entity="hotel")
    assert values(OFFER, hotel, offer("off_1")) == ["off_1"]
    assert reason("htl_1", OFFER, hotel, offer("off_1")) == "foreign"


def test_an_unknown_id_is_foreign() -> None:
    assert reason("off_2", OFFER, offer("off_1")) == "foreign"


def test_an_expired_entity_grounds_nothing() -> None:
    assert values(OFFER, offer("off_1", minutes=0)) == []
    assert reason("off_1", OFFER, offer("off_1", minutes=0)) == "expired"


def test_a_newer_quote_of_the_same_entity_counts() -> None:
    old, new = offer("off_1", minutes=-5), offer("off_1", "c2/offer_id")
    grounded = ground("off_1", OFFER, Evidence((old, new)), NOW)
    assert isinstance(grounded, Grounded)
    assert grounded.fact.ref == "c2/offer_id"


def test_an_id_that_the_user_typed_serves_where_users_may_give_it() -> None:
    typed = user("text", "ord_9", vocabulary=TYPED_ID)
    order = rule("entity", "user", "result", entity="order")
    assert values(order, typed) == ["ord_9"]
    assert reason("ord_9", order, typed) is None
    assert reason("ord_9", rule("entity", "result", entity="order"), typed) == "foreign"


def test_a_future_date_is_not_behind_today_and_a_past_one_not_ahead() -> None:
    days = [user("date", f"2027-02-{day:02}") for day in (9, 10, 11)]
    assert values(rule("date", when="future"), *days) == ["2027-02-11", "2027-02-10"]
    assert values(rule("date", when="past"), *days) == ["2027-02-10", "2027-02-09"]


def test_a_computed_date_serves_where_the_user_may_give_one() -> None:
    computed = Fact("date", "2027-03-06", "context", "m1:0-1")
    assert reason("2027-03-06", rule("date"), computed) is None
    assert reason("2027-03-06", rule("date", "result"), computed) == "unknown"


def test_a_value_from_a_result_needs_a_rule_that_allows_results() -> None:
    returned = Fact("place", "LHR", "result", "c1/data/0/iata_code")
    assert reason("LHR", rule("place", "user"), returned) == "unknown"
    assert reason("LHR", rule("place", "user", "result"), returned) is None


@pytest.mark.parametrize(
    ("said_unit", "wanted_unit", "why"),
    [("adult", "adult", None), (None, "adult", None), ("night", "adult", "unknown"),
     ("night", None, None)],
)  # fmt: skip
def test_a_number_counts_its_own_unit_or_any_if_it_has_none(
    said_unit: str | None, wanted_unit: str | None, why: str | None
) -> None:
    fact = user("integer", 2, unit=said_unit)
    assert reason(2, rule("integer", unit=wanted_unit), fact) == why


@pytest.mark.parametrize(
    ("value", "why"), [(2, None), (2.0, None), ("2", "unknown"), (3, "unknown")]
)
def test_numbers_are_equal_numerically_only(value: Any, why: str | None) -> None:
    assert reason(value, rule("integer"), user("integer", 2)) == why


def test_true_is_not_the_number_one() -> None:
    yes = True
    assert reason(yes, rule("integer"), user("integer", 1)) == "unknown"


def test_a_decimal_is_no_integer_but_an_integer_is_a_number() -> None:
    assert values(rule("integer"), user("number", 4.5)) == []
    assert values(rule("number", unit="money"), user("integer", 300, unit="money")) == [300]


def test_terms_belong_to_their_vocabulary() -> None:
    term = user("term", "breakfast", vocabulary="amenities")
    assert reason("breakfast", rule("term", vocabulary="amenities"), term) is None
    assert reason("breakfast", rule("term", vocabulary="board"), term) == "unknown"


def test_where_a_city_is_wanted_an_airport_will_not_do_but_its_city_will() -> None:
    heathrow = user("place", "LHR", unit="airport")
    london = Fact("place", "LON", "context", "m1:0-8", unit="city")
    city = rule("place", unit="city")
    assert values(city, heathrow, london) == ["LON"]
    assert values(rule("place"), heathrow, london) == ["LHR"]
    assert values(city, user("place", "LIS", unit="city")) == ["LIS"]


def test_a_whole_name_is_no_part_of_a_name_unless_it_is_one_word() -> None:
    ada = user("name", "Ada Lovelace")
    given = user("name", "Ada", vocabulary="given_name")
    assert values(rule("name", vocabulary="given_name"), ada, given) == ["Ada"]
    assert values(rule("name", vocabulary="family_name"), ada, given) == []
    assert values(rule("name"), ada, given) == ["Ada Lovelace"]
    assert values(rule("name", vocabulary="given_name"), user("name", "Cher")) == ["Cher"]


def test_email_ignores_case() -> None:
    assert reason("Ada@X.org", rule("email"), user("email", "ada@x.org")) is None


def test_times_may_carry_seconds() -> None:
    assert reason("09:05:00", rule("time"), user("time", "09:05")) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Ada", None),
        ("ADA  lovelace", None),
        ("Lovelace", None),
        ("Ad", "unknown"),
        ("Adá", "unknown"),
        ("Ada Byron", "unknown"),
        ("", "unknown"),
        (7, "unknown"),
    ],
)
def test_a_name_is_a_word_bounded_span_of_what_the_user_typed(name: Any, why: str | None) -> None:
    assert reason(name, rule("name"), said="Book for Ada Lovelace's trip") == why


def test_an_address_is_nobodys_name() -> None:
    said = "Ada Lovelace, lovelace9@example.com"
    assert reason("Lovelace9@example.com", rule("name"), said=said) == "unknown"


def test_a_typed_span_is_referred_to_by_its_offsets() -> None:
    evidence = Evidence(texts=(UserText("m4", "for Ayşe Yılmaz'a"),))
    grounded = ground("ayşe yılmaz", rule("name"), evidence, NOW)
    assert isinstance(grounded, Grounded)
    assert (grounded.fact.ref, grounded.fact.text) == ("m4:4-15", "Ayşe Yılmaz")


def test_an_inferred_value_needs_no_evidence_but_names_it_where_there_is_some() -> None:
    free = rule("text", "user", "inferred")
    made_up = ground("Cologne", free, Evidence(), NOW)
    typed = ground("Köln", free, Evidence(texts=(UserText("m1", "nach Köln"),)), NOW)
    assert isinstance(made_up, Grounded)
    assert isinstance(typed, Grounded)
    assert (made_up.fact.source, typed.fact.source) == ("context", "user")


def test_a_default_grounds_itself_where_defaults_are_allowed() -> None:
    grounded = ground(1, rule("integer", "user", "default"), Evidence(), NOW, default=1)
    assert isinstance(grounded, Grounded)
    assert grounded.fact.source == "default"
    assert ground(1, rule("integer"), Evidence(), NOW, default=1) == Ungrounded("unknown")


def test_an_id_in_place_of_text_is_foreign() -> None:
    assert reason("off_1", rule("text"), offer("off_1")) == "foreign"


FACTS = st.lists(
    st.builds(
        user,
        st.sampled_from(["date", "place", "integer", "term"]),
        st.sampled_from(["2027-03-03", "BER", "x"]) | st.integers(0, 3),
    ).filter(lambda fact: (fact.kind == "integer") == isinstance(fact.value, int)),
    max_size=8,
)


@given(facts=FACTS, cut=st.integers(0, 8))
def test_evidence_grown_step_by_step_is_the_same_as_evidence_made_at_once(
    facts: list[Fact], cut: int
) -> None:
    grown = Evidence(tuple(facts[:cut]))
    grown.of_kind("date")
    grown = grown.plus(facts[cut:])
    whole = Evidence(tuple(facts))
    assert grown == whole
    for kind in ("date", "place", "integer", "term", "name"):
        assert grown.of_kind(kind) == whole.of_kind(kind)  # type: ignore[arg-type]


@given(facts=FACTS)
def test_every_candidate_is_grounded(facts: list[Fact]) -> None:
    evidence = Evidence(tuple(facts))
    for kind in ("date", "place", "integer", "term"):
        for fact in candidates(rule(kind), evidence, NOW):
            assert ground(fact.value, rule(kind), evidence, NOW) == Grounded(fact)
