"""Measurements, as ratios of commands that are run in turn."""
