from itertools import pairwise

from agent.acts import parse_act
from agent.calls import Rejected
from agent.demonstrations import calibration, demonstrations, for_untuned
from agent.options import Options
from agent.prompt import decision_message

DECIDED = decision_message("approve")


def test_every_demonstrated_decision_is_an_act() -> None:
    acts = [m.content for m in demonstrations() if m.role == "assistant"]
    assert acts
    assert not [act for act in acts if isinstance(parse_act(act, 1), Rejected)]


def test_a_demonstration_is_a_conversation_and_every_message_in_it_is_answered() -> None:
    shown = demonstrations()
    assert (shown[0].role, shown[-1].role) == ("user", "assistant")
    typed = [pair for pair in pairwise(shown) if pair[0].role == "user" and pair[0] != DECIDED]
    assert {answer.role for _, answer in typed} == {"assistant"}


def test_the_untuned_model_gets_both_and_keeps_the_rest() -> None:
    options = Options(mode="schema", max_acts=3)
    untuned = for_untuned(options)
    assert untuned.demonstrations == demonstrations()
    assert untuned.sampling.calibration == calibration()
    assert (untuned.mode, untuned.max_acts) == ("schema", 3)
    assert options.demonstrations == ()
