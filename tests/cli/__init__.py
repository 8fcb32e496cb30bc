"""Commands, driven from outside."""
