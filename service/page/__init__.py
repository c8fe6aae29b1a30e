"""The chat page: plain HTML, CSS and ES modules, served as they lie here.

`INDEX` is answered at ``/``; `STATIC` is the folder mounted at ``/static``. The page runs under
`CONTENT_SECURITY_POLICY`: it needs no inline script or style and no foreign host.
"""

from __future__ import annotations

from pathlib import Path

INDEX = Path(__file__).parent / "index.html"
STATIC = Path(__file__).parent / "static"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
