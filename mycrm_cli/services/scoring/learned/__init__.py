"""The engine that learns from outcomes: binned inputs, a ridge logistic regression, and gates before it is used.

numpy is imported inside the functions that need it: nothing else of the program may depend on it.
"""
