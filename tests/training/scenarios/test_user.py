"""The scripted person answers what is asked, decides what waits, and always comes to an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.events import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalVoided,
    Event,
    Replied,
    UserMessage,
)
from training.scenarios.scenario import Goal, Line, Scenario
from training.scenarios.user import MOST_DECISIONS, Decide, Heard, Say, heard, next_step

NAMES = ("origin", "departure_date", "born_on")
NOTHING_SAID: frozenset[int] = frozenset()


def scenario(*lines: Line, decision: str = "approve") -> Scenario:
    return Scenario("s", "t", ("c",), "en", lines, Goal(), (), decision=decision)  # type: ignore[arg-type]


TRIP = scenario(
    Line("To Athens."),
    Line("From Milan.", ("origin",)),
    Line("On 5 May.", ("departure_date",)),
    Line("The first one."),
)


class TestSaying:
    def test_lines_are_said_in_their_order(self):
        assert next_step(TRIP, NOTHING_SAID, Heard()) == Say("To Athens.", (0,))
        assert next_step(TRIP, frozenset({0}), Heard()) == Say("From Milan.", (1,))

    def test_who_is_asked_answers_with_the_line_that_supplies_it(self):
        asked = Heard(asked=frozenset({"departure_date"}))
        assert next_step(TRIP, frozenset({0}), asked) == Say("On 5 May.", (2,))

    def test_several_answers_are_one_message(self):
        asked = Heard(asked=frozenset({"departure_date", "origin"}))
        assert next_step(TRIP, frozenset({0}), asked) == Say("From Milan. On 5 May.", (1, 2))

    def test_a_line_without_an_end_gets_one_before_the_next(self):
        two = scenario(Line("Ada Lovelace", ("given_name",)), Line("mail a@x.org", ("email",)))
        asked = Heard(asked=frozenset({"given_name", "email"}))
        said = Say("Ada Lovelace. mail a@x.org", (0, 1))
        assert next_step(two, NOTHING_SAID, asked) == said

    def test_who_cannot_answer_goes_on(self):
        asked = Heard(asked=frozenset({"born_on"}))
        assert next_step(TRIP, frozenset({0, 1, 2}), asked) == Say("The first one.", (3,))

    def test_nothing_is_left_when_all_was_said(self):
        assert next_step(TRIP, frozenset(range(4)), Heard()) is None


class TestDeciding:
    def test_an_approval_is_decided_before_anything_else_is_said(self):
        assert next_step(TRIP, frozenset({0}), Heard(awaiting=True)) == Decide("approve")

    def test_as_the_scenario_says(self):
        stern = scenario(Line("Hello."), decision="decline")
        assert next_step(stern, frozenset({0}), Heard(awaiting=True)) == Decide("decline")

    def test_a_line_that_interrupts_is_said_instead(self):
        torn = scenario(Line("Book it."), Line("Wait, is it refundable?", interrupts=True))
        assert next_step(torn, frozenset({0}), Heard(awaiting=True)) == Say(
            torn.lines[1].text, (1,)
        )
        assert next_step(torn, frozenset({0, 1}), Heard(awaiting=True)) == Decide("approve")

    def test_a_question_that_can_be_answered_goes_first(self):
        asked = Heard(awaiting=True, asked=frozenset({"origin"}))
        assert next_step(TRIP, frozenset({0}), asked) == Say("From Milan.", (1,))

    def test_the_person_tires_of_deciding(self):
        tired = Heard(awaiting=True, decisions=MOST_DECISIONS)
        assert next_step(TRIP, frozenset({0}), tired) == Say("From Milan.", (1,))
        assert next_step(TRIP, frozenset(range(4)), tired) is None


SAID = UserMessage("Hello", "2026-11-22T09:00:00+00:00", "en")
REQUEST = ApprovalRequested("a1", "d", ("c1",), "Book it?", None, {}, None)
DECIDED = ApprovalDecided("a1", "approve", "2026-11-22T09:00:00+00:00")
ASKS = Replied("ask_user", {"about": ["origin", "born_on"]}, "Where from?", "en")
SHOWS = Replied("present", {"result": "c1"}, "Here.", "en")


class TestHearing:
    def test_an_approval_waits_until_it_is_decided_or_void(self):
        assert heard([SAID, REQUEST]).awaiting
        assert not heard([SAID, REQUEST, DECIDED]).awaiting
        assert not heard([SAID, REQUEST, ApprovalVoided("a1", "changed")]).awaiting

    def test_it_waits_on_while_other_things_are_said(self):
        assert heard([SAID, REQUEST, SAID, SHOWS]).awaiting

    def test_decisions_count_from_the_newest_message(self):
        assert heard([SAID, REQUEST, DECIDED, REQUEST, DECIDED, REQUEST]).decisions == 2
        assert heard([SAID, REQUEST, DECIDED, SAID, REQUEST]).decisions == 0

    def test_only_the_newest_reply_asks(self):
        assert heard([SAID, ASKS]).asked == {"origin", "born_on"}
        assert heard([SAID, ASKS, SAID]).asked == frozenset()
        assert heard([SAID, ASKS, SAID, SHOWS]).asked == frozenset()


lines = st.lists(
    st.builds(
        Line,
        text=st.sampled_from(("Hello.", "From Milan.", "Yes.")),
        supplies=st.sets(st.sampled_from(NAMES)).map(tuple),
        interrupts=st.booleans(),
    ),
    max_size=6,
)
replies: st.SearchStrategy[Event] = st.sampled_from((REQUEST, ASKS, SHOWS))


@given(lines, st.data())
def test_every_conversation_ends_and_no_line_is_said_twice(of: list[Line], data: st.DataObject):
    held = scenario(*of)
    log: list[Event] = []
    said: list[int] = []
    most = len(of) + (len(of) + 1) * MOST_DECISIONS
    for _ in range(most + 1):
        match next_step(held, frozenset(said), heard(log)):
            case Say(_, places):
                said += places
                log.append(SAID)
            case Decide():
                log.append(DECIDED)
            case None:
                break
        log.append(data.draw(replies))
    else:
        raise AssertionError("the conversation goes on and on")
    assert sorted(said) == list(range(len(of)))
