"""Pictures for people: error maps as colors, contact sheets.

Imports nothing else of the engine.
"""
