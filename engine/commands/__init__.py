"""Commands of `python -m engine`, a module each, and `serve`, which hosts drive.

Imports whatever it runs. Nothing but `__main__` imports it.
"""
