"""Faults of form: tools that do not exist, calls that cannot be read, calls made twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import orjson

from agent.acts import act_text, is_reply
from agent.calls import ProposedCall
from training.benchmark.plants.trace import Change, Place, Site, Trace
from training.benchmark.records import Fault

_ELSEWHERE = ("book_train", "web_search", "get_weather", "send_email", "think")
_SYNTAXES: tuple[Callable[[str], str], ...] = (
    lambda text: str(orjson.loads(text.splitlines()[0])),
    lambda text: f"```json\n{text}\n```",
    lambda text: f"Sure, here it is: {text}",
    lambda text: f"<tool_call>{text}</tool_call>",
    lambda text: f"[{text}]",
    lambda text: text.replace('"name"', '"tool"', 1),
    lambda text: text.replace('"arguments"', '"parameters"', 1),
    lambda text: f"{text},",
)
_READ = "the whole act cannot be read, so nothing else in it is judged"


def misspelt_tool(trace: Trace, rng: Random) -> Change | None:
    """A tool's name with a letter gone, in capitals, or under a prefix."""
    for place in trace.places(rng):
        name = place.tool.name
        forms = [name[:-1], name.title(), f"functions.{name}", f"{name}s", name.replace("_", "-")]
        fresh = [form for form in forms if form and form not in trace.acts]
        if fresh:
            return _renamed(trace, place, rng.choice(fresh))
    return None


def tool_of_elsewhere(trace: Trace, rng: Random) -> Change | None:
    """A plausible tool that nobody offered."""
    fresh = [name for name in _ELSEWHERE if name not in trace.acts]
    for place in trace.places(rng):
        return _renamed(trace, place, rng.choice(fresh))
    return None


def _renamed(trace: Trace, place: Place, name: str) -> Change:
    text = place.site.text(place.number, (name, place.arguments))
    why = "an unknown tool has no schema, so its arguments are not judged"
    return trace.retold(
        place.site, text, place.site.fault("unknown_tool", place.number, "", why, name)
    )


def cut_off(trace: Trace, rng: Random) -> Change | None:
    """A text that ends too early, as when the tokens run out."""

    def write(text: str) -> str:
        # Within the last call: a cut between two calls would leave a whole one.
        return text[: -rng.randint(1, len(text.splitlines()[-1]) - 1)]

    return _unreadable(trace, rng, write)


def other_syntax(trace: Trace, rng: Random) -> Change | None:
    """The right call in another syntax: Python, a fence, a sentence around it, a tag."""
    return _unreadable(trace, rng, rng.choice(_SYNTAXES))


def too_many(trace: Trace, rng: Random) -> Change | None:
    """More calls than an act may hold."""
    most = trace.most_calls
    return _unreadable(trace, rng, lambda text: "\n".join([text.splitlines()[0]] * (most + 1)))


def _unreadable(trace: Trace, rng: Random, write: Callable[[str], str]) -> Change | None:
    for site in _shuffled(trace, rng):
        text = write(act_text([(call.name, call.arguments) for call in site.calls]))
        fault = Fault("malformed", site.index, 0, "", "", _READ)
        return trace.retold(site, text, fault)
    return None


def arguments_as_text(trace: Trace, rng: Random) -> Change | None:
    """Arguments as a string of JSON, as some interfaces write them."""
    for place in trace.places(rng):
        written = orjson.dumps(place.arguments).decode()
        return trace.rewritten(place, written, place.fault("malformed", "", "no object"))
    return None


def reply_beside(trace: Trace, rng: Random) -> Change | None:
    """A reply in one act with tool calls."""
    if "finish" not in trace.acts:
        return None
    for site in _shuffled(trace, rng):
        if any(is_reply(trace.acts[call.name]) for call in site.calls):
            continue
        if len(site.calls) < trace.most_calls:
            calls = [(call.name, call.arguments) for call in site.calls]
            text = act_text([*calls, ("finish", {"topic": "thanks"})])
            number = len(site.calls)
            fault = site.fault("malformed", number, "", "a reply stands alone", "finish")
            return trace.retold(site, text, fault)
    return None


def twice_in_one_act(trace: Trace, rng: Random) -> Change | None:
    """The same call a second time in the same act, in other words: keys turned, defaults said."""
    for place in trace.places(rng, replies=False):
        site = place.site
        if len(site.calls) >= trace.most_calls:
            continue
        calls = [(call.name, call.arguments) for call in site.calls]
        again = {**_defaults(place), **dict(reversed(place.arguments.items()))}
        text = act_text([*calls, (place.tool.name, again)])
        fault = site.fault("duplicate_call", len(calls), "", "the second of two", place.tool.name)
        return trace.retold(site, text, fault)
    return None


def _defaults(place: Place) -> dict[str, Any]:
    """Defaults of the schema that say nothing new, where a value may come from there."""
    properties: Mapping[str, Any] = place.tool.parameters.get("properties", {})
    return {
        name: schema["default"]
        for name, schema in properties.items()
        if "default" in schema and (rule := place.rule(f"/{name}")) and "default" in rule.sources
    }


def made_again(trace: Trace, rng: Random) -> Change | None:
    """A call that already ran, in place of a later act."""
    for site in _shuffled(trace, rng):
        done = [call for call in _ran(site) if call.name in trace.acts]
        if done:
            call = rng.choice(done)
            text = act_text([(call.name, call.arguments)])
            fault = site.fault("duplicate_call", 0, "", "it ran before", call.name)
            return trace.retold(site, text, fault)
    return None


def _ran(site: Site) -> Iterator[ProposedCall]:
    """Calls that must not run again: reads of the turn, writes of the whole conversation."""
    state = site.state
    for call in state.calls.values():
        if call.status == "executed" and (call.effect == "write" or call.turn == state.turn_start):
            yield ProposedCall(call.id, call.name, call.arguments)


def _shuffled(trace: Trace, rng: Random) -> list[Site]:
    return rng.sample(trace.sites, len(trace.sites))
