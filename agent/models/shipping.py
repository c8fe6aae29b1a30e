"""The adapter that comes with this package, and which one a command means.

It stands in ``adapters/booking`` beside this module: what peft wrote, ``callsign.json`` and a
card. A build without it works too: the default model is then the bare base.
"""

from __future__ import annotations

from pathlib import Path

from tools.errors import ModelError

NONE = "none"
"""As an adapter's name: no adapter."""
SHIPPED = "shipped"
"""As an adapter's name: the one that comes with this package."""

FOLDER = Path(__file__).parent / "adapters" / "booking"


def shipped() -> Path | None:
    """The shipped adapter's folder, None where this build has none."""
    return FOLDER if (FOLDER / "adapter_config.json").is_file() else None


def choose_adapter(asked: str | None, base: Path | None) -> Path | None:
    """The adapter that is meant: a folder, ``shipped``, or ``none``.

    Asked for none in particular, the default base gets the shipped one, where there is one; any
    other base gets none. Raises `ModelError`.
    """
    if asked == NONE or (asked is None and base is not None):
        return None
    if asked is None:
        return shipped()
    if asked == SHIPPED:
        if found := shipped():
            return found
        raise ModelError("this build ships no adapter; name a folder, or go without: none")
    return Path(asked)
