"""Whether one argument has a value that BFCL accepts, and every way in which it has not.

What counts as the same value follows BFCL: texts without case, spaces and the punctuation in
`_IGNORED`, lists in order, a whole number where a float is wanted. Three things are stricter:
a truth value is no number, an entry of an optional list or of an object must have the type of the
accepted one, and an object where another type was accepted is wrong instead of an exception.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.calls import Rejection
from agent.json_values import is_array, is_object
from training.benchmark.bfcl.data import LEFT_OUT

_IGNORED = str.maketrans(dict.fromkeys(" ,./-_*^")) | {ord("'"): '"'}
_PYTHON: Mapping[str, type] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "any": str,
}
_NAMES: Mapping[type, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "list",
    dict: "object",
    type(None): "null",
}


def normal(text: str) -> str:
    """A text as it is compared: lower case, without spaces and some punctuation."""
    return text.translate(_IGNORED).lower()


def value_faults(
    value: Any, accepted: Sequence[Any], schema: Mapping[str, Any], pointer: str
) -> tuple[Rejection, ...]:
    """What is wrong with `value`, at JSON pointers below `pointer`; nothing if it is accepted.

    `schema` describes the parameter as BFCL does. The types that count are the one it states
    and, where the accepted values are of another (a variable's name for a list, null for a
    number), theirs; those are compared exactly.
    """
    declared = _PYTHON.get(str(schema["type"]), str)
    stated = next((_type(item) for item in accepted if item != LEFT_OUT), declared)
    if declared is float and type(value) is int:
        value = float(value)
    if type(value) not in {declared, stated}:
        return (_wrong_type(value, declared, pointer),)
    if type(value) is not declared or stated is not declared:
        same = any(_identical(value, item) for item in accepted)
    elif declared is dict:
        return _closest(_object_faults(value, option, pointer) for option in _of(dict, accepted))
    elif declared is list:
        return _list_faults(value, accepted, schema, pointer)
    else:
        same = any(_alike(value, item) for item in accepted)
    return () if same else (_wrong_value(value, accepted, pointer),)


def type_faults(value: Any, schema: Mapping[str, Any], pointer: str) -> tuple[Rejection, ...]:
    """Whether a value has the type that its parameter states, whatever the value."""
    declared = _PYTHON.get(str(schema["type"]), str)
    fits = type(value) is declared or (declared is float and type(value) is int)
    return () if fits or schema["type"] == "any" else (_wrong_type(value, declared, pointer),)


def _list_faults(
    value: list[Any], accepted: Sequence[Any], schema: Mapping[str, Any], pointer: str
) -> tuple[Rejection, ...]:
    if not value and LEFT_OUT in accepted:
        return ()
    of_objects = schema.get("items", {}).get("type") == "dict"
    options = [option for option in _of(list, accepted) if len(option) == len(value)]
    if not options:
        return (_wrong_value(value, accepted, pointer),)
    return _closest(_item_faults(value, option, pointer, of_objects) for option in options)


def _item_faults(
    value: list[Any],
    option: list[Any],
    pointer: str,
    of_objects: bool,
) -> Iterator[Rejection]:
    for index, (item, wanted) in enumerate(zip(value, option, strict=True)):
        place = f"{pointer}/{index}"
        if type(item) is not type(wanted):
            yield _wrong_type(item, _type(wanted), place)
        elif of_objects and is_object(item):
            yield from _object_faults(item, wanted, place)
        elif not _alike(item, wanted):
            yield _wrong_value(item, [wanted], place)


def _object_faults(
    value: Mapping[str, Any], option: Mapping[str, Any], pointer: str
) -> Iterator[Rejection]:
    """Faults against one accepted object, which has a list of accepted values for each key."""
    for key, accepted in option.items():
        if key not in value and LEFT_OUT not in accepted:
            yield Rejection("missing_parameter", member(pointer, key), f"{key} is wanted")
    for key, item in value.items():
        place = member(pointer, key)
        if key not in option:
            yield Rejection("unknown_parameter", place, f"there is no {key}")
        elif any(_alike(item, wanted) for wanted in option[key]):
            continue
        elif type(item) in {type(wanted) for wanted in option[key]}:
            yield _wrong_value(item, option[key], place)
        else:
            yield _wrong_type(item, _type(option[key][0]), place)


def member(pointer: str, key: str) -> str:
    """The JSON pointer of an object's member (RFC 6901, section 3)."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def _closest(attempts: Iterator[Iterator[Rejection]]) -> tuple[Rejection, ...]:
    """The faults against the option that has the fewest."""
    return min(map(tuple, attempts), key=len)


def _of(kind: type, accepted: Sequence[Any]) -> list[Any]:
    return [item for item in accepted if isinstance(item, kind)]


def _alike(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return normal(value) == normal(wanted)
    return _identical(value, wanted)


def _identical(value: Any, wanted: Any) -> bool:
    """JSON equality: 1 is 1.0, but true is not 1, at any depth."""
    if is_array(value) and is_array(wanted):
        return len(value) == len(wanted) and all(map(_identical, value, wanted))
    if is_object(value) and is_object(wanted):
        return value.keys() == wanted.keys() and all(
            _identical(item, wanted[key]) for key, item in value.items()
        )
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _type(value: Any) -> type[Any]:
    return type(value)  # pyright: ignore[reportUnknownVariableType]


def _wrong_type(value: Any, wanted: type, pointer: str) -> Rejection:
    got, expected = (_NAMES.get(kind, kind.__name__) for kind in (_type(value), wanted))
    return Rejection("wrong_type", pointer, f"{got} where {expected} is wanted")


def _wrong_value(value: Any, accepted: Sequence[Any], pointer: str) -> Rejection:
    wanted = ", ".join(repr(item) for item in accepted if item != LEFT_OUT) or "nothing"
    return Rejection("invalid_value", pointer, f"{value!r}; wanted: {wanted}")
