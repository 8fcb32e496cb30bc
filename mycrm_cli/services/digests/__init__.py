"""Digests: what the day brings, told once a day to each user."""
