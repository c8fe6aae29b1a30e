"""What holds for every test: property tests repeat themselves, and a busy machine is not wrong."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("callsign", deadline=None, derandomize=True)
settings.load_profile("callsign")
