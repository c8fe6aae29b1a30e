from hypothesis import given
from hypothesis import strategies as st

from agent.evidence.facts import Evidence, UserText
from agent.evidence.grounding import Grounded, ground
from agent.spans import MOST_UNITS, chain, spans
from tests.agent.booking import NOW, rule


def test_spans_are_runs_of_words_short_ones_first() -> None:
    found = list(spans([UserText("m1", "to São  Paulo!")]))
    assert found[:3] == ["to", "São", "Paulo"]
    assert "São  Paulo" in found
    assert "to São  Paulo" in found


def test_the_newest_message_comes_first() -> None:
    assert list(spans([UserText("m1", "old"), UserText("m2", "new")])) == ["new", "old"]


def test_nothing_typed_has_no_spans() -> None:
    assert list(spans([UserText("m1", " \n")])) == []
    assert chain([], str) is None
    assert chain([UserText("m1", "")], str) is None


def test_a_long_message_gives_a_bounded_number_of_spans_and_rules() -> None:
    bodies: list[str] = []

    def rule_of(body: str) -> str:
        bodies.append(body)
        return f"r{len(bodies)}"

    texts = [UserText("m1", "word " * 20_000)]
    assert len(list(spans(texts))) == 400
    assert chain(texts, rule_of)
    assert len(bodies) <= MOST_UNITS


@given(st.text(max_size=40))
def test_every_span_is_grounded_where_the_user_may_say_it(text: str) -> None:
    evidence = Evidence().plus((), UserText("m1", text))
    for span in spans(evidence.texts):
        assert isinstance(ground(span, rule("text"), evidence, NOW), Grounded)
