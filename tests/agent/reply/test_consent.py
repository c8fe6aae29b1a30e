"""A plain yes or no answers a pending approval; anything else is left to the model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reply.consent import consent, phrases

YES = [
    "yes", "Yes!", "YES.", "yes please", "ok", "Okay, go ahead", "Sure, book it", "I confirm",
    "evet", "Evet.", "EVET", "evet, onaylıyorum", "ONAYLIYORUM", "tamam", "onayla",
    "kabul ediyorum",
    "ja", "Ja, bitte!", "ja bitte buchen", "einverstanden", "Passt so.",
    "sí", "Sí, adelante", "¡Sí!", "si por favor", "de acuerdo", "vale", "confirmo", "  yes \n",
]  # fmt: skip
NO = [
    "no", "No.", "no thanks", "cancel that", "don't", "Don’t book it", "never mind",
    "hayır", "HAYIR", "İPTAL", "vazgeçtim", "hayır teşekkürler",
    "nein", "Nein danke", "lieber nicht", "no gracias", "mejor no", "no lo reserves",
]  # fmt: skip
NEITHER = [
    "", " ", "yes?", "¿sí?", "yes but make it business", "yes and also a hotel", "no, go ahead",
    "yes, for 3 adults", "ok cancel", "not yes", "yes no", "ja nein", "evet değil", "please",
    "book the second one", "yes to the hotel, no to the flight", "I said yes yesterday", "ok ok?",
    "is that ok", "no problem", "y e s", "evet ama business olsun", "ja, aber später", "sí pero no",
    '"yes"', "yes/no", "👍", "correct", "genau", "yes " * 30, "1",
]  # fmt: skip

KNOWN_WORDS = {
    *(w for mind in ("approve", "decline") for phrase in phrases(mind) for w in phrase.split()),
    *["please", "bitte", "danke", "gracias", "thanks", "thank", "you", "favor"],
}


@pytest.mark.parametrize("text", YES)
def test_a_plain_yes_approves(text: str):
    assert consent(text) == "approve"


@pytest.mark.parametrize("text", NO)
def test_a_plain_no_declines(text: str):
    assert consent(text) == "decline"


@pytest.mark.parametrize("text", NEITHER)
def test_anything_else_is_no_answer(text: str):
    assert consent(text) is None


@pytest.mark.parametrize("text", ["cancel it", "Cancel that", "iptal et", "abbrechen", "book it"])
def test_while_a_cancellation_is_pending_words_that_could_mean_both_are_no_answer(text: str):
    assert consent(text, cancelling=True) is None


@pytest.mark.parametrize(("text", "answer"), [("yes", "approve"), ("hayır", "decline")])
def test_a_plain_answer_also_settles_a_cancellation(text: str, answer: str):
    assert consent(text, cancelling=True) == answer


@given(st.sampled_from(sorted(phrases("approve"))), st.sampled_from(sorted(phrases("decline"))))
def test_a_yes_and_a_no_together_are_never_an_approval(yes: str, no: str):
    assert consent(f"{yes} {no}") != "approve"
    assert consent(f"{no}, {yes}") != "approve"


@given(st.sampled_from(sorted(phrases("approve"))), st.from_regex(r"[a-z]{3,12}", fullmatch=True))
def test_an_unknown_word_beside_a_yes_voids_it(yes: str, word: str):
    if word not in KNOWN_WORDS:
        assert consent(f"{yes} {word}") is None


@given(st.text())
def test_any_text_is_read_without_error(text: str):
    assert consent(text) in {"approve", "decline", None}


@pytest.mark.parametrize("said", ["no, keep it", "keep it", "nein, ich behalte es", "me lo quedo"])
def test_to_keep_it_declines_a_cancellation_and_answers_no_booking(said: str) -> None:
    assert consent(said, cancelling=True) == "decline"
    assert consent(said) is None
