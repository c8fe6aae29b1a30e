"""Words that name a value without asking for it: those force nothing and displace nothing."""

import pytest

from agent.evidence.terms import Terms
from agent.evidence.tokens import cut
from tools.spec import ValueRule

from .conftest import USER, Read, a_tool

STATUS = Terms(
    [
        a_tool(
            rules={
                "/status": ValueRule(
                    "term",
                    USER,
                    vocabulary="status",
                    terms={"confirmed": (), "cancelled": (), "open": ("günstigste",)},
                )
            }
        )
    ]
)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("show my confirmed stays", True),
        ("my cancelled ones", True),
        ("are there confirmed ones?", True),
        ("if I wait, show the cancelled ones", True),
        ("what if it gets cancelled?", False),
        ("would I pay if they cancelled me", False),
        ("is my stay confirmed?", False),
        ("die guenstigste", True),
    ],
)
def test_conditions_and_questions_about_a_state_ask_for_no_state(text: str, given: bool) -> None:
    assert [term.given for term in STATUS.read(cut(text))] == [given]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("no pool needed", []),
        ("I don't need a pool", []),
        ("ein Hotel ohne Schwimmbad", []),
        ("kein Schwimmbad, aber Frühstück", ["breakfast"]),
        ("un hotel sin piscina", []),
        ("no hace falta piscina", []),
        ("havuzsuz otel", []),
        ("havuza gerek yok", []),
        ("havuzlu otel", ["pool"]),
        ("not economy class but business class", ["business"]),
        ("why not business class?", ["business"]),
        ("no, with a swimming pool please", ["pool"]),
    ],
)
def test_what_is_denied_is_not_said(text: str, values: list[str], read: Read) -> None:
    said = [fact for fact in read(text, "term") if fact.vocabulary != "board"]
    assert [fact.value for fact in said] == values


CABIN = Terms(
    [
        a_tool(
            rules={
                "/cabin": ValueRule(
                    "term", USER, vocabulary="cabin", terms={"business": ("business",)}
                )
            }
        )
    ]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in business please", 1),
        ("business, two adults", 1),
        ("it's a business trip", 0),
        ("I travel on business", 0),
        ("I run a small business in Berlin", 0),
    ],
)
def test_a_saying_names_no_value(text: str, found: int) -> None:
    assert len(CABIN.read(cut(text))) == found


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("my brother lives there", "context"),
        ("mein Vater wird 60", "context"),
        ("with my brother", "user"),
        ("my husband and I", "user"),
        ("ich fliege mit meiner Mutter", "user"),
        ("viajo con mi hermana", "user"),
        ("annemle Roma'ya", "user"),
    ],
)
def test_only_who_comes_along_is_counted_for_sure(text: str, source: str, read: Read) -> None:
    adults = [fact for fact in read(text, "integer") if fact.unit == "adult"]
    assert [(fact.value, fact.source) for fact in adults] == [(2, source)]


@pytest.mark.parametrize("text", ["you are a star", "du bist ein Stern", "eres una estrella"])
def test_thanks_are_no_rating(text: str, read: Read) -> None:
    assert read(text, "integer") == []


@pytest.mark.parametrize(
    "text", ["a one star hotel", "bir yıldızlı otel", "un hotel de una estrella"]
)
def test_one_star_is_a_rating(text: str, read: Read) -> None:
    assert [(fact.value, fact.unit) for fact in read(text, "integer")] == [(1, "star")]
