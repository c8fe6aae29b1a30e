"""The embedded engine: a LLaMA on OpenVINO, under llguidance grammars, in this process."""

from agent.engines.embedded.engine import EmbeddedEngine, EmbeddedOptions

__all__ = ["EmbeddedEngine", "EmbeddedOptions"]
