"""The answer is made of the figures, and a zero is never told without its bound."""

from __future__ import annotations

from tests.training.benchmark.report.attempts import attempt, fault, log, proposed, run
from training.benchmark.report.words import answers, counted, interval, percent
from training.benchmark.statistics import share
from training.benchmark.summary import summarise


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_answer_sets_the_loosest_mode_against_the_tightest() -> None:
    assert {name: plain(text) for name, text in answers(summarise(run())).items()} == {
        "base": "decoding freely it hallucinates in 33 % of its calls and solves 0 % of the tasks; "
        "grounded it hallucinates in none of 6 calls (≤ 40 %) and solves 50 % of the tasks."
    }


def test_answer_over_several_suites_names_them_and_adds_up_the_zeros() -> None:
    clean = log(proposed("search_flights", {}))
    both = [attempt(suite=suite, mode="grounded", events=clean) for suite in ("bfcl", "booking")]
    assert plain(answers(summarise(both))["base"]) == (
        "grounded it hallucinates in none of 6 calls (≤ 40 %) and solves 0 % (bfcl) and "
        "0 % (booking) of the tasks."
    )


def test_answer_of_a_model_that_never_calls_says_so() -> None:
    assert "makes no call" in answers(summarise([attempt(events=())]))["base"]


def test_answer_names_an_unknown_mode() -> None:
    odd = attempt("t1", fault("unknown_tool", ""), mode="beam")
    assert answers(summarise([odd]))["base"].startswith("in mode beam")


def test_shares_and_intervals() -> None:
    assert plain(percent(0.734)) == "73 %"
    assert percent(None) == "–"
    assert plain(interval(share([0] * 9, [1] * 9))) == "≤ 30 %"
    assert interval(share([], [])) == ""
    assert counted(share([1, 0], [1, 1])) == "1 of 2"
    assert counted(share([], [])) == "none"
