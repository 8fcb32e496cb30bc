"""Rules that need two writers at once, or a look behind the commands."""
