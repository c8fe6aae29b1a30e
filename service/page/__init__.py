"""The chat page: plain HTML, CSS and ES modules, served as they lie here.

`INDEX` is answered at ``/``; `STATIC` is the folder mounted at ``/static``. The page needs no
inline script or style and no foreign host, so the strictest policy for its own origin fits.
"""

from __future__ import annotations

from pathlib import Path

INDEX = Path(__file__).parent / "index.html"
STATIC = Path(__file__).parent / "static"
