"""A training run: batches, objective, steps, validation, saving, resuming, several ranks.

Imports `training.data`, `inference`, `flow`, `paper`, and what writes files and pictures.
"""
