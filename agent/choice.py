"""One decision over tools that a client brought: proposed and cleared, executed by the client."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from agent.acts import MAX_CALLS, is_reply, parse_act, reply_acts
from agent.calls import Cleared, Rejected
from agent.clearance import Policy, clear_act
from agent.engines.base import Completion, Engine, Message
from agent.evidence.facts import Evidence, UserText
from agent.evidence.reader import Reader
from agent.grammar import ActGrammar
from agent.options import Options
from agent.prompt import rejection_message, system_message, user_message
from agent.refusals import Refused, refused_act
from agent.reply.renderer import Renderer
from tools.spec import ToolSpec

REPLIES = ("ask_user", "decline")
"""The replies on offer beside a client's tools: what was executed, only the client knows."""

_ANY_RESULT = ToolSpec(
    name="",
    description="",
    api="",
    method="",
    path="",
    effect="read",
    parameters={},
    locations={},
    wire_names={},
    rules={},
)
"""A client sends results without saying which call they answer, so without a schema."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One proposal: what was decoded, and the verdict on each of its calls.

    A text that is no act has one verdict, a `malformed` rejection.
    """

    completion: Completion
    verdicts: tuple[Cleared | Rejected, ...]

    @property
    def cleared(self) -> tuple[Cleared, ...]:
        """The calls of the act where all of them may run; else none."""
        kept = tuple(one for one in self.verdicts if isinstance(one, Cleared))
        return kept if len(kept) == len(self.verdicts) else ()

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """The calls that may not run."""
        return tuple(one for one in self.verdicts if isinstance(one, Rejected))


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided, and every proposal on the way to it, in order.

    `text` stands where no call is to be made: the reply's, or that nothing could be decided.
    """

    calls: tuple[Cleared, ...]
    reply: Cleared | None
    text: str | None
    language: str
    tried: tuple[Tried, ...]

    @property
    def completion(self) -> Completion:
        """The newest text that was decoded, at the cost of all of them."""
        costs = [one.completion for one in self.tried]
        return Completion(
            costs[-1].text if costs else "",
            sum(cost.prompt_tokens for cost in costs),
            sum(cost.cached_tokens for cost in costs),
            sum(cost.completion_tokens for cost in costs),
            sum(cost.forced_tokens for cost in costs),
            sum(cost.seconds for cost in costs),
        )


async def choose(
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    engine: Engine,
    options: Options,
    now: datetime,
    *,
    required: bool = False,
    most_calls: int = MAX_CALLS,
    tried: list[Tried] | None = None,
) -> Choice:
    """Cleared calls for the client to run, or the text of a reply.

    Messages of role ``tool`` hold a result as JSON; ``assistant`` ones the acts or texts so far.
    With `required` no reply is offered; an act holds at most `most_calls` calls. A client runs its
    own writes, so nothing here waits for an approval. When nothing can be called, when no proposal
    is cleared within the bounded tries or one is made up again after its refusal, the text says
    so.
    Proposals are also put into `tried`, where they are seen even if the engine fails on a later
    one. Raises `EngineError`.
    """
    replies = () if required else REPLIES
    acts = (*tools, *(act for act in reply_acts(tools) if act.name in replies))
    by_name = {act.name: act for act in acts}
    prompt, evidence, language = _read(messages, Reader(tools), now)
    prompt.insert(0, system_message(acts))
    grammar = ActGrammar(acts, most_calls).lark(evidence, now, options.mode)
    tried = [] if tried is None else tried
    first_id = 1
    before: Refused | None = None
    while grammar != "" and len(tried) <= options.max_rejections:
        sampling = options.sampling.of_act(len(tried))
        completion = await engine.propose(tuple(prompt), grammar, sampling)
        act = parse_act(completion.text, first_id, most_calls)
        verdicts = (
            [act] if isinstance(act, Rejected) else clear_act(act, by_name, evidence, Policy(now))
        )
        one = Tried(completion, tuple(verdicts))
        tried.append(one)
        if one.cleared:
            return _decided(one.cleared, language, tuple(tried))
        refused = refused_act(completion.text, one.rejected)
        if refused.is_again(before):
            break
        before = refused
        prompt += [rejection_message(bad.id, bad.name, bad.rejections) for bad in one.rejected]
        # Calls keep their own numbers, as in a conversation (`State.next_call`).
        first_id = int(one.rejected[-1].id.removeprefix("c")) + 1
    return Choice((), None, Renderer(language).exhausted(), language, tuple(tried))


def _decided(cleared: tuple[Cleared, ...], language: str, tried: tuple[Tried, ...]) -> Choice:
    if not is_reply(cleared[0].tool):
        return Choice(cleared, None, None, language, tried)
    reply = cleared[0]
    return Choice((), reply, _text(reply, language), language, tried)


def _read(
    messages: Sequence[Message], reader: Reader, now: datetime
) -> tuple[list[Message], Evidence, str]:
    """The prompt, the evidence and the language of a client's messages."""
    prompt: list[Message] = []
    evidence = Evidence()
    language = "en"
    for number, message in enumerate(messages, 1):
        if message.role == "user":
            ref, content = f"m{number}", unicodedata.normalize("NFC", message.content)
            reading = reader.read_message(content, ref, now, evidence)
            evidence = evidence.plus(reading.facts, UserText(ref, content))
            language = reading.language or language
            prompt.append(user_message(content, reading.facts, now))
        else:
            prompt.append(message)
            if message.role == "tool":
                body = _json(message.content)
                evidence = evidence.plus(reader.read_result(_ANY_RESULT, body, f"c{number}"))
    return prompt, evidence, language


def _json(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _text(call: Cleared, language: str) -> str:
    renderer = Renderer(language)
    if call.tool.name == "ask_user":
        return renderer.ask(call.arguments["about"])
    return renderer.decline(call.arguments["reason"])
