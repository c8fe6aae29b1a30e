"""`/docs`: the OpenAPI document as a page, drawn by Swagger UI."""

from __future__ import annotations

import base64
import hashlib
import re

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

_UI = "https://cdn.jsdelivr.net"
_PAGE = get_swagger_ui_html(openapi_url="/openapi.json", title="Callsign API").body
_INLINE = re.findall(rb"<script>(.*?)</script>", bytes(_PAGE), re.DOTALL)
_DIGESTS = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE]
_HASHES = " ".join(f"'sha256-{digest}'" for digest in _DIGESTS)

# The one page that loads from elsewhere: its own policy names what, down to the inline script.
DOCS_POLICY = (
    f"default-src 'none'; script-src {_UI} {_HASHES}; "
    f"style-src {_UI} 'unsafe-inline'; img-src 'self' data: https://fastapi.tiangolo.com; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter()


@router.get("/docs", include_in_schema=False)
async def docs() -> HTMLResponse:
    """The OpenAPI document as a page."""
    return HTMLResponse(_PAGE)
