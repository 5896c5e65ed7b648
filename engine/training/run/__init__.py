"""A training run: batches, objective, steps, validation, saving, resuming, several ranks.

And the distillation of the motion network: teacher, pool, student, what is measured of both.

Imports `training.data`, `inference`, `flow`, `paper`, and what writes files and pictures.
"""
