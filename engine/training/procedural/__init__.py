"""Rendered scenes, exact at any time: shapes, surfaces, lettering, and how they move.

Imports nothing else of training.
"""
