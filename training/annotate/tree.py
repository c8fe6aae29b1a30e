"""The tree of a search: a node is a conversation with its world, an act makes a child of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent.conversation import Conversation
from agent.engines.base import Completion, Engine, Message, Sampling
from agent.events import CallObserved, ConversationStarted, Event, TurnEnded
from agent.evidence.language import detect
from agent.evidence.tokens import cut
from agent.offer import offer
from agent.options import Options
from agent.speak import Speaker
from agent.state import State
from agent.store import ConversationSummary
from agent.turn import Desk, Turn
from tools.catalog import Catalog
from tools.executor import Executor
from training.annotate.ground import Ground
from training.annotate.hands import Hands, Ledger
from training.annotate.proposing import Deed
from training.annotate.verdicts import Trouble, troubles
from training.scenarios.scenario import Scenario
from training.scenarios.user import Decide, Say, heard, next_step
from training.worlds import NOW

_DECIDED = Options(mode="free")
"""Acts come decided, under whatever grammar their proposer used; clearance judges them."""
SANDBOX = "default"
"""What logs of the dataset call their world: its real name would differ from run to run."""


@dataclass(frozen=True, slots=True)
class Node:
    """A conversation where the model has to act next, or, with `over`, at its end.

    `said` are the lines of the scenario that were said, `path` the acts that led here.
    """

    state: State
    log: tuple[Event, ...]
    ground: Ground
    said: frozenset[int] = frozenset()
    path: tuple[Deed, ...] = ()
    over: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """An act that was played at a node: the child, the events that are new in it, what failed."""

    node: Node
    events: tuple[Event, ...]
    troubles: tuple[Trouble, ...]


class Grower:
    """Plays acts in the conversation of one scenario, and what the person says after them."""

    def __init__(
        self, key: str, scenario: Scenario, catalog: Catalog, speaker: Speaker, ledger: Ledger
    ) -> None:
        """`key` names the conversation; idempotency keys are made from it."""
        self.scenario = scenario
        self.offer = offer(catalog)
        self.ledger = ledger
        self._key = key
        self._catalog = catalog
        self._speaker = speaker

    async def root(self, ground: Ground) -> Node:
        """The conversation after the person's first message."""
        conversation = self._conversation(State(), ())
        await conversation.append(ConversationStarted(SANDBOX, NOW))
        return await self._go_on(conversation, Node(State(), (), ground), Completion(""))

    async def play(self, node: Node, completion: Completion) -> Step:
        """One act through the agent's own turn, and then the person until it is its turn again."""
        conversation = self._conversation(node.state, node.log)
        turn = Turn(conversation, self._at_desk(node.ground, _Dictated(completion)))
        if await turn.step():
            child = await self._go_on(conversation, node, completion)
        else:
            child = self._child(conversation, node, node.ground)
        new = child.log[len(node.log) :]
        writes = frozenset(call.id for call in child.state.calls.values() if call.effect == "write")
        failed = troubles(new, writes)
        left = any(isinstance(event, CallObserved) for event in new)
        deed = Deed(completion.text, not failed, left)
        return Step(replace(child, path=(*node.path, deed)), new, failed)

    async def _go_on(self, conversation: Conversation, node: Node, completion: Completion) -> Node:
        """Let the person say and decide until the model has to act, or nothing is left."""
        said, ground = node.said, node.ground
        hands = Hands(ground, self.ledger)
        desk = self._desk_of(hands, _Dictated(completion))
        while True:
            step = next_step(self.scenario, said, heard(conversation.log))
            if step is None:
                return replace(self._child(conversation, node, hands.ground), said=said, over=True)
            if hands.ground is ground and (apis := self._to_be_written(conversation.state)):
                hands.ground = await ground.fork(apis)
            person = _Person(conversation, desk)
            match step:
                case Say(text, lines):
                    said |= set(lines)
                    language = detect(text, cut(text)) or conversation.state.language
                    await person.message(text, language, datetime.fromisoformat(NOW))
                case Decide(decision):
                    await person.decide(decision, datetime.fromisoformat(NOW))
            if not isinstance(conversation.log[-1], TurnEnded):
                return replace(self._child(conversation, node, hands.ground), said=said)

    def _to_be_written(self, state: State) -> frozenset[str]:
        """The APIs whose worlds a yes to the pending approval would change."""
        if state.pending is None or self.scenario.decision == "decline":
            return frozenset()
        calls = (state.calls[call_id] for call_id in state.pending.call_ids)
        return frozenset(self.offer.by_name[call.name].api for call in calls)

    def _child(self, conversation: Conversation, node: Node, ground: Ground) -> Node:
        return replace(node, state=conversation.state, log=tuple(conversation.log), ground=ground)

    def _conversation(self, state: State, log: Sequence[Event]) -> Conversation:
        conversation = Conversation(self._key, _NOWHERE, self.offer.fold)
        conversation.state, conversation.log = state, list(log)
        return conversation

    def _at_desk(self, ground: Ground, engine: Engine) -> Desk:
        return self._desk_of(Hands(ground, self.ledger), engine)

    def _desk_of(self, executor: Executor, engine: Engine) -> Desk:
        return Desk(self._catalog, engine, executor, self._speaker, _DECIDED)


class _Person(Turn):
    """A turn that ends where the model would begin."""

    async def _acts(self) -> None:
        """The search proposes the next act, not this turn."""


class _Dictated:
    """An engine that says what the search has decided."""

    name = "dictated"

    def __init__(self, completion: Completion) -> None:
        self._completion = completion

    async def propose(
        self, prompt: Sequence[Message], grammar: str | None, sampling: Sampling
    ) -> Completion:
        return self._completion

    async def aclose(self) -> None:
        """Nothing to release."""


class _Nowhere:
    """A store that keeps nothing: a branch lives in its node."""

    async def append(self, conversation_id: str, position: int, events: Sequence[Event]) -> None:
        """Nothing is kept."""

    async def load(self, conversation_id: str) -> Sequence[Event]:
        return ()

    async def conversations(
        self, limit: int, cursor: str | None
    ) -> tuple[Sequence[ConversationSummary], str | None]:
        return (), None

    async def delete(self, conversation_id: str) -> None:
        """There is nothing."""

    async def unfinished(self) -> Sequence[str]:
        return ()

    async def aclose(self) -> None:
        """Nothing to release."""


_NOWHERE = _Nowhere()
