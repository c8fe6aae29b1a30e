"""Records as lines, and the randomness of a row: the same in every process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.events import ActProposed, CallObserved, ConversationStarted, UserMessage
from tools.errors import DataError
from tools.openapi import read_openapi
from training.pipeline import Codec, rng_for, seed_for
from training.records import Branch, Chain, Collected, Dropped, Instruction
from training.scenarios.scenario import Call, Goal, Line, Scenario

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@dataclass(frozen=True, slots=True)
class Thing:
    id: str
    content: Mapping[str, Any] = field(default_factory=dict[str, Any])
    parts: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()


class TestRecords:
    @given(
        st.builds(
            Thing, st.text(), st.dictionaries(st.text(), JSON),
            st.lists(st.text()).map(tuple), st.frozensets(st.text()),
        )
    )  # fmt: skip
    def test_come_back_as_they_were_and_stay_one_line(self, thing: Thing):
        line = Codec(Thing).encode(thing)
        assert line.count(b"\n") == 1
        assert Codec(Thing).decode(line) == thing

    def test_sets_are_written_in_order_and_views_as_what_they_show(self):
        thing = Thing("a", MappingProxyType({"b": 1}), kinds=frozenset({"y", "x"}))
        assert Codec(Thing).encode(thing) == (
            b'{"id":"a","content":{"b":1},"parts":[],"kinds":["x","y"]}\n'
        )

    def test_a_value_that_json_does_not_have_is_refused_by_the_name_of_its_record(self):
        with pytest.raises(DataError, match="Thing a1 is no JSON"):
            Codec(Thing).encode(Thing("a1", {"b": object()}))

    @pytest.mark.parametrize("line", [b"{", b"[]", b'{"parts": "x"}', b'{"id": 1}'])
    def test_a_line_of_something_else_is_refused(self, line: bytes):
        with pytest.raises(DataError, match="a line holds no Thing"):
            Codec(Thing).decode(line)

    def test_a_chain_with_its_events(self):
        scenario = Scenario(
            "s1", "t", ("c",), "en", (Line("hi"),), Goal(writes=(Call("w", {"a": 1}),)), ()
        )
        chain = Chain(
            "s1",
            Instruction("s1", scenario, ("flights",)),
            (
                ConversationStarted("box", "2026-11-22T09:00:00+00:00"),
                UserMessage("hi", "2026-11-22T09:00:00+00:00", "en"),
                ActProposed("{}"),
                CallObserved("c1", ok=True, status=200, result={"data": [{"a": None}]}),
            ),
            solved=True,
            branches=(Branch(2, "{}", "unknown_tool"),),
        )
        assert Codec(Chain).decode(Codec(Chain).encode(chain)) == chain

    def test_a_tool_with_its_rules(self):
        parameter = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
        document = {
            "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
            "paths": {"/a": {"get": {
                "operationId": "find_a", "description": "Find a.", "parameters": [parameter],
                "responses": {"200": {"description": "ok"}},
            }}},
        }  # fmt: skip
        (tool,) = read_openapi(document, api="a").tools
        collected = Collected("a/find_a", "a", "a.com", "a.json", "MIT", tool)
        assert Codec(Collected).decode(Codec(Collected).encode(collected)) == collected

    def test_what_was_dropped(self):
        dropped = Dropped("a", "because", "of this")
        assert Codec(Dropped).decode(Codec(Dropped).encode(dropped)) == dropped


class TestSeeds:
    @given(st.integers(0, 2**63 - 1), st.text(), st.text(), st.text())
    def test_stage_and_row_never_run_into_each_other(self, seed: int, a: str, b: str, c: str):
        if c:
            assert seed_for(seed, a + c, b) != seed_for(seed, a, c + b)

    def test_another_process_draws_the_same(self):
        script = "from training.pipeline import rng_for; print(rng_for(7, 'verify', 'r1').random())"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        assert float(done.stdout) == rng_for(7, "verify", "r1").random()

    def test_each_row_each_stage_and_each_seed_draws_its_own(self):
        cases = [(1, "a", "r1"), (1, "a", "r2"), (1, "b", "r1"), (2, "a", "r1")]
        drawn = {rng_for(*case).random() for case in cases}
        assert len(drawn) == len(cases)
