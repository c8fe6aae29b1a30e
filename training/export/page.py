"""A chain as a page to look at: the search tree, kept acts down the middle, failed ones beside."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.export.reading import Found
from training.export.story import story


def page(found: Found) -> str:
    """The page as one HTML file that loads nothing."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        found=found,
        chain=found.chain,
        scenario=found.chain.instruction.scenario,
        steps=story(found.chain),
    )
