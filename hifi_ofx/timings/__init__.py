"""Timing as other programs write it into their files, and as Kronos counts it."""
