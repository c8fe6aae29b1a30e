"""Rendering: the template's text is the engine's, and its spans are the assistant's messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.engines import chatml
from agent.engines.base import Message
from training.export.render import render

texts = st.text(st.characters(exclude_categories=("Cs", "Co")))
prompts = st.lists(
    st.builds(Message, st.sampled_from(["system", "user", "assistant", "tool"]), texts)
)


@given(prompts)
def test_text_and_spans(prompt: list[Message]) -> None:
    rendered = render([{"role": one.role, "content": one.content} for one in prompt])
    assert rendered.text == chatml.render(prompt, generation_prompt=False)
    said = tuple(f"{one.content}<|im_end|>" for one in prompt if one.role == "assistant")
    assert rendered.learnt == said


def test_a_message_that_holds_a_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="marks spans"):
        render([{"role": "user", "content": "\ue0f0"}])
