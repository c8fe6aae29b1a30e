import dataclasses
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.calls import Provenance, Rejection
from agent.events import (
    ActProposed,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    CallCleared,
    CallObserved,
    CallRejected,
    ConversationStarted,
    Event,
    Money,
    PlanMade,
    PlanStep,
    Replied,
    TurnEnded,
    UserMessage,
    WriteIntended,
    decode,
    encode,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(text, values, max_size=3)
effects = st.sampled_from(["read", "write"])
money = st.builds(Money, text, text)
count = st.integers(0, 10**6)
rejections = st.lists(st.builds(Rejection, st.just("malformed"), text, text)).map(tuple)
origins = st.builds(Provenance, st.sampled_from(["user", "result"]), text)
KINDS: dict[type, st.SearchStrategy[Any]] = {
    ConversationStarted: st.builds(ConversationStarted, text, text),
    UserMessage: st.builds(UserMessage, text, text, text),
    ActProposed: st.builds(ActProposed, text, count, count, count, count, st.floats(0, 100)),
    CallRejected: st.builds(CallRejected, text, text, values, rejections),
    CallCleared: st.builds(
        CallCleared, text, text, arguments, effects, st.dictionaries(text, origins)
    ),
    PlanMade: st.builds(PlanMade, st.lists(st.builds(PlanStep, text, text, effects)).map(tuple)),
    ApprovalRequested: st.builds(
        ApprovalRequested,
        text,
        text,
        st.lists(text).map(tuple),
        text,
        st.none() | money,
        arguments,
        st.none() | text,
        st.lists(money).map(tuple),
    ),
    ApprovalDecided: st.builds(
        ApprovalDecided, text, st.sampled_from(["approve", "decline"]), text
    ),
    ApprovalVoided: st.builds(
        ApprovalVoided, text, st.sampled_from(["changed", "expired", "price_changed"])
    ),
    WriteIntended: st.builds(WriteIntended, text, text),
    CallObserved: st.builds(CallObserved, text, st.booleans(), count, values, text, st.booleans()),
    Replied: st.builds(
        Replied, text, values, text, text, st.lists(arguments, max_size=2).map(tuple)
    ),
    TurnEnded: st.builds(TurnEnded, st.sampled_from(["replied", "exhausted"])),
}
events: st.SearchStrategy[Event] = st.one_of(*KINDS.values())


@given(events)
def test_every_event_comes_back_as_it_was_written(event: Event) -> None:
    assert decode(encode(event)) == event


def test_every_kind_of_event_is_tried() -> None:
    assert set(KINDS) == set(get_args(Event))


@given(events)
def test_an_event_is_one_json_object_tagged_by_its_type(event: Event) -> None:
    written = orjson.loads(encode(event))
    assert written["type"] == event.type
    assert written.keys() == {field.name for field in dataclasses.fields(event)}


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"type":"flown"}', b'{"type":"turn_ended","reason":"bored"}']
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        decode(data)
