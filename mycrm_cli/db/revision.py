"""The schema this program works with."""

REVISION = "0001"
"""The newest migration; a database that is older must be upgraded first."""

MIN_PROGRAM = "0.1.0"
"""The oldest program that may work with a database of this schema."""
