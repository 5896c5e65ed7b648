"""A training run: objective, steps, validation, saving, resuming, several ranks.

Imports `training.data`. Nothing but the command line imports it.
"""
