"""One in-between to look at, and what the panel shows beside it.

Imports `retime` and what it stands on.
"""
