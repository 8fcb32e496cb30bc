"""Tests of completion on the command line."""
