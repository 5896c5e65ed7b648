"""A retime: plan, shots, in-betweens layer by layer, and frames on disk.

Imports `plate` and `inference`, and what those stand on.
"""
