"""Alerts: leads that wait for an answer, deals that stand still, tasks that are overdue; each is told once.

``cases`` finds what is so now, ``wording`` says it, ``running`` tells whom it concerns.
"""
