"""From calls to words: nothing in code form, every value said, the goal a predicate."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.training.library.document import tools
from training.collect.arguments import Example, Slot, sample
from training.instruct.backwards import (
    STYLES,
    Voice,
    recoverable,
    speaks,
    tell,
    tell_at_once,
    tell_declined,
    tell_late,
    tell_out_of_scope,
)
from training.instruct.chains import Link, Step
from training.instruct.hiding import hide
from training.instruct.intents import intent, plain
from training.scenarios.scenario import Call, Goal
from training.worlds import NOW

CLOCK = datetime.fromisoformat(NOW)
LIBRARY = tuple(tools().values())
LANGUAGES = ("en", "de", "tr", "es")


def voice(language: str = "en", style: str = "imperative", seed: int = 1) -> Voice:
    return Voice(language, style, random.Random(seed))


def step(name: str, body: Any, seed: int = 1, **arguments: Any) -> Step:
    example = sample(tools()[name], random.Random(seed), CLOCK.date())
    assert isinstance(example, Example)
    said = tuple(replace(s, values=(arguments[s.name],)) for s in example.slots)
    return Step(tools()[name], {s.name: arguments[s.name] for s in said}, said, body)


LOAN = {"id": "loan_4x2k9a", "book_id": "book_7", "member_id": "M10442", "weeks": 2}
LEND = step("lendBook", LOAN, seed=2, book_id="book_7", member_id="M10442", weeks=2)
LIST = step("listLoans", [LOAN, {**LOAN, "id": "loan_9d8s1q"}], member_id="M10442")
READ = step("getMember", {"id": "M10442", "name": "Ada"}, member_id="M10442")
BACK = Step(
    tools()["giveBack"], {"loan_id": "loan_9d8s1q"}, (), None,
    Link("listLoans", "id", "giveBack", "loan_id", "loan"), source=0, position=1,
)  # fmt: skip


class TestTelling:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("style", STYLES)
    def test_every_language_and_style_says_every_value(self, language: str, style: str):
        for seed in range(6):
            talk = tell((LEND,), voice(language, style, seed))
            assert recoverable(talk, LIBRARY, CLOCK) == "", talk.lines

    def test_a_read_is_shown_and_a_write_is_summed_up(self):
        talk = tell((LIST, BACK), voice())
        assert [[call.name for call in act] for act in talk.gold] == [
            ["listLoans"], ["present"], ["giveBack"], ["finish"],
        ]  # fmt: skip
        assert talk.goal == Goal(
            reads=(Call("listLoans", LIST.arguments),),
            writes=(Call("giveBack", BACK.arguments),),
            closes=("finish",),
        )

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_what_a_list_showed_is_wanted_by_its_place_and_not_by_its_id(self, language: str):
        talk = tell((LIST, BACK), voice(language))
        assert "loan_9d8s1q" not in talk.lines[1].text
        second = ("second", "zweite", "ikinci", "segundo")
        assert any(word in talk.lines[1].text.lower() for word in second)
        assert recoverable(talk, LIBRARY, CLOCK) == ""

    def test_two_wishes_in_one_breath_are_one_act(self):
        talk = tell_at_once((LIST, READ), voice())
        assert len(talk.lines) == 1
        assert [call.name for call in talk.gold[0]] == ["listLoans", "getMember"]
        assert recoverable(talk, LIBRARY, CLOCK) == ""

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_what_is_missing_is_asked_for_and_then_said(self, language: str):
        missing: Slot = LIST.said[0]
        talk = tell_late(LIST, missing, voice(language))
        assert "M10442" not in talk.lines[0].text
        assert talk.lines[1].supplies == ("member_id",)
        assert talk.gold[0] == (Call("ask_user", {"about": ["member_id"]}),)
        assert recoverable(talk, LIBRARY, CLOCK) == ""

    def test_who_declines_wants_nothing_written(self):
        talk = tell_declined(LEND, voice())
        assert (talk.decision, talk.goal.writes) == ("decline", ())

    def test_what_nobody_offers_is_declined_without_a_call(self):
        talk = tell_out_of_scope(LEND, voice())
        assert talk.goal == Goal(writes=(), closes=("decline",), silent=True)


class TestRecoverable:
    def test_a_value_that_nobody_said_is_found_out(self):
        talk = tell((LIST,), voice())
        other = replace(talk, steps=(replace(LIST, arguments={"member_id": "M99999"}),))
        assert recoverable(other, LIBRARY, CLOCK) == "not_cleared: foreign_id"

    def test_an_id_that_no_result_showed_is_found_out(self):
        other = replace(BACK, arguments={"loan_id": "loan_0zzzz0"})
        talk = tell((LIST, other), voice())
        assert recoverable(talk, LIBRARY, CLOCK) == "not_cleared: foreign_id"

    @pytest.mark.parametrize("code", ["listLoans", "member_id"])
    def test_a_name_in_code_form_is_found_out(self, code: str):
        talk = tell((LIST,), voice())
        said = replace(talk.lines[0], text=f"{talk.lines[0].text} ({code})")
        assert recoverable(replace(talk, lines=(said,)), LIBRARY, CLOCK) == "names_code"


class TestHiding:
    def test_calls_and_tools_have_neutral_names_and_the_words_stay(self):
        talk = tell_late(LIST, LIST.said[0], voice())
        hidden = hide(talk, [tools()["findBooks"], tools()["listLoans"]])
        assert hidden is not None
        shown = {tool.name for tool in hidden.tools}
        assert all(name.startswith("fn_") for name in shown)
        asked, call, _ = hidden.talk.gold
        assert call[0].name == hidden.names["listLoans"]
        assert asked[0].arguments["about"] == [hidden.names["listLoans/member_id"]]
        assert hidden.talk.lines[1].supplies == tuple(asked[0].arguments["about"])
        assert [line.text for line in hidden.talk.lines] == [line.text for line in talk.lines]
        assert recoverable(hidden.talk, hidden.tools, CLOCK) == ""


class TestIntents:
    @pytest.mark.parametrize(
        ("description", "found"),
        [
            ("<p>Creates a new group in the specified user pool.</p>",
             ("create", "a new group in the user pool")),
            ("Describes the connectors of a region", ("get", "the connectors of a region")),
            ("Applies a coupon to a basket", ("apply", "a coupon to a basket")),
            ("Lend a book to a member", ("lend", "a book to a member")),
            ("A collection of all areas", None),
            ("Revokes the API endpoint", None),
        ],
    )  # fmt: skip
    def test_what_an_operation_is_good_for(self, description: str, found: tuple[str, str] | None):
        assert intent(replace(tools()["getBook"], description=description)) == found

    def test_markup_is_no_part_of_a_description(self):
        assert plain("<p>Sets <code>x</code>.</p>\n<note>Hm</note>") == "Sets x.\nHm"


def test_a_wish_in_another_language_is_told_from_one_in_english():
    german = tell((LIST,), voice("de", "polite"))
    assert (speaks(german, "de"), speaks(german, "tr")) == (True, False)
    assert speaks(tell((LIST,), voice("en")), "en")
