"""Reminders of tasks: which are due, each claimed before it goes out, so that it goes out once.

``due`` finds them, ``claims`` are the rows that say who sends what, ``running`` goes through them some at a time,
``wording`` says them, ``setting`` puts them on tasks.
"""
