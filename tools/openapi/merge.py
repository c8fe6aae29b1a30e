"""Two schemas that must both hold, as one, where one can say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

Schema = dict[str, Any]

_ANNOTATIONS = frozenset(
    {"description", "title", "default", "examples", "deprecated", "readOnly", "writeOnly"}
)
_LARGER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_SMALLER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")


def merge(first: Schema, second: Schema) -> Schema | None:
    """A schema that holds where both hold, or None where no single one says that simply.

    An annotation of `first` wins. ``additionalProperties: false`` of either closes the union of
    both property lists, which is what authors of ``allOf`` mean, though not what the letter says.
    """
    result = dict(first)
    for key, value in second.items():
        if key not in result:
            result[key] = value
            continue
        if key in _ANNOTATIONS or key.startswith("x-"):
            continue
        both = _both(key, result[key], value)
        if both is None:
            return None
        result[key] = both
    return result


def _both(key: str, first: Any, second: Any) -> Any:
    combine = _COMBINE.get(key)
    if combine is not None:
        return combine(first, second)
    compound = isinstance(first, dict | list) or isinstance(second, dict | list)
    same = first is second or (not compound and first == second)
    return cast("Any", first) if same else None


def _types(first: Any, second: Any) -> Any:
    left = _listed(first)
    right = _listed(second)
    if "number" in right and "integer" in left:
        right = [*right, "integer"]
    if "number" in left and "integer" in right:
        left = [*left, "integer"]
    common = [kind for kind in left if kind in right]
    if not common:
        return None
    return common[0] if len(common) == 1 else common


def _listed(kinds: Any) -> list[str]:
    return [kinds] if isinstance(kinds, str) else cast("list[str]", kinds)


def _enums(first: list[Any], second: list[Any]) -> list[Any] | None:
    return [value for value in first if value in second] or None


def _properties(first: Schema, second: Schema) -> Schema:
    result = dict(first)
    for name, schema in second.items():
        if name in result and result[name] is not schema:
            merged = merge(result[name], schema)
            result[name] = {"allOf": [result[name], schema]} if merged is None else merged
        else:
            result[name] = schema
    return result


def _required(first: list[str], second: list[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _additional(first: Any, second: Any) -> Any:
    if first is False or second is False:
        return False
    if first is True:
        return second
    return first if second is True or first is second else None


_COMBINE: dict[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "enum": _enums,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "uniqueItems": lambda first, second: first or second,
    **dict.fromkeys(_LARGER, max),
    **dict.fromkeys(_SMALLER, min),
}
