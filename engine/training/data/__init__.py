"""What a network is trained on: clips, photographs and rendered scenes, and their mixture.

Imports `training.procedural`, the settings, and sizes of the paper's networks and cascade.
"""
