"""Health, readiness, metrics, and the chat page."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.problems import documented
from service.runtime import RuntimeDep
from service.schemas import Health, Readiness

PAGE = Path(__file__).parent.parent / "page"

router = APIRouter(tags=["operations"])


@router.get("/healthz", operation_id="health")
async def health() -> Health:
    """The process lives."""
    return Health(status="ok")


@router.get(
    "/readyz",
    operation_id="readiness",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Not yet: `reasons` says why."}},
)
async def readiness(runtime: RuntimeDep) -> Response:
    """Whether the engine, both APIs and the store answer."""
    reasons = await runtime.reasons()
    status = "not_ready" if reasons else "ready"
    headers = {"Retry-After": "2"} if reasons else None
    body = {"status": status, "reasons": reasons}
    return JSONResponse(body, 503 if reasons else 200, headers=headers)


@router.get("/metrics", operation_id="metrics", response_class=PlainTextResponse)
async def metrics(runtime: RuntimeDep) -> Response:
    """Prometheus metrics."""
    return Response(runtime.metrics.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/", include_in_schema=False, responses=documented("not_found"))
async def page() -> FileResponse:
    """The chat page."""
    return FileResponse(PAGE / "index.html")
