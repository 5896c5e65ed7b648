"""Motion between two frames: found by a network, applied to the frames, and weighed."""
