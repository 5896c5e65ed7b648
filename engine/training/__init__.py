"""Training: `procedural` scenes, `data` out of them and out of clips, and the `run` itself.

What a run can be told lies here, for both. Nothing but the command line imports any of it.
"""
