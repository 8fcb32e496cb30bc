"""The test suite: it drives the program from outside, on real databases."""
