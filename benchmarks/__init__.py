"""Measurements, as ratios of commands that are run in turn: ``python -m benchmarks`` prints the table."""
