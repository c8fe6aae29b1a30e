"""The formats of others: what their readers look for is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from agent.calls import ProposedCall
from agent.engines.base import Message
from training.benchmark.bfcl.data import Answer, Case
from training.benchmark.bfcl.scorer import score
from training.export.formats.bfcl import bfcl_answer, bfcl_question
from training.export.formats.openai import openai
from training.export.formats.sharegpt import sharegpt
from training.export.formats.toolbench import toolbench
from training.export.formats.trl import trl
from training.export.formats.xlam import xlam
from training.export.sample import REPLIES, Sample

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find_books",
            "description": "Find books.",
            "parameters": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "description": "Words of it."},
                    "most": {"type": "integer", "default": 10},
                    "price": {"type": "number"},
                    "where": {"type": "object", "properties": {"branch": {"type": "string"}}},
                },
                "required": ["title"],
            },
        },
    },
    {
        "type": "function",
        "function": {"name": "finish", "description": "Close.", "parameters": {"type": "object"}},
    },
]
ACT = '{"name":"find_books","arguments":{"title":"Emma","where":{"branch":"North"}}}'


def call(number: int, title: str = "Emma") -> dict[str, Any]:
    arguments = orjson.dumps({"title": title, "where": {"branch": "North"}}).decode()
    function = {"name": "find_books", "arguments": arguments}
    return {"id": f"call_{number}", "type": "function", "function": function}


def sample(kind: Any = "chains", *more: dict[str, Any], calls: int = 1) -> Sample:
    made = [call(number) for number in range(1, calls + 1)]
    answers = [
        {"role": "tool", "tool_call_id": one["id"], "content": f"{n} book"}
        for n, one in enumerate(made)
    ]
    return Sample(
        id="r1",
        set=kind,
        split="train",
        apis=("library",),
        template="t",
        categories=("single",),
        language="en",
        style="plain",
        messages=(
            {"role": "system", "content": "rules"},
            {"role": "user", "content": "Do you have Emma? (Sun)"},
            {"role": "assistant", "content": ACT},
        ),
        tools=("find_books",),
        acts=1,
        chain="r1",
        schemas=orjson.dumps(TOOLS).decode(),
        dialogue=(
            {"role": "system", "content": "It is Sunday."},
            {"role": "user", "content": "Do you have Emma?"},
            {"role": "assistant", "content": None, "tool_calls": made},
            *answers,
            *(more or ({"role": "assistant", "content": "Yes."},)),
        ),
    )


def pair() -> Sample:
    one = sample("preferences", {"role": "assistant", "content": "Yes."})
    losing = {"role": "assistant", "content": None, "tool_calls": [call(2, "Emmma")]}
    return replace(one, rejected=ACT, rejected_message=losing)


def names(tools: Sequence[Any]) -> list[str]:
    return [one["function"]["name"] for one in tools]


def test_trl_learns_conversations_whole_and_decisions_alone() -> None:
    assert [one["role"] for one in trl(sample())["messages"]] == ["system", "user", "assistant"]
    ask = trl(sample("asks"))
    assert [one["role"] for one in ask["prompt"]] == ["system", "user"]
    assert ask["completion"] == [{"role": "assistant", "content": ACT}]
    both = trl(pair())
    assert both["chosen"][0]["role"] == both["rejected"][0]["role"] == "assistant"
    assert names(orjson.loads(both["tools"])) == ["find_books", "finish"]


def test_openai_offers_real_tools_and_learns_the_last_message() -> None:
    whole = openai(sample())
    assert whole is not None
    assert names(whole["tools"]) == ["find_books"]
    assert not [one for one in whole["messages"] if "weight" in one]
    mend = openai(sample("mends"))
    assert mend is not None
    said = [one for one in mend["messages"] if one["role"] == "assistant"]
    assert [one.get("weight") for one in said] == [0, None]
    assert openai(replace(sample(), dialogue=())) is None


def test_openai_pairs() -> None:
    both = openai(pair())
    assert both is not None
    assert both["input"]["messages"][-1]["role"] == "tool"
    assert both["preferred_output"][0]["content"] == "Yes."
    assert both["non_preferred_output"][0]["tool_calls"][0]["id"] == "call_2"


@pytest.mark.parametrize("calls", [1, 2])
def test_sharegpt_alternates(calls: int) -> None:
    line = sharegpt(sample(calls=calls))
    assert line is not None
    turns = line["conversations"]
    assert [one["from"] for one in turns] == ["human", "function_call", "observation", "gpt"]
    assert isinstance(orjson.loads(turns[1]["value"]), dict if calls == 1 else list)
    assert [one["name"] for one in orjson.loads(line["tools"])] == ["find_books"]


def test_sharegpt_pairs_end_before_what_is_compared() -> None:
    line = sharegpt(pair())
    assert line is not None
    assert line["conversations"][-1]["from"] == "observation"
    assert (line["chosen"]["from"], line["rejected"]["from"]) == ("gpt", "function_call")


def test_toolbench_turns_read_back() -> None:
    line = toolbench(sample())
    assert line is not None
    system, _, first, result, last = line["conversations"]
    functions = system["value"].partition("access to the following APIs: ")[2]
    assert [one["name"] for one in orjson.loads(functions)] == ["find_books", "Finish"]
    action = re.compile(r"Thought: .*\nAction: (\w+)\nAction Input: (\{.*\})$")
    read = [action.search(turn["value"]) for turn in (first, last)]
    assert [one.group(1) for one in read if one] == ["find_books", "Finish"]
    assert [list(orjson.loads(one.group(2))) for one in read if one] == [
        ["title", "where"], ["return_type", "final_answer"],
    ]  # fmt: skip
    assert result == {"from": "function", "value": "0 book"}
    assert toolbench(sample(calls=2)) is None
    assert toolbench(pair()) is None


def test_xlam_names_calls_and_python_types() -> None:
    line = xlam(sample(calls=2))
    assert line is not None
    assert line["query"] == "Do you have Emma?"
    assert [one["name"] for one in orjson.loads(line["answers"])] == ["find_books", "find_books"]
    parameters = orjson.loads(line["tools"])[0]["parameters"]
    assert parameters["title"] == {"type": "str", "description": "Words of it."}
    assert parameters["most"] == {"type": "int, optional", "description": "", "default": 10}


def test_single_questions_need_an_answer_at_once() -> None:
    late = replace(sample(), dialogue=(*sample().dialogue[:2], sample().dialogue[-1]))
    assert xlam(late) is None
    assert bfcl_question(late) is None
    foreign = xlam(replace(late, set="irrelevance"))
    assert foreign is not None
    assert foreign["answers"] == "[]"
    assert bfcl_answer(replace(late, set="irrelevance")) is None


def test_bfcl_scores_its_own_answer_as_right() -> None:
    question, answer = bfcl_question(sample()), bfcl_answer(sample())
    assert question is not None
    assert answer is not None
    asked = question["question"][0][0]["content"]
    case = Case(
        "r1",
        "simple_python",
        (Message("user", asked),),
        tuple(question["function"]),
        tuple(
            Answer(name, accepted)
            for one in answer["ground_truth"]
            for name, accepted in one.items()
        ),
    )
    arguments = {"title": "Emma", "where": {"branch": "North"}}
    right = ProposedCall("c1", "find_books", arguments)
    named = ProposedCall("c1", "find_books", {**arguments, "most": 10})
    wrong = ProposedCall("c1", "find_books", {**arguments, "title": "Persuasion"})
    verdicts = [score(case, "called", [one]) for one in (right, named, wrong)]
    assert [one.valid for one in verdicts] == [True, True, False]
    assert question["function"][0]["parameters"]["type"] == "dict"
    assert question["function"][0]["parameters"]["properties"]["price"]["type"] == "float"


def test_replies_are_no_tools_for_others() -> None:
    assert "finish" in REPLIES
    for told in (openai(sample()), sharegpt(sample()), xlam(sample()), bfcl_question(sample())):
        assert "finish" not in orjson.dumps(told).decode()
