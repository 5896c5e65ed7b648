"""What stays in memory between two questions, and what is given back to the system.

Imports nothing else of the engine.
"""
