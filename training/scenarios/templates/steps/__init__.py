"""Steps that training and validation conversations are put together from, by their names."""

from training.scenarios.templates.steps import after, air, choosing, stay, talk
from training.scenarios.templates.steps.plot import STEPS, Plot, categories_of, chain

__all__ = ["STEPS", "Plot", "after", "air", "categories_of", "chain", "choosing", "stay", "talk"]
