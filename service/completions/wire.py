"""The shapes of OpenAI's chat completions API, as far as they are used here."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

MODEL = "callsign"
DONE = b"data: [DONE]\n\n"

FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Open(BaseModel):
    """Clients send many members that do not matter here (temperature, seed, …)."""

    model_config = ConfigDict(extra="allow")


class TextPart(_Open):
    """A piece of a message. Only text is read here."""

    type: Literal["text"]
    text: str


class FunctionCall(_Open):
    """A call that the assistant made; `arguments` is JSON text."""

    name: FunctionName
    arguments: str


class ToolCall(_Open):
    """A tool call of an earlier assistant message."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class ChatMessage(_Open):
    """One message of a chat."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None
    tool_calls: list[ToolCall] | None = None

    @property
    def text(self) -> str:
        """The content as one text."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "\n".join(part.text for part in self.content)


class Function(_Open):
    """A function that the client can run; `parameters` is its JSON Schema."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(_Open):
    """A tool of the client."""

    type: Literal["function"]
    function: Function


class NamedFunction(_Open):
    """The name of a function."""

    name: FunctionName


class NamedChoice(_Open):
    """The one function that must be called."""

    type: Literal["function"]
    function: NamedFunction


class StreamOptions(_Open):
    """What a stream carries beside the text."""

    include_usage: bool = False


class ChatRequest(_Open):
    """A chat to be continued. Members that are not listed are ignored."""

    model: str = Field(max_length=200, examples=[MODEL])
    messages: list[ChatMessage] = Field(min_length=1, max_length=1000)
    tools: list[Tool] | None = Field(default=None, max_length=128)
    tool_choice: Literal["none", "auto", "required"] | NamedChoice | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    user: str | None = Field(default=None, max_length=200)

    @model_validator(mode="before")
    @classmethod
    def _is_writable(cls, value: object) -> object:
        """Refuse half characters and numbers of more than 64 bits, which no log could hold."""
        try:
            orjson.dumps(value)
        except TypeError as error:
            raise ValueError(f"it holds what JSON in UTF-8 cannot: {error}") from error
        return value


class ResponseMessage(BaseModel):
    """What the assistant says, or the calls that it wants made."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    tool_calls: list[ToolCall] | None = None
    refusal: None = None


class ResponseChoice(BaseModel):
    """The one choice."""

    index: int = 0
    message: ResponseMessage
    finish_reason: Literal["stop", "tool_calls"]
    logprobs: None = None


class CachedTokens(BaseModel):
    """Prompt tokens that were not computed again."""

    cached_tokens: int


class Usage(BaseModel):
    """What it cost."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: CachedTokens

    @classmethod
    def of(cls, prompt: int, completion: int, cached: int) -> Usage:
        """Usage from its three counts."""
        details = CachedTokens(cached_tokens=cached)
        return cls(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=prompt + completion,
            prompt_tokens_details=details,
        )


class Answer(BaseModel):
    """What a request came to, before it is written as one response or as a stream."""

    content: str | None
    tool_calls: list[ToolCall] | None = None
    usage: Usage
    extra: dict[str, Any] | None = None

    @property
    def finish_reason(self) -> Literal["stop", "tool_calls"]:
        """Why the text ends."""
        return "tool_calls" if self.tool_calls else "stop"


class ChatCompletion(BaseModel):
    """A chat completion. `callsign` holds the whole turn, where the agent answered."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ResponseChoice]
    usage: Usage
    callsign: dict[str, Any] | None = None


class ModelCard(BaseModel):
    """A model that can be asked."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "callsign"


class ModelList(BaseModel):
    """The models that can be asked."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


def completion(answer: Answer) -> ChatCompletion:
    """The answer as one response."""
    message = ResponseMessage(content=answer.content, tool_calls=answer.tool_calls)
    choice = ResponseChoice(message=message, finish_reason=answer.finish_reason)
    return ChatCompletion(
        id=_new_id(),
        created=int(time.time()),
        model=MODEL,
        choices=[choice],
        usage=answer.usage,
        callsign=answer.extra,
    )


class Chunks:
    """Writes the chunks of one streamed completion."""

    def __init__(self, *, include_usage: bool) -> None:
        self._head = {
            "id": _new_id(),
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": MODEL,
        }
        self._include_usage = include_usage

    def opening(self) -> bytes:
        """The chunk that says who speaks; sent before there is anything to say."""
        return self._chunk([self._choice({"role": "assistant", "content": ""})])

    def rest(self, answer: Answer) -> Sequence[bytes]:
        """Everything after it."""
        chunks: list[bytes] = []
        if answer.content:
            chunks.append(self._chunk([self._choice({"content": answer.content})]))
        if answer.tool_calls:
            calls = [
                {"index": index, **call.model_dump()}
                for index, call in enumerate(answer.tool_calls)
            ]
            chunks.append(self._chunk([self._choice({"tool_calls": calls})]))
        chunks.append(self._chunk([self._choice({}, answer.finish_reason)]))
        if self._include_usage:
            chunks.append(self._chunk([], usage=answer.usage.model_dump()))
        return [*chunks, DONE]

    def _choice(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        return {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}

    def _chunk(self, choices: list[dict[str, Any]], **members: Any) -> bytes:
        if self._include_usage:
            members.setdefault("usage", None)
        return b"data: " + orjson.dumps({**self._head, "choices": choices, **members}) + b"\n\n"


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"
