"""A base and perhaps an adapter, opened together and found to fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from agent.engines.chatml import END, START
from agent.models.adapter import Adapter
from agent.models.base import find, open_checkpoint
from agent.models.checkpoint import Checkpoint, identity
from agent.models.files import Progress, quietly
from agent.models.provenance import Provenance, check_prompt
from agent.models.tensors import Floats
from tools.errors import ModelError


@dataclass(frozen=True, slots=True)
class Source:
    """What another model is made from."""

    checkpoint: Checkpoint
    adapter: Adapter | None

    @property
    def name(self) -> str:
        """What to call the two together."""
        return (
            f"{self.checkpoint.name}+{self.adapter.name}" if self.adapter else self.checkpoint.name
        )

    def weight(self, name: str) -> Floats:
        """A module's weight with the adapter's change added. Raises `ModelError`."""
        value = self.checkpoint.weight(name)
        return self.adapter.merged(name, value) if self.adapter else value

    def provenance(self) -> Provenance:
        """What a model made from the two says of itself."""
        if self.adapter:
            return self.adapter.provenance
        said = self.checkpoint.provenance
        return said or Provenance(identity(self.checkpoint), self.checkpoint.name, prompt="")


def open_source(base: Path | None, adapter: Path | None, progress: Progress = quietly) -> Source:
    """Open both; the base is fetched if need be. Raises `ModelError` where they do not fit."""
    opened = Adapter(adapter) if adapter else None
    checkpoint = open_checkpoint(find(base, progress))
    if checkpoint.provenance:
        check_prompt(checkpoint.provenance, checkpoint.path)
    if opened:
        opened.check(checkpoint)
    checked_tokenizer(checkpoint)
    return Source(checkpoint, opened)


def checked_tokenizer(checkpoint: Checkpoint) -> Tokenizer:
    """The tokenizer, which knows our control tokens. Raises `ModelError` where it does not."""
    tokenizer = checkpoint.tokenizer()
    if any(tokenizer.token_to_id(control.text) is None for control in (START, END)):
        raise ModelError(
            f"{checkpoint.path} knows no ChatML control tokens ({START.text}, {END.text}), which "
            "our prompts need; take a chat model that does"
        )
    return tokenizer


def check_free(out: Path) -> None:
    """Raise `ModelError` where something stands already that must not be lost."""
    if out.is_file() or (out.is_dir() and next(out.iterdir(), None) is not None):
        raise ModelError(f"{out} is there already; delete it or name another --out")
