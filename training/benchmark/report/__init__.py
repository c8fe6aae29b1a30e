"""The benchmark's report: one HTML page that needs nothing else, down to every call."""

from training.benchmark.report.page import write

__all__ = ["write"]
