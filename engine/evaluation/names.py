"""What there is to choose from, by name: for a front end that shows it before torch is there."""

from __future__ import annotations

BENCHMARKS = (
    "triplets", "vimeo", "xiph-2k", "xiph-4k", "x-test-2k", "x-test-4k", "sepe-8k", "lamor",
)  # fmt: skip
METHODS = ("ours", "blend", "nearest", "dis", "guide")
LPIPS = ("alex", "vgg", "squeeze")  # whose features it compares, as the package calls them
TILING_START = 0.125  # the diffusion time that is noised to: step 8 of 64
