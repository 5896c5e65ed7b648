"""A network at work: weights files, devices, memory, timing, and two images to one.

Imports `flow` and `paper`. Knows images, not frames of a plate.
"""
