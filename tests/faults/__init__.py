"""Harnesses that break imports on purpose; the suite runs them briefly, `python -m tests.faults.kills` as long as asked."""
