"""Hallucinated calls, counted: suites of tasks, a judge, statistics and a report."""
