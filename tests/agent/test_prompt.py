import pytest

from agent.acts import reply_acts
from agent.calls import Rejection
from agent.engines.base import Message
from agent.evidence.facts import Evidence, Fact
from agent.evidence.reader import Reader
from agent.prompt import decision_message, rejection_message, system_message, user_message
from tests.agent.booking import NOW, TOOLS, user


def test_the_tool_block_is_one_line_a_tool() -> None:
    acts = (*TOOLS, *reply_acts(TOOLS))
    message = system_message(acts)
    assert message.role == "system"
    lines = message.content.splitlines()[1:]
    assert [line.partition("(")[0] for line in lines] == [act.name for act in acts]


def test_the_same_tools_make_the_same_prompt() -> None:
    assert system_message(TOOLS) == system_message(list(TOOLS))


def test_a_message_is_what_was_typed_with_the_clock_and_its_readings_under_it() -> None:
    facts = (
        Fact("date", "2027-03-03", "user", "m1:0-5", "3 Mar"),
        Fact("place", "BER", "user", "m1:6-12", "Berlin"),
    )
    assert user_message("3 Mar Berlin", facts, NOW) == Message(
        "user", "3 Mar Berlin\n(Sun 2026-11-22 09:00; 3 Mar=2027-03-03; Berlin=BER)"
    )


def test_what_reads_as_itself_needs_no_reading_nor_does_half_a_name() -> None:
    facts = (user("place", "BER"), user("name", "Ada"), user("text", "note"))
    assert user_message("x", facts, NOW).content == "x\n(Sun 2026-11-22 09:00)"


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        ("LHR to New York", "origin=LHR; city LHR=LON; destination New York=NYC"),
        ("outbound on 3 Mar 2027, back on 2027-03-09",
         "departure 3 Mar 2027=2027-03-03; return=2027-03-09"),
        ("after 3 pm for 2 adults and a child", "after 3 pm=15:00; adult=2; child=1"),
        ("two rooms, at least 4 stars", "room=2; star=4"),
        ("Ada Byron, Ada@Example.com", "email=ada@example.com; name=Ada|Byron"),
        ("cancel K7PQ2M", "code=K7PQ2M"),
        ("2027-03-03 for a child of 2019-05-01", "date=2027-03-03; past=2019-05-01; child=1"),
    ],
)  # fmt: skip
def test_a_reading_says_what_the_value_is_for_and_writes_it_as_a_call_does(
    said: str, notes: str
) -> None:
    facts = Reader(TOOLS).read_message(said, "m1", NOW, Evidence()).facts
    assert user_message(said, facts, NOW).content == f"{said}\n(Sun 2026-11-22 09:00; {notes})"


def test_a_rejection_names_code_pointer_and_what_is_allowed() -> None:
    faults = (
        Rejection("unknown_tool", "", "there is no tool 'fly'; allowed: ping"),
        Rejection("ungrounded_value", "/origin", "nothing gives 'ROM'; allowed: BER"),
    )
    assert rejection_message("c1", "fly", faults) == Message(
        "tool",
        "c1 fly: not cleared\n"
        "unknown_tool : there is no tool 'fly'; allowed: ping\n"
        "ungrounded_value /origin: nothing gives 'ROM'; allowed: BER",
    )


def test_a_decision_is_said_by_the_user() -> None:
    assert decision_message("approve") == Message("user", "(approve)")
