"""The door: commands, their options, and what they say."""
