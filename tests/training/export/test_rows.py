"""Rows: what a chain becomes, and that all of it is what the agent itself would read and do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from agent.events import ActProposed, CallObserved, CallRejected, Event
from agent.offer import offer
from training.annotate.practice import PracticePlace
from training.benchmark.judge import Judge
from training.export.offered import Offered
from training.export.rows import samples
from training.export.sample import Sample
from training.records import Branch, Chain


def of(rows: Sequence[Sample], kind: str) -> list[Sample]:
    return [row for row in rows if row.set == kind]


def fails(event: Event) -> bool:
    return isinstance(event, CallRejected) or (isinstance(event, CallObserved) and not event.ok)


def test_every_set_is_met(rows: tuple[Sample, ...]) -> None:
    found = {row.set for row in rows}
    assert found == {"chains", "mends", "asks", "irrelevance", "declines", "preferences"}
    assert len({row.id for row in rows}) == len(rows)


def test_the_prompt_is_the_one_that_serving_shows(
    chains: Mapping[str, Chain], place: PracticePlace, rows: tuple[Sample, ...]
) -> None:
    chain = chains["en-flight-2"]
    served = offer(place.catalog(chain.instruction))
    prompt = (served.opening, *served.fold.replay(chain.events).prompt)
    (row,) = [row for row in of(rows, "chains") if row.chain == chain.id]
    assert row.messages == tuple({"role": it.role, "content": it.content} for it in prompt)
    assert row.acts == sum(message["role"] == "assistant" for message in row.messages)


def test_whole_conversations_hold_nothing_that_failed(
    chains: Mapping[str, Chain], rows: tuple[Sample, ...], place: PracticePlace
) -> None:
    whole = {row.chain for row in of(rows, "chains")}
    clean = {c.id for c in chains.values() if c.solved and not any(map(fails, c.events))}
    assert whole == clean
    for chain_id in whole:
        chain = chains[chain_id]
        judge = Judge(place.catalog(chain.instruction).specs)
        assert [one.faults for one in judge.judge(chain.events) if one.faults] == []


def test_a_failure_of_the_log_becomes_a_mend(
    chains: Mapping[str, Chain], rows: tuple[Sample, ...]
) -> None:
    chain = chains["en-fault-price"]
    assert any(map(fails, chain.events))
    assert not [row for row in of(rows, "chains") if row.chain == chain.id]
    mends = [r for r in of(rows, "mends") if r.chain == chain.id and ".mend-b" not in r.id]
    assert mends
    for row in mends:
        position = int(row.id.rpartition("-")[2])
        event = chain.events[position]
        assert isinstance(event, ActProposed)
        assert row.messages[-1] == {"role": "assistant", "content": event.text}


def test_a_refused_branch_is_told_with_its_refusal_and_not_shown(
    chains: Mapping[str, Chain], rows: tuple[Sample, ...]
) -> None:
    told = [row for row in of(rows, "mends") if ".mend-b" in row.id]
    assert told
    for row in told:
        *before, refusal, right = row.messages
        assert [refusal["role"], right["role"]] == ["tool", "assistant"]
        assert "not cleared" in refusal["content"]
        assert chains[row.chain].branches[int(row.id.rpartition("-b")[2])].act != right["content"]
        while "not cleared" in before[-1]["content"]:
            before.pop()
        assert before[-1]["role"] != "assistant"


def test_a_pair_is_two_acts_at_one_prompt(
    chains: Mapping[str, Chain], rows: tuple[Sample, ...]
) -> None:
    pairs = of(rows, "preferences")
    assert pairs
    for row in pairs:
        chain = chains[row.chain]
        branch = chain.branches[int(row.id.rpartition("-")[2])]
        kept = chain.events[branch.position]
        assert isinstance(kept, ActProposed)
        assert (row.messages[-1]["content"], row.rejected) == (kept.text, branch.act)
        assert kept.text != branch.act


def test_what_the_world_stood_against_is_no_worse(
    chains: Mapping[str, Chain], tools: Offered
) -> None:
    chain = chains["en-trip-1"]
    at = next(n for n, event in enumerate(chain.events) if isinstance(event, ActProposed))
    act = '{"name":"find_places","arguments":{"query":"Rome"}}'
    busy = replace(chain, branches=(Branch(at, act, "unavailable"),))
    worse = replace(chain, branches=(Branch(at, act, "dead_end"), Branch(at, act, "dead_end")))
    assert of(list(samples(busy, tools)), "preferences") == []
    assert len(of(list(samples(worse, tools)), "preferences")) == 1


def test_decisions_end_their_rows(rows: tuple[Sample, ...]) -> None:
    names = {"asks": "ask_user", "irrelevance": "decline", "declines": "decline"}
    for kind, name in names.items():
        for row in of(rows, kind):
            assert row.messages[-1]["content"].startswith(f'{{"name":"{name}"')
            assert ("out_of_scope" in row.messages[-1]["content"]) == (kind == "irrelevance")


def test_an_unsolved_chain_makes_no_row(chains: Mapping[str, Chain], tools: Offered) -> None:
    assert list(samples(replace(chains["en-trip-1"], solved=False), tools)) == []


def test_a_dialogue_answers_every_call_before_anyone_speaks(rows: tuple[Sample, ...]) -> None:
    told = [row for row in rows if row.dialogue]
    assert len(told) > len(rows) / 2
    for row in told:
        waiting: list[str] = []
        for message in row.dialogue:
            if message["role"] == "tool":
                waiting.remove(message["tool_call_id"])
            else:
                assert not waiting
                waiting += [call["id"] for call in message.get("tool_calls", ())]


def test_a_dialogue_has_the_acts_of_the_row(rows: tuple[Sample, ...]) -> None:
    for row in of(rows, "chains"):
        roles = [message["role"] for message in row.dialogue]
        assert roles[:2] == ["system", "user"]
        assert roles[-1] == "assistant"
        assert not [pair for pair in pairwise(roles) if pair == ("user", "user")]
