"""Frames of a plate on disk: pixels in their own types, layers, windows, timecode, formats.

Imports nothing else of the engine: no tensors, no networks.
"""
