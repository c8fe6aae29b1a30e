"""`/v1/chat/completions` and `/v1/models`."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse

from agent.engines.base import Message
from service.completions.client_tools import ClientTool, client_tools, engine_messages
from service.completions.transcripts import Exchange, Transcript, say
from service.completions.wire import (
    MODEL,
    Answer,
    ChatCompletion,
    ChatRequest,
    Chunks,
    FunctionCall,
    ModelCard,
    ModelList,
    NamedChoice,
    ToolCall,
    Usage,
    completion,
)
from service.problems import Problem, documented, invalid, openai_error, problem_of
from service.runtime import CallerDep, Runtime, RuntimeDep
from service.schemas import MESSAGE_CHARACTERS
from service.security import Caller
from service.streams import kept_alive
from tools.errors import CallsignError
from tools.spec import ToolSpec

router = APIRouter(prefix="/v1", tags=["OpenAI"])

_GENERAL = ("unauthorized", "rate_limited", "internal_error", "not_ready", "store_unavailable")
Sandbox = Annotated[
    str,
    Header(
        alias="X-Sandbox",
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="The world that the agent's calls go to.",
    ),
]
Retries = Annotated[
    int,
    Header(
        alias="X-Stainless-Retry-Count",
        ge=0,
        description="How often this very request was sent before, as OpenAI's clients say it: "
        "one that was answered already is not said again.",
    ),
]
_MOST_CHARACTERS = 100_000
Pending = Callable[[], Awaitable[Answer]]


@router.get("/models", operation_id="list_models", responses=documented(*_GENERAL))
async def list_models(runtime: RuntimeDep, _: CallerDep) -> ModelList:
    """The one model: the whole booking agent, or its decisions over a client's own tools."""
    return ModelList(data=[ModelCard(id=MODEL, created=runtime.started)])


@router.post(
    "/chat/completions",
    operation_id="create_chat_completion",
    response_model=ChatCompletion,
    responses={
        200: {
            "description": "The completion; with `stream` its chunks.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **documented(
            "bad_request", "not_found", "sandbox_not_found", "turn_in_progress",
            "payload_too_large", "validation_failed", "engine_failed", "engine_unavailable",
            "unavailable", *_GENERAL,
        ),
    },
)  # fmt: skip
async def create_chat_completion(
    runtime: RuntimeDep,
    caller: CallerDep,
    body: ChatRequest,
    sandbox: Sandbox = "default",
    retries: Retries = 0,
) -> Response:
    """Continue a chat.

    Without `tools` the whole agent answers: it searches, asks for approval in words, and books on
    a plain yes. With `tools` the same model decides over those, and the client runs them.
    """
    if body.model != MODEL:
        raise Problem("not_found", f"There is no model {body.model!r} here; ask for {MODEL!r}.")
    _check_lengths(body)
    if body.tools:
        pending = _over_client_tools(runtime, body, client_tools(body.tools))
        headers = None
    else:
        transcript, content = _transcript(caller, body, sandbox), _last_words(body)
        exchange = await say(runtime, transcript, content, again=retries > 0)
        pending = _over_the_agent(runtime, exchange)
        headers = {"X-Conversation-Id": exchange.conversation_id}
    if not body.stream:
        answer = completion(await pending())
        return Response(
            answer.model_dump_json(exclude_none=False),
            media_type="application/json",
            headers=headers,
        )
    include_usage = bool(body.stream_options and body.stream_options.include_usage)
    frames = _chunks(Chunks(include_usage=include_usage), pending)
    kept = kept_alive(frames, runtime.settings.keep_alive_seconds)
    return StreamingResponse(kept, media_type="text/event-stream", headers=headers)


async def _chunks(chunks: Chunks, pending: Pending) -> AsyncGenerator[bytes]:
    yield chunks.opening()
    try:
        rest = chunks.rest(await pending())
    except CallsignError as error:
        body: dict[str, Any] = {"error": openai_error(problem_of(error))}
        yield b"data: " + orjson.dumps(body) + b"\n\n"
        return
    for chunk in rest:
        yield chunk


def _check_lengths(body: ChatRequest) -> None:
    """Raise `Problem` for more than can be read while others wait."""
    for at, message in enumerate(body.messages):
        if message.role == "user" and len(message.text) > MESSAGE_CHARACTERS:
            pointer = f"/messages/{at}/content"
            raise invalid(pointer, f"expected at most {MESSAGE_CHARACTERS} characters")
    if sum(len(message.text) for message in body.messages) > _MOST_CHARACTERS:
        raise Problem(
            "payload_too_large",
            f"The chat is longer than {_MOST_CHARACTERS} characters; begin a new one.",
        )


def _transcript(caller: Caller, body: ChatRequest, sandbox: str) -> Transcript:
    earlier = engine_messages(body.messages[:-1])
    return Transcript(caller, body.user or "", sandbox, earlier)


def _last_words(body: ChatRequest) -> str:
    last = body.messages[-1]
    pointer = f"/messages/{len(body.messages) - 1}"
    if last.role != "user":
        raise invalid(f"{pointer}/role", "the last message must be the user's")
    if not last.text.strip():
        raise invalid(f"{pointer}/content", "expected some text")
    return last.text


def _over_the_agent(runtime: Runtime, exchange: Exchange) -> Pending:
    async def answer() -> Answer:
        view = await exchange.view(runtime)
        used = view["usage"]
        return Answer(
            content=view["reply"]["text"],
            usage=Usage.of(used["prompt_tokens"], used["completion_tokens"], used["cached_tokens"]),
            extra={"conversation_id": exchange.conversation_id, **view},
        )

    return answer


def _over_client_tools(
    runtime: Runtime, body: ChatRequest, tools: tuple[ClientTool, ...]
) -> Pending:
    offered, required = _offered(body, tools)
    messages: tuple[Message, ...] = engine_messages(body.messages, tools)
    known = {tool.spec.name: tool for tool in tools}

    async def answer() -> Answer:
        choice = await runtime.parts.agent.choose(messages, offered, required=required)
        cost = choice.completion
        made = choice.calls[:1] if body.parallel_tool_calls is False else choice.calls
        calls = [
            ToolCall(
                id=f"call_{uuid.uuid4().hex[:24]}",
                function=FunctionCall(
                    name=known[call.tool.name].name,
                    arguments=orjson.dumps(known[call.tool.name].told(call.arguments)).decode(),
                ),
            )
            for call in made
        ]
        return Answer(
            content=None if calls else choice.text or "",
            tool_calls=calls or None,
            usage=Usage.of(cost.prompt_tokens, cost.completion_tokens, cost.cached_tokens),
        )

    return answer


def _offered(body: ChatRequest, tools: tuple[ClientTool, ...]) -> tuple[tuple[ToolSpec, ...], bool]:
    """The tools that `tool_choice` leaves, and whether one of them must be called."""
    specs = tuple(tool.spec for tool in tools)
    match body.tool_choice:
        case "none":
            return (), False
        case "required":
            return specs, True
        case NamedChoice(function=function):
            named = tuple(tool.spec for tool in tools if tool.name == function.name)
            if not named:
                raise invalid("/tool_choice/function/name", "expected the name of one of `tools`")
            return named, True
        case _:
            return specs, False
