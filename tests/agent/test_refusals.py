"""What makes another try pointless."""

from __future__ import annotations

from agent.calls import Rejected, Rejection
from agent.engines.base import Message
from agent.refusals import marks, without_refused_act

UNKNOWN = Rejection("foreign_id", "/order_id", "'order_id' is no flight_order")
BROKEN = Rejection("malformed", "", "not JSON")
SAID = Message("user", "Cancel it")


def refused(name: str, *faults: Rejection) -> Rejected:
    return Rejected("c1", name, {}, faults)


def test_the_same_fault_in_another_act_is_the_same_again():
    first = marks("one", [refused("quote", UNKNOWN)])
    assert not first.isdisjoint(marks("two", [refused("find"), refused("quote", UNKNOWN)]))
    assert first.isdisjoint(marks("two", [refused("other", UNKNOWN)]))


def test_broken_acts_are_the_same_only_word_for_word():
    first = marks("one", [refused("", BROKEN)])
    assert first.isdisjoint(marks("two", [refused("", BROKEN)]))
    assert not first.isdisjoint(marks("one", [refused("", BROKEN)]))


def test_only_an_act_at_the_end_gives_way():
    act, told = Message("assistant", "{}"), Message("tool", "c1: not cleared")
    assert without_refused_act((SAID, act)) == (SAID,)
    assert without_refused_act((SAID, act, told)) == (SAID, act, told)
