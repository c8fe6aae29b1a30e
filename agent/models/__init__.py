"""Model files: getting the base model, converting it (with an adapter) for the embedded engine."""

from agent.models.convert import convert, ensure
from agent.models.fetch import fetch
from agent.models.files import ModelFiles, home

__all__ = ["ModelFiles", "convert", "ensure", "fetch", "home"]
