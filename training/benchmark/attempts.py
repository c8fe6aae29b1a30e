"""Whether a text that is no act tried to call something.

A model that answers in prose has abstained; a model that wrote a call nobody can read has not.
Counting broken calls as abstentions would reward them wherever nothing is to be called.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

_STRUCTURE: Final = re.compile(
    # An object with a key, quoted or bare, an empty one, or one that was cut off at once.
    r"""\{\s*(?:["'“”‘’]|[\w.$-]+\s*[:=]|\}|\Z)"""
    # A member of a call without its braces.
    r"""|["'“”](?:name|arguments|parameters|tool|tool_name|function)["'“”]\s*:"""
)
# f(x=1) and f(): a call in the syntax of a programming language. "flight(s)" is none.
_PROGRAM: Final = re.compile(r"\b[A-Za-z_][\w.]*\((?:\s*[A-Za-z_]\w*\s*=(?!=)|\s*\))")
# The tokens by which models announce calls: <tool_call>, <function=…>, [TOOL_CALLS].
_ANNOUNCED: Final = re.compile(
    r"<\|?/?(?:tool|function|invoke|python_tag)[\w|=:>-]|\[TOOL_CALLS?\]", re.IGNORECASE
)


def attempted(text: str, tools: Collection[str]) -> bool:
    """Whether a text holds something like a call.

    That is: a JSON object or the beginning of one, a quoted key ``name``, ``arguments`` and the
    like, a call in a programming language's syntax, one of the tokens by which models announce
    calls, or the name of one of `tools` followed by an opening bracket. Anything else is prose:
    braces with plain words in them, lists, and the mere mention of a tool are no attempt.
    """
    patterns = (_STRUCTURE, _PROGRAM, _ANNOUNCED)
    return any(pattern.search(text) for pattern in patterns) or _named(text, tools)


def _named(text: str, tools: Collection[str]) -> bool:
    names = "|".join(re.escape(name) for name in tools)
    return bool(names) and re.search(rf"(?<![\w.])(?:{names})\s*[({{]", text) is not None
