"""What makes another try pointless."""

from __future__ import annotations

from agent.calls import Rejected, Rejection
from agent.engines.base import Message
from agent.refusals import refused_act, without_refused_act

UNKNOWN = Rejection("foreign_id", "/order_id", "'order_id' is no flight_order")
WRONG_DAY = Rejection("ungrounded_value", "/day", "nothing gives 2027-01-01")
BROKEN = Rejection("malformed", "", "not JSON")
SAID = Message("user", "Cancel it")


def refused(name: str, *faults: Rejection) -> Rejected:
    return Rejected("c1", name, {}, faults)


def test_the_same_fault_in_another_act_is_the_same_again():
    first = refused_act("one", [refused("quote", UNKNOWN)])
    more = refused_act("two", [refused("find", WRONG_DAY), refused("quote", UNKNOWN)])
    assert more.is_again(first)
    assert not refused_act("two", [refused("other", UNKNOWN)]).is_again(first)
    assert not first.is_again(None)


def test_a_part_that_was_mended_is_another_try():
    both = refused_act("one", [refused("quote", UNKNOWN, WRONG_DAY)])
    half = refused_act("two", [refused("quote", UNKNOWN)])
    assert not half.is_again(both)
    assert refused_act("three", [refused("quote", UNKNOWN)]).is_again(half)


def test_broken_acts_are_the_same_only_word_for_word():
    first = refused_act("one", [refused("", BROKEN)])
    assert not refused_act("two", [refused("", BROKEN)]).is_again(first)
    assert refused_act("one", [refused("", BROKEN)]).is_again(first)


def test_only_an_act_at_the_end_gives_way():
    act, told = Message("assistant", "{}"), Message("tool", "c1: not cleared")
    assert without_refused_act((SAID, act)) == (SAID,)
    assert without_refused_act((SAID, act, told)) == (SAID, act, told)
    assert without_refused_act(()) == ()
