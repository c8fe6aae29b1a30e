"""A teacher words conversations anew; nothing is kept that its words do not carry."""

from __future__ import annotations

import pickle
import random
from typing import Any

import orjson
import pytest

from tests.training.library.document import tools
from tests.training.teacher.conftest import Opened
from tests.training.teacher.servers import URL, Server, lines, says
from training.instruct.teacher import TeacherInstruct, TeacherInstructor, rehearse
from training.instruct.wishes import wishes
from training.records import Dropped, Instruction
from training.scenarios.scenario import Call, Goal, Line, Scenario
from training.simulate import SimulatedPlace

_SPECS = tuple(tools()[name] for name in ("listLoans", "getLoan", "findBooks"))
_PRESENT = (Call("present", {"result": "$result"}),)


def _instruction(row_id: str, said: tuple[Line, ...], *acts: tuple[Call, ...]) -> Instruction:
    reads = tuple(call for act in acts for call in act if call.name in tools())
    goal = Goal(reads=reads, writes=(), closes=("present",))
    scenario = Scenario(row_id, "t", ("single",), "en", said, goal, (*acts, _PRESENT), "train")
    return Instruction(row_id, scenario, ("library",), specs=_SPECS)


LOANS = _instruction(
    "loans",
    (Line("Show me the loans of member M10442."),),
    (Call("listLoans", {"member_id": "M10442"}),),
)
LATE = _instruction(
    "late",
    (Line("Please look up a loan."), Line("It is loan_71hd2q.", supplies=("loan_id",))),
    (Call("ask_user", {"about": ["loan_id"]}),),
    (Call("getLoan", {"loan_id": "loan_71hd2q"}),),
)


async def _worded(
    teacher: Opened, server: Server, row: Instruction, task: Any = "ask"
) -> Instruction | Dropped:
    async with teacher(server, tries=2) as one:
        worker = TeacherInstructor([SimulatedPlace()], one, task)
        (made,) = await worker.work(row, random.Random(1))
        return made


async def test_new_words_that_carry_every_value_are_kept(teacher: Opened) -> None:
    server = Server([lines("hey what has M10442 got out right now")])
    made = await _worded(teacher, server, LOANS)
    assert isinstance(made, Instruction)
    assert made.id == made.scenario.id == "loans-ask"
    assert made.origin == "teacher"
    assert [line.text for line in made.scenario.lines] == ["hey what has M10442 got out right now"]
    assert made.scenario.gold == LOANS.scenario.gold
    assert made.scenario.goal == LOANS.scenario.goal


async def test_lines_keep_what_they_supply(teacher: Opened) -> None:
    server = Server([lines("I'd like to see a loan", "loan_71hd2q, sorry")])
    made = await _worded(teacher, server, LATE)
    assert isinstance(made, Instruction)
    assert [line.supplies for line in made.scenario.lines] == [(), ("loan_id",)]


@pytest.mark.parametrize(
    ("row", "said", "fault"),
    [
        (LOANS, ("What has M10443 got out?",), "does not say member id = M10442"),
        (LOANS, ("Do listLoans for M10442",), "holds the name listLoans"),
        (LOANS, ("member_id is M10442, what's out?",), "holds the name member_id"),
        (LOANS, ("What is out?", "M10442"), "it has 2 lines, not 1"),
        (LOANS, (), "it has 0 lines, not 1"),
        (LOANS, ("M10442 " * 90,), "longer than 600"),
        (LATE, ("Look up loan_71hd2q", "loan_71hd2q"), "must not be said before line 2"),
    ],
)
async def test_words_that_do_not_serve_are_shown_their_fault_and_then_dropped(
    teacher: Opened, row: Instruction, said: tuple[str, ...], fault: str
) -> None:
    server = Server([lines(*said)])
    made = await _worded(teacher, server, row)
    assert isinstance(made, Dropped)
    assert (made.id, made.reason) == (f"{row.id}-ask", "unfit")
    assert fault in made.detail
    assert fault in server.bodies[1]["messages"][-1]["content"]


async def test_a_refusal_costs_the_row_and_says_so(teacher: Opened) -> None:
    made = await _worded(teacher, Server([says(None, refusal="I will not.")]), LOANS)
    assert made == Dropped("loans-ask", "refused", "I will not.")


async def test_the_teacher_reads_purposes_and_values_but_no_names(teacher: Opened) -> None:
    server = Server([lines("what has M10442 got out")])
    await _worded(teacher, server, LOANS)
    system, task = (message["content"] for message in server.bodies[0]["messages"])
    assert "English" in system
    assert "listLoans" not in system + task
    assert orjson.loads(task.partition("\n")[2]) == [
        {
            "wants": ["List the loans of a member"],
            "values": [{"is": "member id", "value": "M10442", "said": "M10442"}],
        }
    ]


async def test_a_paraphrase_has_the_old_words_to_go_by(teacher: Opened) -> None:
    server = Server([lines("what has M10442 got out")])
    made = await _worded(teacher, server, LOANS, "paraphrase")
    assert made.id == "loans-paraphrase"
    assert "Show me the loans of member M10442." in server.bodies[0]["messages"][1]["content"]


async def test_what_cannot_be_played_is_not_asked_about(teacher: Opened) -> None:
    silent = _instruction("mute", (Line("Hello."),), (Call("listLoans", {"member_id": "M10442"}),))
    server = Server([lines("Hello!")])
    made = await _worded(teacher, server, silent)
    assert isinstance(made, Dropped)
    assert made.reason == "not_rehearsed"
    assert server.bodies == []


async def test_an_unknown_api_has_no_place(teacher: Opened) -> None:
    foreign = Instruction("far", LOANS.scenario, ("flights",))
    made = await _worded(teacher, Server([lines("x")]), foreign)
    assert made == Dropped("far-ask", "no_place", "flights")


async def test_provenance_says_which_line_holds_what() -> None:
    place = SimulatedPlace()
    first, second = wishes(await rehearse(LATE, place), place.catalog(LATE))
    assert first.values == ()
    assert [(one.label, one.value, one.said) for one in second.values] == [
        ("loan id", "loan_71hd2q", "loan_71hd2q")
    ]


def test_the_stage_pickles_and_tells_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSIGN_TEACHER_KEY", "sk-secret")
    stage = TeacherInstruct(URL, "big")
    assert pickle.loads(pickle.dumps(stage)).settings == stage.settings
    assert stage.settings["model"] == "big"
    assert "sk-secret" not in repr(stage.settings) + repr(stage)


async def test_a_message_of_several_lines_is_told_apart() -> None:
    said = (
        Line("Lend me a book, please."),
        Line("M10442", supplies=("member_id",)),
        Line("It is book_4ab9k2.", supplies=("book_id",)),
    )
    lend = Call("lendBook", {"book_id": "book_4ab9k2", "member_id": "M10442"})
    ask = Call("ask_user", {"about": ["book_id", "member_id"]})
    scenario = Scenario(
        "lend", "t", ("single",), "en", said, Goal(writes=(lend,)),
        ((ask,), (lend,), (Call("finish", {"topic": "done"}),)), "train",
    )  # fmt: skip
    row = Instruction("lend", scenario, ("library",), specs=tuple(tools().values()))
    place = SimulatedPlace()
    chain = await rehearse(row, place)
    assert chain.solved
    found = wishes(chain, place.catalog(row))
    assert [[value.value for value in wish.values] for wish in found] == [
        [], ["M10442"], ["book_4ab9k2"],
    ]  # fmt: skip
    assert found[1].wants == ("Lend a book to a member",)
