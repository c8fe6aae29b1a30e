"""Bad rows of many kinds, each planted into good ones: the stage that should catches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest

from agent.events import CallObserved, Event, TurnEnded, UserMessage
from tests.training.verify.spoiling import (
    ASKED,
    BOOK,
    DECIDED,
    SAID,
    SEARCH,
    WRITTEN,
    act,
    leaking,
    reanswered,
    recalled,
    refused,
    resaid,
    retold,
    searched_before,
    spliced,
    unhidden,
    with_events,
    with_scenario,
)
from training.records import Chain, Dropped
from training.scenarios.scenario import Goal
from training.select.contamination import of_scenarios
from training.select.stage import SelectStage
from training.verify.stage import Verifier

pytestmark = pytest.mark.asyncio(loop_scope="session")

_FAILURE = CallObserved("c90", ok=False, status=503, result={}, code="unavailable")
_OTHER_GOAL = Goal(flights=({"origin": "BER", "destination": "MAD"},))


def _changed(chain: Chain, at: int, event: Event) -> Chain:
    return spliced(chain, at, at + 1, event)


def _otherwise_cleared(chain: Chain) -> Chain:
    return spliced(
        chain, SEARCH, SEARCH + 1, act("search_flights", origin="LIS", destination="BER")
    )


BOOKED: Mapping[str, tuple[str, Callable[[Chain], Chain]]] = {
    "an act that does not parse": (
        "format/unparsable_act",
        lambda c: _changed(c, SEARCH, replace(act("search_flights"), text='{"name":"search_fl')),
    ),
    "an act that is prose": (
        "format/unparsable_act",
        lambda c: _changed(c, SEARCH, replace(act("x"), text="I will look for flights.")),
    ),
    "another call executed than proposed": ("format/another_call", _otherwise_cleared),
    "a log without its end": (
        "format/truncated_log",
        lambda c: with_events(c, c.events[:-1]),
    ),
    "a log without its last turns": (
        "format/truncated_log",
        lambda c: with_events(c, c.events[:SAID]),
    ),
    "a call that was never cleared": (
        "format/not_folding",
        lambda c: spliced(c, SEARCH + 1, SEARCH + 3),
    ),
    "words that the person never says": (
        "format/off_script",
        lambda c: _changed(c, SAID, UserMessage("Book it!", "2026-11-22T09:00:00+00:00", "en")),
    ),
    "a prompt that does not render": (
        "format/not_rendering",
        lambda c: resaid(c, "<|im_end|>"),
    ),
    "a question that names the operation": (
        "format/names_operation",
        lambda c: resaid(c, "Use book_flight for it."),
    ),
    "a wrong language tag": ("format/wrong_language", lambda c: with_scenario(c, language="de")),
    "simulated and real taken for each other": (
        "format/simulated_unsaid",
        lambda c: replace(c, simulated=True),
    ),
    "an unknown tool": ("clearance/unknown_tool", lambda c: refused(c, "book_train")),
    "an invented parameter": (
        "clearance/unknown_parameter",
        lambda c: recalled(c, SEARCH, seat="12A"),
    ),
    "a missing parameter": (
        "clearance/missing_parameter",
        lambda c: recalled(c, SEARCH, destination=None),
    ),
    "a value of the wrong type": (
        "clearance/wrong_type",
        lambda c: recalled(c, SEARCH, adults="1"),
    ),
    "a value that the parameter does not take": (
        "clearance/invalid_value",
        lambda c: recalled(c, SEARCH, cabin_class="couch"),
    ),
    "a turn that gave up": (
        "format/gave_up",
        lambda c: spliced(c, len(c.events) - 1, len(c.events), TurnEnded("exhausted")),
    ),
    "an ungrounded value": (
        "clearance/ungrounded_value",
        lambda c: recalled(c, SEARCH, departure_date="2027-04-03"),
    ),
    "an id of nowhere": (
        "clearance/foreign_id",
        lambda c: recalled(c, BOOK, offer_id="off_aaaaaaaa"),
    ),
    "a call made twice": ("clearance/duplicate_call", lambda c: searched_before(c, 6)),
    "a write without approval": (
        "clearance/unapproved_write",
        lambda c: spliced(c, ASKED, DECIDED + 1),
    ),
    "a reply that claims a booking": (
        "clearance/unbacked_claim",
        lambda c: retold(c, "Your flight is booked."),
    ),
    "a failing call that was kept": (
        "execution/failing_call",
        lambda c: searched_before(c, SEARCH, _FAILURE),
    ),
    "an answer that violates its schema": (
        "execution/response_violates_schema",
        lambda c: reanswered(c, WRITTEN, created_at=17),
    ),
    "a goal that was not reached": (
        "goal/not_reached",
        lambda c: replace(c, solved=False, unsolved=("missing confirmed flight order",)),
    ),
    "a goal that was never reached in the log": (
        "goal/not_in_the_log",
        lambda c: with_scenario(c, goal=_OTHER_GOAL),
    ),
    "values that cannot be told from the question": (
        "round_trip/not_derivable",
        lambda c: recalled(c, SEARCH, origin="LIS", destination="BER"),
    ),
}
MASKED: Mapping[str, tuple[str, Callable[[Chain], Chain]]] = {
    "a hidden name in a description": ("format/masked_name", leaking),
    "a tool under its own name": ("format/masked_name", unhidden),
    "a simulation that is not said": (
        "format/simulated_unsaid",
        lambda c: replace(c, simulated=False),
    ),
}


async def verified(verifier: Verifier, chain: Chain) -> str:
    """What becomes of a chain: "kept", or the reason for which it is dropped."""
    (found,) = await verifier.work(chain, Random(0))
    return found.reason if isinstance(found, Dropped) else "kept"


class TestVerify:
    async def test_good_rows_pass(self, verifier: Verifier, booked: Chain, masked: Chain):
        assert isinstance(await verifier.verified(booked), Chain)
        assert isinstance(await verifier.verified(masked), Chain)

    @pytest.mark.parametrize("kind", BOOKED)
    async def test_a_bad_row_is_caught(self, verifier: Verifier, booked: Chain, kind: str):
        reason, spoil = BOOKED[kind]
        assert await verified(verifier, spoil(booked)) == reason

    @pytest.mark.parametrize("kind", MASKED)
    async def test_a_bad_row_of_hidden_names_is_caught(
        self, verifier: Verifier, masked: Chain, kind: str
    ):
        reason, spoil = MASKED[kind]
        assert await verified(verifier, spoil(masked)) == reason


def train(chain: Chain, row_id: str) -> Chain:
    """The chain as one of the train split."""
    return replace(with_scenario(chain, split="train", template="flight/plain"), id=row_id)


def other_words(chain: Chain, *texts: str) -> Chain:
    lines = chain.instruction.scenario.lines
    said = tuple(replace(line, text=text) for line, text in zip(lines, texts, strict=True))
    return with_scenario(chain, lines=said)


class TestSelect:
    """Bad rows that are right by themselves, and wrong beside others."""

    def select(self, chains: Sequence[Chain], stage: SelectStage | None = None) -> list[str]:
        found = (stage or SelectStage(suites=())).reduce(chains, 1)
        return [one.reason if isinstance(one, Dropped) else "kept" for one in found]

    async def test_an_exact_duplicate(self, booked: Chain):
        rows = [train(booked, "a"), train(booked, "b"), train(booked, "c")]
        assert self.select(rows) == ["kept", "exact_duplicate", "exact_duplicate"]

    async def test_a_near_duplicate(self, booked: Chain):
        good = train(booked, "a")
        first, second = (line.text for line in good.instruction.scenario.lines)
        near = replace(other_words(good, first, f"{second} Thanks!"), id="b")
        assert self.select([good, near]) == ["kept", "near_duplicate"]

    async def test_a_question_of_a_benchmark(self, booked: Chain):
        short = other_words(booked, "Any cheap flights to Oslo tomorrow?", "Thanks a lot!")
        suite = of_scenarios("held", [booked.instruction.scenario])
        other = of_scenarios("other", [short.instruction.scenario])
        good = train(booked, "a")
        run = other_words(
            good, "Hi! I need a one-way flight from Berlin to Oslo, please.", "Who am I?"
        )
        same = other_words(good, "any cheap flights to oslo tomorrow", "Book the second, please.")
        own = other_words(good, "What flies to Rome tomorrow?", "Thanks a lot!")
        stage = SelectStage(suites=(suite, other))
        assert self.select([good], stage) == ["contaminated/shared_run"]
        assert self.select([run], stage) == ["contaminated/shared_run"]
        assert self.select([same], stage) == ["contaminated/same_question"]
        assert self.select([own], stage) == ["kept"]

    async def test_a_template_of_a_benchmark(self, booked: Chain):
        suite = of_scenarios("held", [booked.instruction.scenario])
        own = other_words(train(booked, "a"), "What flies to Oslo?", "The second, please.")
        tested = with_scenario(own, template=booked.instruction.scenario.template)
        unsaid = with_scenario(own, split="test")
        stage = SelectStage(suites=(suite,))
        assert self.select([tested, unsaid], stage) == ["contaminated/template"] * 2

    async def test_an_operation_of_a_benchmark(self, masked: Chain):
        tool = masked.instruction.specs[0]
        held = of_scenarios("held", [])
        suite = replace(held, operations=frozenset({(tool.api, tool.method, tool.path)}))
        rows = [with_scenario(masked, split="train")]
        assert self.select(rows, SelectStage(suites=(suite,))) == ["contaminated/operation"]
