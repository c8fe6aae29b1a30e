"""`x-effect`, `x-approval`, `x-read-back` and `x-relations` of an operation.

A malformed one is an error and not an absent one: a write whose price cannot be shown must not
become a tool that seems to have none.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.errors import SpecError
from tools.openapi.document import Json, as_list
from tools.spec import ApprovalSpec, Effect, ReadBackSpec, Relation

_Model = TypeVar("_Model", bound=BaseModel)


class _Approval(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    entity_argument: str
    refresh: str | None = None
    total: str
    expires_at: str | None = None
    terms: dict[str, str] = {}


class _ReadBack(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    operation: str
    arguments: dict[str, str]
    found: str


class _Relation(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["differs", "after"]
    argument: str
    other: str


def approval_of(operation: Json) -> ApprovalSpec | None:
    """`x-approval`, None where there is none. Raises `SpecError` when it is malformed."""
    stated = operation.get("x-approval")
    if stated is None:
        return None
    return ApprovalSpec(**_checked(_Approval, stated, "x-approval").model_dump())


def read_back_of(operation: Json) -> ReadBackSpec | None:
    """`x-read-back`, None where there is none. Raises `SpecError` when it is malformed."""
    stated = operation.get("x-read-back")
    if stated is None:
        return None
    return ReadBackSpec(**_checked(_ReadBack, stated, "x-read-back").model_dump())


def relations_of(operation: Json, arguments: Container[str]) -> tuple[Relation, ...]:
    """`x-relations`, none where absent.

    Raises `SpecError` when it is malformed or names what is not among `arguments`.
    """
    stated = operation.get("x-relations")
    listed = as_list(stated) if stated is None or isinstance(stated, list) else [stated]
    relations = [_checked(_Relation, part, "x-relations") for part in listed]
    for relation in relations:
        if relation.argument not in arguments or relation.other not in arguments:
            raise SpecError(f"x-relations: no argument {relation.argument} or {relation.other}")
    return tuple(Relation(**relation.model_dump()) for relation in relations)


def effect_of(method: str, operation: Json) -> Effect:
    """`x-effect`, else what RFC 9110 says of the method: safe ones read, all others write."""
    stated: Literal["read", "write"] | Any = operation.get("x-effect")
    if stated is None:
        return "read" if method in ("GET", "HEAD", "OPTIONS") else "write"
    if stated not in ("read", "write"):
        raise SpecError(f"x-effect is read or write, not {stated!r}")
    return stated


def _checked(model: type[_Model], stated: Any, name: str) -> _Model:
    if not isinstance(stated, Mapping):
        raise SpecError(f"{name} is an object")
    try:
        return model.model_validate(stated)
    except ValidationError as error:
        raise SpecError(f"{name}: {error.errors()[0]['msg']}") from error
