"""The way of one call: propose, clear, approve, execute, observe, reply. Read top to bottom.

The model decides each act; nothing here decides for it. Everything that happens becomes an event
before it has an effect outside, so that any stop can be resumed from the log.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from agent.acts import is_reply, parse_act
from agent.approval import Quoted, approval_request
from agent.calls import Cleared, ProposedCall, Rejected
from agent.clearance import Policy, clear, clear_act, signature
from agent.conversation import Conversation
from agent.engines.base import Engine, MeasuresPrompts, Message
from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    Event,
    PlanMade,
    PlanStep,
    TurnEnded,
    UserMessage,
    WriteIntended,
)
from agent.limits import limits_of
from agent.noting import (
    cleared_event,
    not_sent,
    observed_event,
    rejected_event,
    unpriced_event,
)
from agent.offer import offer
from agent.options import Options
from agent.refusals import Refused, refused_act
from agent.reply.consent import consent
from agent.reply.renderer import Renderer
from agent.speak import Speaker
from agent.state import ASKED_AGAIN, CallState, State, objects_with, unfinished_writes
from agent.writes import execute_write
from tools.catalog import Catalog
from tools.errors import PromptTooLong
from tools.executor import Executor
from tools.outcome import Failure, Outcome, Success, Unknown

_LEAST_ROOM = 256
"""Tokens that an act and what comes of it need at least."""


class Desk:
    """What every turn works with: the tools, the engine, the executor and the speaker."""

    def __init__(
        self,
        catalog: Catalog,
        engine: Engine,
        executor: Executor,
        speaker: Speaker,
        options: Options,
    ) -> None:
        self.catalog = catalog
        self.engine = engine
        self.executor = executor
        self.speaker = speaker
        self.options = options
        offered = offer(catalog)
        self.by_name = offered.by_name
        self.grammar = offered.grammar
        self.opening = (offered.opening, *options.demonstrations)


class Turn:
    """One turn of one conversation. Run exactly one of `message`, `decide` or `resume`."""

    def __init__(self, conversation: Conversation, desk: Desk) -> None:
        self._conversation = conversation
        self._desk = desk
        self._rejections = 0
        self._refused: Refused | None = None
        self._may_send = True

    @property
    def _state(self) -> State:
        return self._conversation.state

    # -- what starts a turn ---------------------------------------------------------------------

    async def message(self, content: str, language: str, now: datetime) -> None:
        """The user wrote: a plain yes or no to a pending approval, or words for the model."""
        pending = self._state.pending
        opening = UserMessage(unicodedata.normalize("NFC", content), now.isoformat(), language)
        await self._check_room(opening)
        if self._state.intended:
            # The person was told that it is not sent again; only its outcome is looked up.
            await self._append(opening)
            return await self.follow_up(may_send=False)
        asked = self._state.asked
        answer = consent(content, cancelling=self._cancelling()) if pending else None
        if pending and is_expired(pending, now):
            await self._append(opening, ApprovalVoided(pending.approval_id, "expired"))
        else:
            await self._append(opening)
            if pending and answer and asked:
                return await self.decide(answer, now)
            if pending and answer:
                # Something else was said since: the "yes" may be meant for that.
                return await self._say(ASKED_AGAIN, pending.summary)
        return await self._acts()

    async def _check_room(self, said: UserMessage) -> None:
        """Raise `PromptTooLong` before a message is kept that no answer could follow."""
        engine = self._desk.engine
        if isinstance(engine, MeasuresPrompts):
            prompt = (*self._desk.opening, *self._state.prompt, Message("user", said.content))
            if await engine.room(prompt) < _LEAST_ROOM:
                raise PromptTooLong("no answer to it would fit the model")

    async def decide(self, decision: Literal["approve", "decline"], now: datetime) -> None:
        """The person answered the pending approval. An approval given too late is void."""
        pending = self._state.pending
        assert pending is not None
        if is_expired(pending, now):
            await self._append(ApprovalVoided(pending.approval_id, "expired"))
            return await self._say("expired", self._renderer.approval_expired())
        decided = ApprovalDecided(pending.approval_id, decision, now.isoformat())
        if decision == "decline":
            await self._append(decided)
            return await self._say("declined", self._renderer.declined_approval())
        # The decision and the first intent are one append: no crash can part them.
        first = self._state.calls[pending.call_ids[0]]
        await self._append(decided, self._intent(first))
        return await self.resume()

    async def resume(self) -> None:
        """Execute what is approved and not yet observed, in order, then let the model go on."""
        if await self._execute_writes():
            await self._acts()

    async def follow_up(self, *, may_send: bool) -> None:
        """Learn what became of a write that was left without an answer, then go on.

        Only with `may_send` one that did not take place is sent again under its own key, and those
        that were approved with it after it.
        """
        self._conversation.recovering, self._may_send = True, may_send
        await self.resume()

    async def fail(self) -> None:
        """End a turn that cannot go on; what its writes came to is told all the same."""
        told: list[Event] = []
        if self._state.unreported:
            text = self._renderer.broken()
            told.append(self._desk.speaker.spoken(self._state, "failed", {}, text))
        await self._append(*told, TurnEnded("failed"))

    # -- propose and clear ----------------------------------------------------------------------

    async def _acts(self) -> None:
        for _ in range(self._desk.options.max_acts):
            if await self.step():
                return
            if self._rejections >= self._desk.options.max_rejections:
                break
        await self._give_up()

    async def step(self) -> bool:
        """One act of the model, proposed, cleared and carried out. True when it ends the turn."""
        calls = await self._propose()
        if not calls:
            return False
        if is_reply(calls[0].tool):
            await self._reply(calls[0])
            return True
        if all(call.tool.effect == "read" for call in calls):
            await self._execute_reads(calls)
            return False
        if not await self._request_approval(calls):
            return False
        await self._append(TurnEnded("awaiting_approval"))
        return True

    async def _propose(self) -> list[Cleared] | None:
        """One act from the model, every call of it cleared; None when any was rejected."""
        state, desk = self._state, self._desk
        mode = desk.options.mode
        grammar = desk.grammar.lark(state.evidence, state.clock, mode, limits_of(state))
        prompt = (*desk.opening, *state.prompt)
        sampling = desk.options.sampling.of_act(state.position)
        completion = await desk.engine.propose(prompt, grammar, sampling)
        proposed = ActProposed(
            completion.text,
            completion.prompt_tokens,
            completion.cached_tokens,
            completion.completion_tokens,
            completion.forced_tokens,
            completion.seconds,
        )
        act = parse_act(completion.text, first_id=state.next_call)
        verdicts = self._judge(act)
        cleared = [verdict for verdict in verdicts if isinstance(verdict, Cleared)]
        if len(cleared) < len(verdicts):
            rejected = [verdict for verdict in verdicts if isinstance(verdict, Rejected)]
            self._count_refusal(refused_act(completion.text, rejected))
            await self._append(proposed, *map(rejected_event, rejected))
            return None
        tools = [call for call in cleared if not is_reply(call.tool)]
        plan = PlanMade(tuple(PlanStep(c.id, c.tool.name, c.tool.effect) for c in tools))
        events = [plan, *map(cleared_event, tools)] if tools else []
        await self._append(proposed, *events)
        return cleared

    def _count_refusal(self, refused: Refused) -> None:
        most = self._desk.options.max_rejections
        self._rejections = most if refused.is_again(self._refused) else self._rejections + 1
        self._refused = refused

    def _judge(self, act: Sequence[ProposedCall] | Rejected) -> list[Cleared | Rejected]:
        if isinstance(act, Rejected):
            return [act]
        state = self._state
        policy = Policy(state.clock, state.executed)
        return clear_act(act, self._desk.by_name, state.evidence, policy)

    # -- approve --------------------------------------------------------------------------------

    async def _request_approval(
        self, calls: Sequence[Cleared], instead_of: ApprovalRequested | None = None
    ) -> bool:
        """Read each write's price afresh and ask a person. False when a price cannot be read.

        `instead_of` is the approval whose price did not hold; the question names both prices.
        """
        reads = [call for call in calls if call.tool.effect == "read"]
        if reads:
            await self._execute_reads(reads)
        writes = [call for call in calls if call.tool.effect == "write"]
        quotes = [Quoted(c.id, c.tool, c.arguments, await self._subject(c)) for c in writes]
        if any(q.total is None for q in quotes if q.tool.approval is not None):
            self._rejections += 1
            await self._append(*map(unpriced_event, writes))
            return False
        state = self._state
        voided = [ApprovalVoided(state.pending.approval_id, "changed")] if state.pending else []
        summary = self._desk.speaker.approval(state, quotes, instead_of)
        request = approval_request(f"a{state.position}", quotes, summary)
        await self._append(*voided, request)
        return True

    async def _subject(self, write: Cleared) -> Any:
        """The thing a write acts on, read afresh where the document names a read for it."""
        spec = write.tool.approval
        if spec is None:
            return None
        member = spec.entity_argument.rsplit("/", 1)[-1]
        wanted = write.arguments.get(member)
        if spec.refresh is not None:
            read = ProposedCall(f"c{self._state.next_call}", spec.refresh, {member: wanted})
            verdict = clear(
                read, self._desk.by_name, self._state.evidence, Policy(self._state.clock)
            )
            if isinstance(verdict, Rejected):
                await self._append(rejected_event(verdict))
                return None
            await self._append(cleared_event(verdict))
            outcome = await self._execute_read(verdict)
            # An older object of that id may carry an older price.
            fresh = outcome.body if isinstance(outcome, Success) else None
            return next(objects_with(fresh, member, wanted), None)
        return self._state.newest_object(member, wanted)

    # -- execute and observe --------------------------------------------------------------------

    async def _execute_reads(self, calls: Sequence[Cleared]) -> None:
        """Run reads side by side; observe them in the order in which they were planned."""
        outcomes = await asyncio.gather(*map(self._send, calls))
        observed = [observed_event(call.id, out) for call, out in zip(calls, outcomes, strict=True)]
        await self._append(*observed)

    async def _execute_read(self, call: Cleared) -> Outcome:
        outcome = await self._send(call)
        await self._append(observed_event(call.id, outcome))
        return outcome

    async def _send(self, call: Cleared) -> Outcome:
        headers = {"X-Sandbox": self._state.sandbox}
        return await self._desk.executor.execute(call.tool, call.arguments, headers=headers)

    async def _execute_writes(self) -> bool:
        """Run the approved writes in order, each journalled before it leaves. False ends the turn.

        The first failure stops the rest: what stands and what does not is told to the user, and
        nothing further is done without being asked. A changed price asks again.
        """
        while writes := unfinished_writes(self._state):
            write = writes[0]
            # A write that may have left already is followed up, whatever has expired since.
            follows = self._conversation.recovering and self._state.intended is not None
            if not follows and not self._may_send:
                break
            rejected = None if follows else self._still_cleared(write)
            if rejected is not None:
                await self._append(observed_event(write.id, not_sent(rejected)))
                return await self._stop_writes(None)
            if self._state.intended is None:
                await self._append(self._intent(write))
            assert self._state.intended is not None
            outcome, read_back = await execute_write(
                self._desk.executor,
                self._desk.catalog,
                self._desk.catalog.get(write.name),
                write.arguments,
                headers={"X-Sandbox": self._state.sandbox},
                idempotency_key=self._state.intended.idempotency_key,
                sleep=self._desk.options.sleep,
                sent_before=self._conversation.recovering,
                may_send=self._may_send,
            )
            self._conversation.recovering = False
            if isinstance(outcome, Unknown):
                await self._say("unknown", self._renderer.unknown_outcome())
                return False
            goes_on = _ok(outcome) and len(writes) > 1 and self._may_send
            later = [self._intent(writes[1])] if goes_on else []
            await self._append(observed_event(write.id, outcome, read_back=read_back), *later)
            if isinstance(outcome, Failure):
                return await self._stop_writes(outcome)
        return True

    def _still_cleared(self, write: CallState) -> Rejected | None:
        """Clear an approved write once more, now against the approval, just before it leaves."""
        granted = self._state.granted
        assert granted is not None
        approved = frozenset(
            signature(self._desk.by_name[call.name], call.arguments)
            for call in map(self._state.calls.__getitem__, granted.call_ids)
        )
        policy = Policy(self._state.clock, self._state.writes_done, approved)
        call = ProposedCall(write.id, write.name, write.arguments)
        verdict = clear(call, self._desk.by_name, self._state.evidence, policy)
        return verdict if isinstance(verdict, Rejected) else None

    async def _stop_writes(self, failure: Failure | None) -> bool:
        """A write did not take place: ask again where only the price moved, else say so."""
        granted = self._state.granted
        assert granted is not None
        if failure is not None and failure.code == "price_changed":
            await self._append(ApprovalVoided(granted.approval_id, "price_changed"))
            return await self._ask_again(granted)
        await self._say("failed", "")
        return False

    async def _ask_again(self, granted: ApprovalRequested) -> bool:
        """Propose the writes that did not take place once more, at today's price."""
        state = self._state
        left = [state.calls[i] for i in granted.call_ids if state.calls[i].status != "executed"]
        first = state.next_call
        again = [ProposedCall(f"c{first + n}", c.name, c.arguments) for n, c in enumerate(left)]
        verdicts = self._judge(again)
        cleared = [verdict for verdict in verdicts if isinstance(verdict, Cleared)]
        await self._append(*map(cleared_event, cleared))
        all_cleared = len(cleared) == len(verdicts)
        if all_cleared and await self._request_approval(cleared, instead_of=granted):
            await self._append(TurnEnded("awaiting_approval"))
        else:
            await self._say("failed", self._renderer.failed({"code": "price_changed"}))
        return False

    def _intent(self, write: CallState) -> WriteIntended:
        return WriteIntended(write.id, f"{self._conversation.id}-{write.id}")

    # -- reply ----------------------------------------------------------------------------------

    async def _reply(self, call: Cleared) -> None:
        reply = self._desk.speaker.reply(self._state, call.tool.name, call.arguments)
        await self._append(reply, TurnEnded("replied"))

    async def _give_up(self) -> None:
        """The bounded tries ran out: ask for what is missing, or say that nothing was done."""
        state = self._state
        missing = self._desk.grammar.missing(state.evidence, state.clock)
        text = "" if state.unreported else self._renderer.exhausted()
        reply = self._desk.speaker.spoken(state, "ask_user", {"about": missing}, text)
        await self._append(reply, TurnEnded("exhausted"))

    async def _say(self, act: str, text: str) -> None:
        reply = self._desk.speaker.spoken(self._state, act, {}, text)
        await self._append(reply, TurnEnded("replied"))

    @property
    def _renderer(self) -> Renderer:
        return self._desk.speaker.renderer(self._state.language)

    def _cancelling(self) -> bool:
        """Whether the pending approval is for a cancellation, where "cancel it" is unclear."""
        pending = self._state.pending
        names = [self._state.calls[i].name for i in pending.call_ids] if pending else []
        return any("cancel" in name for name in names)

    async def _append(self, *events: Event) -> None:
        await self._conversation.append(*events)


def is_expired(approval: ApprovalRequested, now: datetime) -> bool:
    """Whether an approval can no longer be given or relied on."""
    expires_at = approval.expires_at
    return expires_at is not None and datetime.fromisoformat(expires_at) <= now


def _ok(outcome: Outcome) -> bool:
    return isinstance(outcome, Success)
