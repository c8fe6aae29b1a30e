from typing import Any

import pytest

from tools.nesting import DEEPEST, is_too_deep


def nested(levels: int, innermost: Any = 1) -> Any:
    value = innermost
    for number in range(levels):
        value = [value] if number % 2 else {"a": value}
    return value


@pytest.mark.parametrize("innermost", [1, None, "text"])
def test_as_many_levels_as_allowed_are_not_too_deep(innermost: Any) -> None:
    assert not is_too_deep(nested(DEEPEST, innermost))
    assert is_too_deep(nested(DEEPEST + 1, innermost))


def test_levels_count_along_the_deepest_branch() -> None:
    assert is_too_deep([1, {"a": [2]}, nested(DEEPEST)])
    assert not is_too_deep([[], {}, *range(10_000)])


def test_any_depth_is_measured() -> None:
    assert is_too_deep(nested(100_000))
