"""What an adapter or a model made from one says of itself: ``callsign.json`` beside the weights.

It names the base and the prompt format that the weights were trained with, so that one that does
not fit is refused at the start instead of deciding nonsense.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.models.files import digest, whole_file
from agent.prompt_format import prompt_format
from tools.errors import ModelError

FILE = "callsign.json"
FORMAT = 1
"""Raised whenever the fields mean something else."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where weights come from. Digests are SHA-256 in hexadecimal, "" where there is none.

    `base` identifies the base (`agent.models.checkpoint.identity`), `prompt` is the prompt format
    (`agent.prompt_format`), `weights` the file of the adapter's weights. `data` is the digest of
    the dataset, `recipe` the command that trains the same again, `licence` an SPDX name.
    """

    base: str
    base_name: str
    prompt: str = ""
    weights: str = ""
    data: str = ""
    recipe: str = ""
    licence: str = "Apache-2.0"
    format: int = FORMAT


_PROVENANCE = TypeAdapter(Provenance)


def read_provenance(folder: Path) -> Provenance | None:
    """What the folder says of itself; None where it says nothing. Raises `ModelError`."""
    path = folder / FILE
    try:
        found = _PROVENANCE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        fault = str(error).splitlines()[0]
        raise ModelError(f"{path} is damaged ({fault}); get the folder again") from error
    if found.format != FORMAT:
        raise ModelError(
            f"{path} is of format {found.format}, this version reads {FORMAT}: use the version of "
            "Callsign that wrote it, or train anew: callsign train sft"
        )
    return found


def write_provenance(folder: Path, provenance: Provenance) -> None:
    """Write it, whole or not at all."""
    with whole_file(folder / FILE) as part:
        part.write_bytes(_PROVENANCE.dump_json(provenance, indent=2) + b"\n")


def sign(
    adapter: Path,
    *,
    base: str,
    base_name: str,
    data: str = "",
    recipe: str = "",
    licence: str = "Apache-2.0",
) -> Provenance:
    """Say of a peft folder which base it was trained on, and that this prompt format is its own.

    `base` is `agent.models.checkpoint.identity` of the base. Whoever trains an adapter calls this
    at the end. Raises `ModelError` when the folder has no weights.
    """
    weights = adapter / "adapter_model.safetensors"
    if not weights.is_file():
        raise ModelError(f"{adapter} is no adapter: it lacks {weights.name}")
    made = Provenance(base, base_name, prompt_format(), digest(weights), data, recipe, licence)
    write_provenance(adapter, made)
    return made


def check_prompt(found: Provenance, what: Path) -> None:
    """Raise `ModelError` where `what` was trained with prompts of another format."""
    if found.prompt and found.prompt != prompt_format():
        raise ModelError(
            f"{what} was trained with another chat template or prompt (format {found.prompt[:12]}, "
            f"this version writes {prompt_format()[:12]}): use the version of Callsign that made "
            "it, train anew with callsign train sft, or go without it: --adapter none"
        )
