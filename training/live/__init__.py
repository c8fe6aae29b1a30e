"""APIs that really run: asked at a bounded rate, reads only."""

from training.live.api import LiveApis, LiveExecutor, live_apis
from training.live.place import LivePlaces

__all__ = ["LiveApis", "LiveExecutor", "LivePlaces", "live_apis"]
