"""Statements that people write themselves: what they may ask of each database, and how they are run."""
