"""Executes calls over HTTP: retries for reads, one send for writes, a breaker per host."""

from tools.executor.breaker import BreakerPolicy
from tools.executor.executor import Executor, ExecutorOptions, ToolSource
from tools.executor.requests import Api
from tools.executor.retry import RetryPolicy

__all__ = ["Api", "BreakerPolicy", "Executor", "ExecutorOptions", "RetryPolicy", "ToolSource"]
