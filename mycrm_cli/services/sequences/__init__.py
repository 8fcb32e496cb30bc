"""Sequences: series of messages, who gets them, when the next is due, and what ends them."""
