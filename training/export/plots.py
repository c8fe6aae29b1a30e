"""The pictures of a card: horizontal bars as SVG files, which a card shows as images.

Text and colours hold on light and on dark pages: the picture brings its own paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH = 720
_LABEL = 190
_NOTE = 150
_ROW = 26
_TOP = 44
_INK, _MUTED, _PAPER, _TRACK, _BAR = "#131c2b", "#566275", "#ffffff", "#eef1f5", "#1b4fc4"
_FONT = "Inter, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it counts, how many, and words to stand beside it."""

    label: str
    value: int
    note: str = ""


def bars(title: str, rows: Sequence[Bar]) -> str:
    """An SVG of bars on one scale that starts at 0; the longest fills the track."""
    most = max((row.value for row in rows), default=0) or 1
    height = _TOP + _ROW * len(rows) + 14
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img" font-family="{_FONT}" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" rx="10" fill="{_PAPER}"/>',
        f'<text x="18" y="27" font-size="15" font-weight="600" fill="{_INK}">'
        f"{escape(title)}</text>",
    ]
    for number, row in enumerate(rows):
        parts += _bar(row, _TOP + _ROW * number, most)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(row: Bar, y: int, most: int) -> list[str]:
    track = _WIDTH - _LABEL - _NOTE - 18
    # A bar of few among many is still to be seen.
    width = round(max(track * row.value / most, 2 if row.value else 0), 1)
    middle = y + 13
    told = f"{row.value:,}" + (f"  {row.note}" if row.note else "")
    return [
        f'<text x="{_LABEL - 10}" y="{middle}" text-anchor="end" fill="{_INK}">'
        f"{escape(_short(row.label))}</text>",
        f'<rect x="{_LABEL}" y="{y}" width="{track}" height="17" rx="4" fill="{_TRACK}"/>',
        f'<rect x="{_LABEL}" y="{y}" width="{width}" height="17" rx="4" fill="{_BAR}"/>',
        f'<text x="{_LABEL + track + 10}" y="{middle}" fill="{_MUTED}">{escape(told)}</text>',
    ]


def _short(label: str, most: int = 26) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"
