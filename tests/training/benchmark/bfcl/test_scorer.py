"""What counts as right, and that everything else is a fault with its code and place."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calls import ProposedCall
from tests.training.benchmark.bfcl.cases import a_case, ferry
from training.benchmark.bfcl.gold import any_arguments, gold_calls
from training.benchmark.bfcl.mutants import mutants
from training.benchmark.bfcl.scorer import Verdict, score
from training.benchmark.bfcl.values import normal


def judge(accepted: dict[str, Any], **arguments: Any) -> Verdict:
    return score(a_case(accepted), "called", [ferry(**arguments)])


def faults(verdict: Verdict) -> list[tuple[str, str]]:
    return [(fault.code, fault.pointer) for fault in verdict.faults]


@pytest.mark.parametrize(
    ("accepted", "arguments"),
    [
        ({}, {}),
        ({}, {"to_port": "ZEEBRUGGE belgium"}),
        ({"cars": [2]}, {"cars": 2}),
        ({"cars": [2, ""]}, {}),
        ({"length": [4.0]}, {"length": 4}),
        ({"direct": [True]}, {"direct": True}),
        ({"decks": [["Upper deck", "car"]]}, {"decks": ["upper-deck", "Car"]}),
        ({"decks": [["a"], ["b", "c"]]}, {"decks": ["b", "c"]}),
        ({"decks": [["a"], ""]}, {"decks": []}),
        ({"position": [[1.5, 2.0]]}, {"position": [1.5, 2.0]}),
        ({"driver": [{"name": ["Ada"], "age": [30, ""]}]}, {"driver": {"name": "ada"}}),
        ({"driver": [{"name": ["Ada"]}, {"name": ["Bo"]}]}, {"driver": {"name": "Bo"}}),
        ({"people": [[{"name": ["Ada"]}, {"name": ["Bo"]}]]},
         {"people": [{"name": "Ada"}, {"name": "Bo"}]}),
        ({"cars": [None, ""]}, {"cars": None}),
        ({"decks": ["all_decks"]}, {"decks": "all_decks"}),
        ({"anything": ["tea"]}, {"anything": "Tea"}),
    ],
)  # fmt: skip
def test_an_accepted_call_is_valid(accepted: dict[str, Any], arguments: dict[str, Any]):
    verdict = judge(accepted, **arguments)
    assert (verdict.valid, faults(verdict)) == (True, [])


@pytest.mark.parametrize(
    ("accepted", "arguments", "expected"),
    [
        ({}, {"to_port": "Rotterdam"}, [("invalid_value", "/to_port")]),
        ({}, {"to_port": ["Zeebrugge"]}, [("wrong_type", "/to_port")]),
        ({}, {"a/b": 1}, [("unknown_parameter", "/a~1b")]),
        ({}, {"cars": 1}, [("invalid_value", "/cars")]),
        ({"cars": [2]}, {}, [("missing_parameter", "/cars")]),
        ({"cars": [2]}, {"cars": 2.0}, [("wrong_type", "/cars")]),
        ({"cars": [1]}, {"cars": True}, [("wrong_type", "/cars")]),
        ({"cars": [2, ""]}, {"cars": ""}, [("wrong_type", "/cars")]),
        ({"direct": [True]}, {"direct": 1}, [("wrong_type", "/direct")]),
        ({"decks": [["a", "b"]]}, {"decks": ["a", "c"]}, [("invalid_value", "/decks/1")]),
        ({"decks": [["a", "b"]]}, {"decks": ["a", 1]}, [("wrong_type", "/decks/1")]),
        ({"decks": [["a", "b"]]}, {"decks": ["b", "a"]},
         [("invalid_value", "/decks/0"), ("invalid_value", "/decks/1")]),
        ({"decks": [["a", "b"]]}, {"decks": ["a"]}, [("invalid_value", "/decks")]),
        ({"decks": [["a"], ""]}, {"decks": [1]}, [("wrong_type", "/decks/0")]),
        ({"driver": [{"name": ["Ada"], "age": [30]}]}, {"driver": {"name": "Bo", "hat": True}},
         [("missing_parameter", "/driver/age"), ("invalid_value", "/driver/name"),
          ("unknown_parameter", "/driver/hat")]),
        ({"driver": [{"age": [1]}]}, {"driver": {"age": True}}, [("wrong_type", "/driver/age")]),
        ({"people": [[{"name": ["Ada"]}], ""]}, {"people": ["Ada"]},
         [("wrong_type", "/people/0")]),
        ({"people": [[{"name": ["Ada"]}]]}, {"people": [{"name": "Bo"}]},
         [("invalid_value", "/people/0/name")]),
    ],
)  # fmt: skip
def test_each_fault_has_its_code_and_its_place(
    accepted: dict[str, Any], arguments: dict[str, Any], expected: list[tuple[str, str]]
):
    verdict = judge(accepted, **arguments)
    assert (verdict.valid, faults(verdict)) == (False, expected)


def test_all_faults_of_a_call_are_listed_and_a_renamed_parameter_is_two():
    call = ProposedCall("c1", "ferries.search", {"from": "Hull", "to_port": 7})
    verdict = score(a_case({}), "called", [call])
    assert faults(verdict) == [
        ("missing_parameter", "/from_port"),
        ("unknown_parameter", "/from"),
        ("wrong_type", "/to_port"),
    ]


def test_arguments_that_are_no_object_are_malformed():
    call = ProposedCall("c1", "ferries.search", ["Hull"])
    assert faults(score(a_case({}), "called", [call])) == [("malformed", "")]


def test_an_invented_function_is_unknown_and_what_was_wanted_is_missed():
    verdict = score(a_case({}), "called", [replace(ferry(), name="ferries")])
    assert (faults(verdict), verdict.missed) == ([("unknown_tool", "")], ("ferries.search",))


def test_another_function_on_offer_is_surplus_and_no_fault():
    verdict = score(a_case({}), "called", [ProposedCall("c1", "tides", {"port": "Hull"})])
    assert (faults(verdict), verdict.missed, verdict.surplus) == (
        [], ("ferries.search",), ("tides",)
    )  # fmt: skip


def test_calls_too_many_and_too_few_are_told():
    assert score(a_case({}), "called", [ferry(), ferry()]).surplus == ("ferries.search",)
    assert score(a_case({}, {"cars": [2]}), "called", [ferry()]).missed == ("ferries.search",)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_parallel_calls_count_in_any_order_even_where_answers_overlap(order: tuple[int, ...]):
    case = a_case({"cars": [1, 2]}, {"cars": [1]}, {"cars": [3]}, category="parallel")
    calls = [ferry(cars=1), ferry(cars=2), ferry(cars=3)]
    assert score(case, "called", [calls[at] for at in order]).valid


def test_a_fault_among_parallel_calls_is_told_against_the_nearest_answer():
    case = a_case({"cars": [1], "class": ["deck"]}, {"cars": [2]}, category="parallel")
    verdict = score(case, "called", [ferry(cars=2), ferry(cars=1, **{"class": "cabin"})])
    assert [(fault.call, fault.pointer) for fault in verdict.faults] == [(1, "/class")]


@pytest.mark.parametrize(
    ("category", "right"),
    [("live_multiple", "called"), ("irrelevance", "abstained"), ("live_relevance", "called")],
)
@pytest.mark.parametrize("kind", ["abstained", "malformed", "called"])
def test_abstained_malformed_and_called_are_three_things(category: str, right: str, kind: Any):
    case = a_case(*[{}] * (category == "live_multiple"), category=category)
    calls = [ferry()] if kind == "called" else []
    assert score(case, kind, calls).valid == (kind == right)


def test_where_no_call_helps_every_call_is_surplus_or_unknown():
    case = a_case(category="irrelevance")
    verdict = score(case, "called", [ferry(), replace(ferry(), name="boats")])
    assert (faults(verdict), verdict.surplus) == ([("unknown_tool", "")], ("ferries.search",))


def test_where_any_call_counts_it_must_be_of_a_function_on_offer_and_well_formed():
    case = a_case(category="live_relevance")
    calls = [
        replace(ferry(), name="boats"),
        ProposedCall("c2", "ferries.search", {"from_port": 1, "boat": "x"}),
    ]
    assert [(fault.call, fault.code) for fault in score(case, "called", calls).faults] == [
        (0, "unknown_tool"),
        (1, "missing_parameter"),
        (1, "wrong_type"),
        (1, "unknown_parameter"),
    ]
    arguments = any_arguments(case.functions[0]["parameters"])
    assert score(case, "called", [replace(ferry(), arguments=arguments)]).valid


@given(st.text())
def test_texts_compare_without_case_spaces_and_punctuation(text: str):
    spaced = " ".join(text) + "."
    assert normal(spaced) == normal(text)


@given(st.integers())
def test_every_mutant_is_told_from_the_right_answer(seed: int):
    case = a_case(
        {"cars": [2], "length": [4.0], "direct": [True], "decks": [["upper"]],
         "driver": [{"name": ["Ada"]}], "class": ["deck"]},
        {"cars": [3]},
        category="parallel",
    )  # fmt: skip
    gold = gold_calls(case)
    assert score(case, "called", gold).valid
    made = list(mutants(case, gold, Random(seed)))
    assert len({mutant.change for mutant in made}) >= 10
    for mutant in made:
        verdict = score(case, "called" if mutant.calls else "abstained", mutant.calls)
        assert verdict.valid == mutant.harmless, mutant


def test_the_same_seed_makes_the_same_mutants():
    case = a_case({"cars": [2], "decks": [["a", "b"]]})
    first, again = (list(mutants(case, gold_calls(case), Random(5))) for _ in range(2))
    assert first == again
    assert list(mutants(a_case(), (), Random(5))) == []
