"""Model files: getting the base model, converting it (with an adapter) for the embedded engine."""

from agent.models.conversion import convert, ensure
from agent.models.download import fetch
from agent.models.files import ModelFiles, home

__all__ = ["ModelFiles", "convert", "ensure", "fetch", "home"]
