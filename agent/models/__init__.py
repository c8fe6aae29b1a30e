"""Model files: getting a base model, converting it (with an adapter) for the embedded engine."""

from agent.models.conversion import convert, ensure
from agent.models.download import fetch
from agent.models.files import ModelFiles, home
from agent.models.shipping import choose_adapter, shipped

__all__ = ["ModelFiles", "choose_adapter", "convert", "ensure", "fetch", "home", "shipped"]
