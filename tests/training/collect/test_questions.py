"""Words for operations, arguments and values, and the questions made of them."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from agent.evidence.facts import Evidence
from agent.evidence.reader import Reader
from tests.training.collect.pets import tools
from tools.spec import ValueRule
from training.collect.questions import LANGUAGES, STYLES, Named, ask
from training.collect.surface import distinct, listed, say, term
from training.collect.values import is_plumbing
from training.collect.wording import code_forms, intent_of, label_of, reads, said_as

PETS = tools()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def rule(kind: str) -> ValueRule:
    return ValueRule(kind=kind, sources=frozenset({"user"}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tool", "intent"),
    [
        ("listPets", ("list", "all pets of the shop")),
        ("addPet", ("add", "a pet to the shop")),
        ("getPet", ("return", "a pet")),
        ("deletePet", ("delete", "a pet")),
    ],
)
def test_an_intent_is_the_descriptions_verb_and_object(tool: str, intent: tuple[str, str]) -> None:
    assert intent_of(PETS[tool]) == intent


def test_a_description_of_the_interface_is_no_intent() -> None:
    for said in ("Pets", "Returns the JSON payload", "Get getPetV2", "This endpoint lists pets"):
        assert intent_of(replace(PETS["getPet"], description=said)) is None


def test_an_intent_is_often_said_with_another_verb() -> None:
    said = {said_as(("return", "a pet"), random.Random(seed)) for seed in range(40)}
    assert {"show me a pet", "look up a pet", "fetch a pet"} <= said
    assert reads(("return", "a pet"))
    assert not reads(("delete", "a pet"))


@pytest.mark.parametrize(
    ("name", "description", "labels"),
    [
        ("pageSize", "", {"page size"}),
        ("id", "", {"pet ID"}),
        ("q", "", {"search text"}),
        ("xq", "", {None}),
        ("code", "Three-letter airport code", {"code", "three-letter airport code"}),
        ("code", "Required. See the API.", {"code"}),
    ],
)
def test_an_argument_has_a_plain_name(name: str, description: str, labels: set[str | None]) -> None:
    schema = {"description": description}
    found = {label_of(name, schema, "pet", random.Random(seed)) for seed in range(20)}
    assert found == labels


def test_code_forms_are_names_that_are_no_words() -> None:
    assert code_forms(["listPets", "page_size", "limit", "Name", "v2"]) == {
        "listPets", "page_size", "v2",
    }  # fmt: skip


def test_arguments_of_programs_are_known_by_their_words() -> None:
    names = ("api_key", "X-Trace", "accessToken", "name")
    assert [name for name in names if is_plumbing(name)] == [*names[:3]]


@pytest.mark.parametrize(
    ("value", "said"),
    [("IN_PROGRESS", "in progress"), ("one-way", "one way"), ("businessClass", "business class"),
     ("XML", "XML"), ("en", "en"), ("30d", "30d")],
)  # fmt: skip
def test_terms_are_said_as_words(value: str, said: str) -> None:
    assert term(value) == said
    assert not distinct([value, said.upper()])


def test_lists_end_with_a_conjunction() -> None:
    assert listed(["a", "b", "c"], "and") == "a, b and c"
    assert listed(["a"], "and") == "a"


@pytest.mark.parametrize(("language", "style", "seed"), [*product(LANGUAGES, STYLES, range(3))])
def test_a_reader_finds_every_value_that_a_question_names(
    language: str, style: str, seed: int
) -> None:
    rng = random.Random(seed)
    values = {"date": "2027-03-03", "integer": 12, "email": "ada@example.com"}
    named = [Named(kind, say(value, rule(kind), language, rng)) for kind, value in values.items()]
    question = ask("show me all pets", named, language, style, rng)  # type: ignore[arg-type]
    assert "show me all pets" in question.lower()
    facts = Reader([]).read_message(question, "m1", NOW, Evidence()).facts
    assert {*values.items()} <= {(fact.kind, fact.value) for fact in facts}


def test_a_yes_is_said_in_the_language() -> None:
    yes, rng = True, random.Random(0)
    said = [say(yes, rule("boolean"), language, rng) for language in LANGUAGES]
    assert said == ["yes", "ja", "evet", "sí"]
    named = [Named("tame", "yes", sentence=False)]
    questions = {ask("x", named, "en", "chatty", random.Random(seed)) for seed in range(20)}
    assert all("ame: yes" in question for question in questions)


def test_a_question_without_values_is_whole() -> None:
    for language, style in product(LANGUAGES, STYLES):
        question = ask("show me all pets", [], language, style, random.Random(0))
        assert "{" not in question
        assert "show me all pets" in question.lower()
