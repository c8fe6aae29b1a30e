"""Single decisions: one act over the tools of the task, played as a client's tools are.

A task is data with a scorer. An attempt goes through `agent.choice.choose`, the one path for tools
that the agent does not execute itself, with the retries that it has at run time. Its log holds
every proposal, and all of them are judged: a call that was mended keeps the fault it had.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from agent.acts import ASKS, MAX_CALLS, act_text, parse_act, user_parameters
from agent.calls import Cleared, ProposedCall, Rejected
from agent.choice import REPLIES, Choice, Tried, choose
from agent.clearance import leaves
from agent.engines.base import Engine, Message, Mode
from agent.engines.scripted import ScriptedEngine
from agent.events import (
    ActProposed,
    CallCleared,
    CallRejected,
    ConversationStarted,
    Event,
    Replied,
    TurnEnded,
    UserMessage,
)
from agent.state import IMPORTED
from tools.errors import EngineError
from tools.signature import compact
from tools.spec import ToolSpec
from training.benchmark.judge import Judge
from training.benchmark.records import Asking, Cost, Proposal, Result
from training.benchmark.suite import Attempt, Baseline, Task
from training.scenarios.gold import GoldEngine
from training.scenarios.scenario import Call


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, for the scorer.

    `calls` were cleared for the client to run, or `reply` was; neither where the bounded tries ran
    out. `abstained`: the newest proposal was a reply or prose, or nothing could be proposed;
    false after a call and after a broken one. `tried` is every proposal, the cleared one last.
    """

    calls: tuple[Cleared, ...]
    reply: Cleared | None
    abstained: bool
    tried: tuple[Tried, ...]

    @property
    def asked_about(self) -> tuple[str, ...]:
        """What the reply asks the user for; empty where it does not ask."""
        asks = self.reply is not None and self.reply.tool.name == ASKS
        return tuple(self.reply.arguments["about"]) if asks and self.reply else ()


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer finds: reasons in words why the task is not solved, and calls that differ.

    `missed` are calls that should have been made, `surplus` cleared ones that should not.
    """

    unsolved: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()


Scorer = Callable[[Outcome], Score]


@dataclass(frozen=True, slots=True)
class SingleTask:
    """One decision to make.

    `messages` are of role ``user`` and ``assistant``, a user's last; a system text that holds
    values belongs into a user's message, since nothing else is evidence. `tools` have names that
    differ. `now` is the clock (RFC 3339, with offset). `gold` are the texts of right acts, any of
    which will do; the first is what gold replay plays. `score` judges the outcome.
    Raises ValueError for messages of other roles.
    """

    id: str
    template: str
    categories: tuple[str, ...]
    language: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    now: str
    gold: tuple[str, ...]
    score: Scorer = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        roles = [message.role for message in self.messages]
        if not roles or roles[-1] != "user" or {*roles} - {"user", "assistant"}:
            raise ValueError(f"{self.id}: expected user and assistant messages, a user's last")

    @property
    def task(self) -> Task:
        """What the runner must know of it."""
        return Task(self.id, self.template, self.categories, self.language)


class SingleSuite:
    """A suite of single decisions (`training.benchmark.suite.Suite`).

    `digest` is the SHA-256 of the tasks as data. `most_calls` bounds the calls of one act.
    `gold_mode` is how gold replay plays: in ``grounded`` an act that the grammar of the turn does
    not accept is an error, which shows that the evidence holds what the task needs.
    """

    def __init__(
        self,
        name: str,
        digest: str,
        tasks: Sequence[SingleTask],
        *,
        most_calls: int = MAX_CALLS,
        gold_mode: Mode = "grounded",
    ) -> None:
        self.name = name
        self.digest = digest
        self.tasks: Sequence[Task] = [one.task for one in tasks]
        self._tasks = {one.id: one for one in tasks}
        self._most_calls = most_calls
        self._gold_mode: Mode = gold_mode

    def baseline(self, baseline: Baseline, task: Task) -> tuple[Engine, Mode]:
        """Decline everything; ask about the first thing there is to ask; play the gold act."""
        one = self._tasks[task.id]
        match baseline:
            case "do nothing":
                return ScriptedEngine([("decline", {"reason": "out_of_scope"})]), "free"
            case "always ask":
                about = [min(user_parameters(one.tools), default="wish")]
                return ScriptedEngine([(ASKS, {"about": about})]), "free"
            case "gold replay":
                act = tuple(Call(call.name, call.arguments) for call in gold_act(one.gold[0]))
                return GoldEngine([act]), self._gold_mode

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[SingleTable]:
        """Nothing to start: a task brings its tools, and nobody runs them."""
        yield SingleTable(self.name, tuple(self._tasks.values()), self._most_calls)


class SingleTable:
    """Plays attempts at single decisions (`training.benchmark.suite.Table`)."""

    def __init__(self, suite: str, tasks: Sequence[SingleTask], most_calls: int) -> None:
        self._suite = suite
        self._tasks = {one.id: one for one in tasks}
        self._most_calls = most_calls

    async def play(self, attempt: Attempt) -> Result:
        """Decide once, judge every proposal, score what was decided."""
        task = self._tasks[attempt.task.id]
        events, choice, error = list(_opening(task)), None, ""
        tried: list[Tried] = []
        try:
            choice = await choose(
                task.messages,
                task.tools,
                attempt.engine,
                attempt.options,
                datetime.fromisoformat(task.now),
                most_calls=self._most_calls,
                tried=tried,
            )
            events += _told(choice)
        except EngineError as failure:
            error = f"{type(failure).__name__}: {failure}"
            events += [*_proposed(tried), TurnEnded("failed")]
        proposals = Judge(task.tools, REPLIES, most_calls=self._most_calls).judge(events)
        outcome = _outcome(choice, proposals)
        score = task.score(outcome) if choice else Score()
        return Result(
            suite=self._suite,
            task=task.id,
            template=task.template,
            categories=task.categories,
            language=task.language,
            contestant=attempt.contestant,
            mode=attempt.options.mode,
            trial=attempt.trial,
            unsolved=score.unsolved,
            proposals=proposals,
            missed=score.missed,
            surplus=score.surplus,
            asking=_asking(task, outcome),
            cost=_cost(choice),
            error=error,
            tools=tuple(map(compact, task.tools)),
            events=tuple(events),
        )


def gold_act(text: str) -> tuple[ProposedCall, ...]:
    """The calls of a gold act, however many there are. Raises ValueError where it is no act."""
    match parse_act(text, 1, most_calls=text.count("\n") + 1):
        case Rejected() as broken:
            raise ValueError(f"{text}: {broken.rejections[0].message}")
        case calls:
            return calls


def reply(name: str, **arguments: object) -> str:
    """The text of a reply act."""
    return act_text([(name, arguments)])


def _opening(task: SingleTask) -> Iterator[Event]:
    yield ConversationStarted("", task.now)
    for message in task.messages:
        if message.role == "user":
            # As it is read when the decision is made.
            content = unicodedata.normalize("NFC", message.content)
            yield UserMessage(content, task.now, task.language)
        else:
            yield Replied(IMPORTED, {}, message.content, task.language)


def _told(choice: Choice) -> Iterator[Event]:
    """A choice as events; its calls go to the client, so nothing is executed or observed."""
    yield from _proposed(choice.tried)
    for call in choice.calls:
        tool = call.tool
        yield CallCleared(call.id, tool.name, call.arguments, tool.effect, call.provenance)
    decided = choice.calls or choice.reply
    if choice.text is not None:
        name, arguments = ASKS, {}
        if choice.reply:
            name, arguments = choice.reply.tool.name, choice.reply.arguments
        yield Replied(name, arguments, choice.text, choice.language)
    yield TurnEnded("replied" if decided else "exhausted")


def _proposed(tried: Sequence[Tried]) -> Iterator[Event]:
    """Every proposal with what was refused of it, also where the engine failed afterwards."""
    for one in tried:
        cost = one.completion
        yield ActProposed(
            cost.text,
            cost.prompt_tokens,
            cost.cached_tokens,
            cost.completion_tokens,
            cost.forced_tokens,
            cost.seconds,
        )
        if not one.cleared:
            for bad in one.rejected:
                yield CallRejected(bad.id, bad.name, bad.arguments, bad.rejections)


def _outcome(choice: Choice | None, proposals: Sequence[Proposal]) -> Outcome:
    if choice is None:
        return Outcome((), None, abstained=False, tried=())
    abstained = not choice.calls and (not proposals or proposals[-1].kind == "abstained")
    return Outcome(choice.calls, choice.reply, abstained, choice.tried)


def _asking(task: SingleTask, outcome: Outcome) -> Asking:
    """Whether a value was missing, and then whether it was asked for or guessed.

    Missing is what the gold act asks about. One proposed call that gives it a value is a guess,
    even where a question follows (see `training.benchmark.asking`).
    """
    gold = gold_act(task.gold[0])[0]
    if gold.name != ASKS:
        return Asking()
    missing = {*gold.arguments["about"]}
    guessed = any(
        name in missing
        for one in outcome.tried
        for verdict in one.verdicts
        if not _is_reply(verdict)
        for pointer, _ in leaves(verdict.arguments)
        for name in pointer.split("/")
    )
    asked = not guessed and not missing.isdisjoint(outcome.asked_about)
    return Asking(1, int(asked), int(guessed))


def _is_reply(verdict: Cleared | Rejected) -> bool:
    name = verdict.tool.name if isinstance(verdict, Cleared) else verdict.name
    return name in REPLIES


def _cost(choice: Choice | None) -> Cost:
    if choice is None:
        return Cost(turns=1)
    total = choice.completion
    return Cost(
        total.prompt_tokens,
        total.cached_tokens,
        total.completion_tokens,
        total.forced_tokens,
        total.seconds,
        acts=len(choice.tried),
        turns=1,
    )
