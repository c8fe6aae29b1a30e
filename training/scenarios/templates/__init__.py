"""Templates of scenarios, one module for each family. Each says which split it belongs to.

A template is held out as a whole: the shape of a test scenario, its chain of operations with what
complicates it, never occurs among the training templates, nor do its phrases.
"""

from training.scenarios.templates import (
    cancellations,
    claims,
    flights,
    hotels,
    learned,
    mishaps,
    reading,
    trips,
)
from training.scenarios.templates.registry import REGISTER, Template

__all__ = [
    "REGISTER",
    "Template",
    "cancellations",
    "claims",
    "flights",
    "hotels",
    "learned",
    "mishaps",
    "reading",
    "trips",
]
