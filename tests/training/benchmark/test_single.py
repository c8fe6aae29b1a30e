"""Single decisions: played as a client's tools are, every proposal judged, the outcome scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agent.choice import choose
from agent.engines.base import Completion, Engine, Message, Mode, Sampling
from agent.engines.scripted import ScriptedEngine, Step
from agent.events import ActProposed, CallCleared, CallRejected, Replied, TurnEnded
from agent.evidence.reader import Reader
from agent.fold import Fold
from agent.options import Options
from tests.agent.booking import BOOK, NOW, PING, SEARCH
from tools.catalog import Catalog
from tools.errors import EngineUnavailable
from training.benchmark.records import Asking, Result, decode_result, encode_result
from training.benchmark.single import Outcome, Score, SingleSuite, SingleTask, gold_act, reply
from training.benchmark.suite import BASELINES, Attempt, Suite

TRIP = {"origin": "BER", "destination": "PAR", "departure_date": "2027-03-03"}
FIND = ("search_flights", TRIP)
INVENTED = ("search_flights", {**TRIP, "origin": "ROM"})
ASK = ("ask_user", {"about": ["departure_date"]})
GOLD = '{"name":"search_flights","arguments":' \
       '{"origin":"BER","destination":"PAR","departure_date":"2027-03-03"}}'  # fmt: skip


def found_the_trip(outcome: Outcome) -> Score:
    calls = [(call.tool.name, call.arguments) for call in outcome.calls]
    return Score() if calls == [FIND] else Score(("the trip was not searched",), ("search",))


def asked(outcome: Outcome) -> Score:
    return Score(() if "departure_date" in outcome.asked_about else ("nothing was asked",))


def abstained(outcome: Outcome) -> Score:
    return Score(() if outcome.abstained else ("it did not abstain",))


def task(**changes: Any) -> SingleTask:
    about: dict[str, Any] = {
        "id": "trip", "template": "one call", "categories": ("call",), "language": "en",
        "messages": (Message("user", "A flight from Berlin to Paris on 3 March 2027"),),
        "tools": (SEARCH, BOOK, PING), "now": NOW.isoformat(), "gold": (GOLD,),
        "score": found_the_trip,
    }  # fmt: skip
    return SingleTask(**{**about, **changes})


NO_DATE = task(
    messages=(Message("user", "A flight from Berlin to Paris"),),
    gold=(reply("ask_user", about=["departure_date"]),),
    score=asked,
)
NO_TOOL = task(
    messages=(Message("user", "What is the capital of Peru?"),),
    gold=(reply("decline", reason="out_of_scope"),),
    score=abstained,
)


async def play(one: SingleTask, engine: Engine, mode: Mode = "free", **options: Any) -> Result:
    suite = SingleSuite("single", "digest", [one])
    attempt = Attempt(one.task, "scripted", engine, Options(mode=mode, **options))
    async with suite.open() as table:
        return await table.play(attempt)


async def run(one: SingleTask, *steps: Step, **options: Any) -> Result:
    engine = ScriptedEngine(steps)
    result = await play(one, engine, **options)
    engine.finish()
    return result


async def test_a_right_call_solves_the_task() -> None:
    result = await run(task(), FIND)
    assert (result.solved, result.missed, result.surplus, result.faults) == (True, (), (), ())
    assert [proposal.kind for proposal in result.proposals] == ["called"]
    assert [type(event).__name__ for event in result.events] == [
        "ConversationStarted", "UserMessage", "ActProposed", "CallCleared", "TurnEnded",
    ]  # fmt: skip


async def test_a_mended_call_solves_the_task_and_keeps_its_fault() -> None:
    result = await run(task(), INVENTED, FIND)
    assert result.solved
    assert [(one.code, one.proposal, one.pointer) for one in result.faults] == [
        ("ungrounded_value", 0, "/origin")
    ]
    assert result.cost.acts == 2


async def test_what_the_judge_finds_is_what_clearance_found() -> None:
    result = await run(task(), '{"name":"search_flights",', ("fly", {}), INVENTED, FIND)
    told = [
        (fault.code, fault.pointer)
        for event in result.events
        if isinstance(event, CallRejected)
        for fault in event.rejections
    ]
    assert [(fault.code, fault.pointer) for fault in result.faults] == told
    assert len(told) == 3


async def test_the_log_folds_back_into_the_prompt_that_the_engine_read() -> None:
    one = task(
        messages=(
            Message("user", "A flight from Berlin to Paris"),
            Message("assistant", "When?"),
            Message("user", "3 March 2027"),
        )
    )
    engine = ScriptedEngine([[FIND, INVENTED], "no act", FIND])
    result = await play(one, engine)
    state = Fold(Catalog(one.tools), Reader(one.tools)).replay(result.events)
    assert [*engine.prompts[-1][1:], Message("assistant", GOLD)] == [*state.prompt]
    assert [*state.calls] == ["c2", "c3", "c4"]


async def test_prose_is_an_abstention_and_a_broken_call_is_none() -> None:
    prose = await run(NO_TOOL, "I cannot help with that.", max_rejections=0)
    broken = await run(NO_TOOL, '{"name":"search_flights"', max_rejections=0)
    assert (prose.solved, prose.proposals[0].kind) == (True, "abstained")
    assert (broken.solved, broken.proposals[0].kind) == (False, "malformed")
    for result in (prose, broken):
        assert result.events[-1] == TurnEnded("exhausted")
        assert any(isinstance(event, Replied) and event.text for event in result.events)


@pytest.mark.parametrize(
    ("steps", "asking"),
    [
        ([ASK], Asking(1, 1, 0)),
        ([("decline", {"reason": "unsafe"})], Asking(1, 0, 0)),
        ([FIND, ASK], Asking(1, 0, 1)),
        ([("ping", {})], Asking(1, 0, 0)),
    ],
)
async def test_a_missing_value_is_asked_for_or_guessed(steps: list[Step], asking: Asking) -> None:
    assert (await run(NO_DATE, *steps)).asking == asking


async def test_asking_is_counted_only_where_something_is_missing() -> None:
    assert (await run(task(), ASK)).asking == Asking()


async def test_a_failing_engine_is_an_error_of_the_attempt() -> None:
    class Broken(ScriptedEngine):
        async def propose(
            self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
        ) -> Completion:
            raise EngineUnavailable("out of memory")

    result = await play(task(), Broken())
    assert (result.error, result.solved) == ("EngineUnavailable: out of memory", False)
    assert result.events[-1] == TurnEnded("failed")


async def test_what_was_made_up_before_the_engine_failed_is_counted() -> None:
    class Short(ScriptedEngine):
        async def propose(
            self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
        ) -> Completion:
            if self.prompts:
                raise EngineUnavailable("the prompt is too long")
            return await super().propose(prompt, grammar, sampling)

    result = await play(task(), Short([INVENTED]))
    assert result.error
    assert [(one.code, one.pointer) for one in result.faults] == [("ungrounded_value", "/origin")]


async def test_accents_that_stand_apart_are_judged_as_they_were_read() -> None:
    apart = task(messages=(Message("user", "A flight from Zu\u0308rich to Paris on 3 March 2027"),))
    result = await run(apart, ("search_flights", {**TRIP, "origin": "ZRH"}))
    assert result.faults == ()
    assert result.proposals[0].kind == "called"


async def test_what_deciding_took_is_added_up() -> None:
    class Costly(ScriptedEngine):
        async def propose(
            self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
        ) -> Completion:
            done = await super().propose(prompt, grammar, sampling)
            return Completion(done.text, 100, 60, 20, 5, 0.5)

    cost = (await play(task(), Costly([INVENTED, FIND]))).cost
    spent = (cost.prompt_tokens, cost.cached_tokens, cost.completion_tokens, cost.forced_tokens)
    assert (*spent, cost.seconds, cost.acts, cost.turns) == (200, 120, 40, 10, 1.0, 2, 1)


async def test_a_result_survives_being_written_down() -> None:
    result = await run(task(), INVENTED, FIND)
    assert decode_result(encode_result(result)) == result
    assert result.tools[0].startswith("search_flights(")


class TestSuite:
    def test_it_is_one(self) -> None:
        suite: Suite = SingleSuite("single", "digest", [task()])
        assert [one.id for one in suite.tasks] == ["trip"]

    @pytest.mark.parametrize(
        ("one", "solving"),
        [
            (task(), {"gold replay"}),
            (NO_DATE, {"gold replay"}),
            (NO_TOOL, {"gold replay", "do nothing", "always ask"}),
        ],
    )
    async def test_what_each_baseline_solves(self, one: SingleTask, solving: set[str]) -> None:
        suite = SingleSuite("single", "digest", [one])
        solved: set[str] = set()
        for baseline in BASELINES:
            engine, mode = suite.baseline(baseline, one.task)
            result = await play(one, engine, mode)
            assert not result.error
            if result.solved:
                solved.add(baseline)
        assert solved == solving

    async def test_gold_that_the_grammar_does_not_accept_is_an_error(self) -> None:
        unsaid = task(messages=(Message("user", "A flight from Berlin to Paris"),))
        engine, mode = SingleSuite("single", "digest", [unsaid]).baseline(
            "gold replay", unsaid.task
        )
        result = await play(unsaid, engine, mode)
        assert result.error.startswith("EngineRefused")

    async def test_an_act_holds_as_many_calls_as_the_suite_says(self) -> None:
        ages = [("search_flights", {**TRIP, "adults": adults}) for adults in range(1, 6)]
        one = task(messages=(Message("user", f"{task().messages[0].content}, 1, 2, 3, 4, 5"),))
        for most, kind in ((4, "malformed"), (5, "called")):
            suite = SingleSuite("single", "digest", [one], most_calls=most)
            engine = ScriptedEngine([ages])
            options = Options(mode="free", max_rejections=0)
            async with suite.open() as table:
                result = await table.play(Attempt(one.task, "scripted", engine, options))
            assert result.proposals[0].kind == kind
            cleared = [event for event in result.events if isinstance(event, CallCleared)]
            assert len(cleared) == (5 if kind == "called" else 0)


def test_a_task_holds_what_users_and_assistants_said() -> None:
    with pytest.raises(ValueError, match="a user's last"):
        task(messages=(Message("system", "You are kind."), Message("user", "Hello")))
    with pytest.raises(ValueError, match="a user's last"):
        task(messages=())


def test_a_gold_act_is_read_as_calls() -> None:
    assert [(call.name, call.arguments) for call in gold_act(task().gold[0])] == [FIND]
    with pytest.raises(ValueError, match="not JSON"):
        gold_act("no act")


async def test_an_attempt_decides_as_a_client_request_does() -> None:
    one = task()
    engine = ScriptedEngine([INVENTED, FIND])
    choice = await choose(one.messages, one.tools, engine, Options(), NOW)
    result = await run(one, INVENTED, FIND, mode="grounded")
    proposed = [event.text for event in result.events if isinstance(event, ActProposed)]
    assert proposed == [tried.completion.text for tried in choice.tried]
