"""One decision over tools that a client brought: proposed and cleared, executed by the client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson

from agent.acts import is_reply, parse_act, reply_acts
from agent.calls import Cleared, Rejected
from agent.clearance import Policy, clear_act
from agent.engines.base import Completion, Engine, Message
from agent.evidence.facts import Evidence, UserText
from agent.evidence.reader import Reader
from agent.grammar import ActGrammar
from agent.options import Options
from agent.prompt import rejection_message, system_message, user_message
from agent.reply.renderer import Renderer
from tools.spec import ToolSpec

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


async def choose(
    messages: Sequence[Message],
    tools: Sequence[ToolSpec],
    engine: Engine,
    options: Options,
    now: datetime,
    *,
    required: bool = False,
) -> tuple[tuple[Cleared, ...], str | None, Completion]:
    """Cleared calls for the client to run, or the text of a reply.

    Messages of role ``tool`` hold a result as JSON; ``assistant`` ones the acts or texts so far.
    With `required` no reply is offered. A client runs its own writes, so nothing here waits for
    an approval. When nothing can be called, or no proposal is cleared within the bounded tries,
    the text says so.
    """
    reader = Reader(tools)
    replies = () if required else ("ask_user", "decline")
    acts = (*tools, *(act for act in reply_acts(tools) if act.name in replies))
    by_name = {act.name: act for act in acts}
    prompt, evidence, language = _read(messages, reader, now)
    prompt.insert(0, system_message(acts))
    completion = Completion("")
    grammars = ActGrammar(acts)
    for _ in range(options.max_rejections + 1):
        grammar = grammars.lark(evidence, now, options.mode)
        if grammar == "":
            break
        completion = await engine.propose(prompt, grammar, options.sampling)
        act = parse_act(completion.text, first_id=1)
        proposed = () if isinstance(act, Rejected) else act
        verdicts = clear_act(proposed, by_name, evidence, Policy(now))
        cleared = tuple(verdict for verdict in verdicts if isinstance(verdict, Cleared))
        if cleared and len(cleared) == len(verdicts):
            if not is_reply(cleared[0].tool):
                return cleared, None, completion
            return (), _text(cleared[0], language), completion
        rejected = [act] if isinstance(act, Rejected) else verdicts
        prompt.append(Message("assistant", completion.text))
        prompt += [
            rejection_message(one.id, one.name, one.rejections)
            for one in rejected
            if isinstance(one, Rejected)
        ]
    return (), Renderer(language).exhausted(), completion


def _read(
    messages: Sequence[Message], reader: Reader, now: datetime
) -> tuple[list[Message], Evidence, str]:
    """The prompt, the evidence and the language of a client's messages."""
    prompt: list[Message] = []
    evidence = Evidence()
    language = "en"
    for number, message in enumerate(messages, 1):
        if message.role == "user":
            ref = f"m{number}"
            reading = reader.read_message(message.content, ref, now, evidence)
            evidence = evidence.plus(reading.facts, UserText(ref, message.content))
            language = reading.language or language
            prompt.append(user_message(message.content, reading.facts, now))
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
