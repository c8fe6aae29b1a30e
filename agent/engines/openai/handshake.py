"""What is asked of a server before it decides anything."""

from __future__ import annotations

from secrets import token_hex

import orjson

from agent.engines.base import Engine, Message, Sampling
from agent.engines.openai.connection import Connection
from agent.json_values import is_array, is_object
from tools.errors import EngineRefused

_START_VLLM = (
    "start vLLM with callsign model serve, or with --structured-outputs-config "
    """'{"backend": "guidance"}'; or go without grammars: --mode free"""
)


async def check_model(connection: Connection) -> int | None:
    """How many tokens a prompt and its act may have together; None where the server tells nothing.

    Raises `EngineRefused` where it lists its models and ours is not among them.
    """
    answer = await connection.ask(f"{connection.url}/models")
    listed = answer.get("data") if is_object(answer) else None
    served = {one.get("id"): one for one in listed if is_object(one)} if is_array(listed) else {}
    if served and connection.model not in served:
        raise EngineRefused(
            f"{connection.url} serves no {connection.model!r}; name one of its models with "
            f"--model: {', '.join(map(str, served))}"
        )
    limit = served.get(connection.model, {}).get("max_model_len")
    return limit if isinstance(limit, int) else None


async def check_grammars(engine: Engine) -> None:
    """Raise `EngineRefused` unless the server holds a model to a grammar of ours.

    Servers ignore fields that they do not know, and a model may well answer as a grammar wants it
    by itself. So the grammar asks for a word that was made up this moment, in the dialect that our
    grammars need (``%json`` is llguidance's): nothing else can make it come back.
    """
    word = orjson.dumps(token_hex(8)).decode()
    grammar = f'start: %json {{"const": {word}}}'
    prompt = [Message("user", "Say hello.")]
    try:
        said = (await engine.propose(prompt, grammar, Sampling(max_tokens=40))).text
    except EngineRefused as error:
        raise EngineRefused(
            f"the server of {engine.name} takes no grammar of ours ({error}): {_START_VLLM}"
        ) from error
    if said != word:
        raise EngineRefused(
            f"the server of {engine.name} ignores grammars: it was held to {word} and said "
            f"{said[:40]!r}: {_START_VLLM}"
        )
