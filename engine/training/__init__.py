"""Training: data out of moving layers and video clips, the paper's loss, resumable runs."""
