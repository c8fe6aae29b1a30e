"""The prompt format's digest: it changes with what models read, and not by accident."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent import prompt, prompt_format

PINNED = "4ea03961af30dc6aa0ef6b10b385356d78ebfaa95af5abf1e1dca398f8c8d035"


@pytest.fixture(autouse=True)
def computed_anew() -> Iterator[None]:
    """Before each test, and after it: no other one may meet the digest of changed prompts."""
    prompt_format.prompt_format.cache_clear()
    yield
    prompt_format.prompt_format.cache_clear()


def test_the_format_is_the_one_that_adapters_were_trained_with() -> None:
    """Fails when prompts are written otherwise than before.

    Every adapter trained before is then refused. If the change is meant, train the shipped adapter
    anew and pin the new digest here; if not, undo it.
    """
    assert prompt_format.prompt_format() == PINNED


def test_it_holds_every_kind_of_message() -> None:
    text = prompt_format.sample()
    for role in ("system", "user", "assistant", "tool"):
        assert f"<|im_start|>{role}\n" in text


def test_other_rules_are_another_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt, "_RULES", "Be good.")
    assert prompt_format.prompt_format() != PINNED


def test_another_template_is_another_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_format.chatml, "END", prompt_format.chatml.Control("<|end|>"))
    assert prompt_format.prompt_format() != PINNED
