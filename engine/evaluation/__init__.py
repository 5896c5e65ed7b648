"""Weights against frames whose in-betweens are known: benchmarks, methods, figures, ablations.

Imports `inference`, `pictures`, of `retime` how a frame becomes an image, and what those stand on.
"""
