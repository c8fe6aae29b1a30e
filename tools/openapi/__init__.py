"""Any OpenAPI 3.0 or 3.1 document becomes tools."""

from tools.openapi.reader import (
    Reading,
    SkippedOperation,
    SkipReason,
    fetch_openapi,
    read_openapi,
)

__all__ = ["Reading", "SkipReason", "SkippedOperation", "fetch_openapi", "read_openapi"]
