"""Mistakes made on purpose: an act that differs from the right one, in one thing."""

from __future__ import annotations

from random import Random

import orjson
from hypothesis import given
from hypothesis import strategies as st

from agent.acts import act_text, parse_act
from agent.calls import Rejected
from agent.offer import offer
from tests.agent.shop import DOCUMENT
from tools.catalog import Catalog
from tools.openapi import read_openapi
from training.annotate.mistakes import closing, wrong_tool, wrong_value

SHOP = offer(Catalog(read_openapi(DOCUMENT, api="shop").tools))
BUY = [("buy_item", {"item_id": "it_aa", "contact_email": "ada@example.com"})]
FIND = [("find_items", {"on": "2026-12-01"})]
RESULTS = ["c1 find_items: 2 results\nit_aa Lamp\nit_bb Chair"]
seeds = st.integers(0, 2**32)


@given(seeds)
def test_a_wrong_value_is_one_that_the_right_call_does_not_have(seed: int):
    for right in (BUY, FIND):
        wrong = wrong_value(right, SHOP, RESULTS, Random(seed))
        assert wrong is not None
        made = orjson.loads(wrong)
        assert made["name"] == right[0][0]
        assert len(made["arguments"].items() ^ right[0][1].items()) <= 2
        assert made["arguments"] != right[0][1]


def test_all_sorts_of_mistakes_come_up():
    made = [wrong_value(BUY, SHOP, RESULTS, Random(seed)) or "" for seed in range(200)]
    arguments = [orjson.loads(one)["arguments"] for one in made]
    assert any("item_id" not in one for one in arguments)
    assert any(len(one) > 2 for one in arguments)
    assert any(one.get("item_id") == "it_bb" for one in arguments)
    assert len({one.get("contact_email") for one in arguments}) > 20


@given(seeds)
def test_a_wrong_tool_is_another_one_or_none_at_all(seed: int):
    wrong = parse_act(wrong_tool(FIND, SHOP, RESULTS, Random(seed)) or "", 1)
    assert not isinstance(wrong, Rejected)
    assert wrong[0].name != "find_items"


def test_a_step_that_is_skipped_leaves_nothing_known_for_the_next():
    calls = [orjson.loads(wrong_tool(FIND, SHOP, [], Random(seed)) or "") for seed in range(200)]
    bought = [one["arguments"] for one in calls if one["name"] == "buy_item"]
    assert {"item_id", "item", "not_possible"} <= {one["item_id"] for one in bought}


def test_a_value_may_stand_where_the_tool_is_named_and_a_name_be_cut_short():
    decline = [("decline", {"reason": "not_possible"})]
    named = {wrong_tool(decline, SHOP, [], Random(seed)) for seed in range(100)}
    assert '{"name":"not_possible","arguments":{"reason":"not_possible"}}' in named
    short = [wrong_value(BUY, SHOP, RESULTS, Random(seed)) or "" for seed in range(300)]
    assert any("contact" in orjson.loads(one)["arguments"] for one in short)


def test_several_calls_keep_the_others():
    both = [*FIND, ("get_item", {"item_id": "it_aa"})]
    wrong = wrong_value(both, SHOP, RESULTS, Random(3))
    assert wrong is not None
    same = set(wrong.split("\n")) & set(act_text(both).split("\n"))
    assert len(same) == 1


def test_closing_is_no_mistake_where_it_is_right():
    right = [("finish", {"topic": "done"})]
    made = {closing(right, SHOP, [], Random(seed)) for seed in range(20)}
    assert made == {None, '{"name":"decline","arguments":{"reason":"not_possible"}}'}
