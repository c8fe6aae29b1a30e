"""What an answer is: the JSON object that was asked for, a broken one, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import jsonschema_rs
import orjson

from agent.json_values import is_object
from training.teacher.answers import Answer

Flaw = Literal["refused", "broken_json", "wrong_shape"]

_DECLINES = re.compile(
    r"\s*(?:i['’]?m (?:very )?sorry|sorry,|i apologi[sz]e|unfortunately,? i|i can(?:no|['’])t|"
    r"i(?:['’]m| am) (?:not able|unable)|i won['’]t|as an ai\b)",
    re.IGNORECASE,
)
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Unusable:
    """An answer that holds no object of the schema, and what to tell the teacher about it."""

    flaw: Flaw
    fault: str


def read(answer: Answer, schema: Mapping[str, Any]) -> Mapping[str, Any] | Unusable:
    """The object in an answer, if it fits the schema.

    Fences and words around the object are forgiven: servers without structured outputs write them.
    """
    if answer.refusal or answer.ended == "content_filter":
        said = answer.refusal or "the server's content filter ended the answer"
        return Unusable("refused", said[:_SHOWN])
    value = _object(answer.text)
    if value is None:
        return _no_object(answer)
    error = next(jsonschema_rs.Draft202012Validator(dict(schema)).iter_errors(value), None)
    if error is None:
        return value
    where = "".join(f"/{part}" for part in error.instance_path) or "the object"
    return Unusable("wrong_shape", f"{where}: {error.message}"[:_SHOWN])


def _object(text: str) -> Mapping[str, Any] | None:
    inside = text[text.find("{") : text.rfind("}") + 1]
    for candidate in (text, inside):
        try:
            value: Any = orjson.loads(candidate)
        except orjson.JSONDecodeError:
            continue
        if is_object(value):
            return value
    return None


def _no_object(answer: Answer) -> Unusable:
    if answer.ended == "length":
        return Unusable("broken_json", "it was cut off, being too long; be brief")
    if "{" not in answer.text and _DECLINES.match(answer.text):
        return Unusable("refused", answer.text.strip()[:_SHOWN])
    try:
        orjson.loads(answer.text)
    except orjson.JSONDecodeError as error:
        return Unusable("broken_json", f"it is no JSON: {error}")
    return Unusable("broken_json", "it is JSON, but no object")
