"""HiFI as its paper has it: diffusion, patches, U-Net, cascade. Tensors in, tensors out.

Imports nothing of ours but the color range and `Quality`: no files, no devices, no motion.
"""
