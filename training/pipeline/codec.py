"""Records as lines of JSON: one codec for every dataclass that stages hand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast

import orjson
from pydantic import TypeAdapter, ValidationError

from tools.errors import DataError

T = TypeVar("T")


class Codec(Generic[T]):
    """Turns records of one dataclass into lines and back.

    The same record gives the same line in every process: sets are written in order.
    """

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._adapter = TypeAdapter(kind)

    def encode(self, record: T) -> bytes:
        """A record as one line of JSON (UTF-8), its end included.

        Raises `DataError` for a value that JSON does not have.
        """
        try:
            return orjson.dumps(record, default=_plain, option=orjson.OPT_APPEND_NEWLINE)
        except orjson.JSONEncodeError as error:
            raise DataError(
                f"{self._kind.__name__} {getattr(record, 'id', '')} is no JSON: {error}"
            ) from error

    def decode(self, line: bytes) -> T:
        """The record of a line that `encode` wrote. Raises `DataError` on anything else."""
        try:
            return self._adapter.validate_json(line)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            where = "/".join(map(str, fault["loc"]))
            raise DataError(
                f"a line holds no {self._kind.__name__}: {where}: {fault['msg']}"
            ) from error


def _plain(value: object) -> object:
    if isinstance(value, set | frozenset):
        return sorted(cast("frozenset[Any]", value))
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    raise TypeError(f"a {type(value).__name__} cannot be written")
