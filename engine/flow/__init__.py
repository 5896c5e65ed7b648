"""Motion between two frames and the in-between it makes: what the paper leaves to training.

Imports the paper's modules and the color range. Tensors in, tensors out.
"""
