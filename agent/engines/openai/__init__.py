"""Any OpenAI-compatible server as an engine."""

from agent.engines.openai.engine import OpenAIEngine

__all__ = ["OpenAIEngine"]
