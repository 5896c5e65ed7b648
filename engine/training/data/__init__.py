"""What a network is trained on: clips, photographs and rendered scenes as batches.

Imports `training.procedural`, and the cascade for what a batch is conditioned on.
"""
