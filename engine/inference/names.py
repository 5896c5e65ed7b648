"""What there is to choose from, by name: for a front end that shows it before torch is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONFIGS = ("paper", "aligned")  # networks.py
FORMATS, PRECISIONS = ("onnx", "torchscript"), ("fp32", "fp16")  # export.py
DIFFUSION_WEIGHTS = "hifi-ofx weights 1"  # a weights file's format; checkpoint.py
MOTION_WEIGHTS = "hifi-ofx motion weights 1"  # motion_weights.py

# Settings of `Quality` that change what networks of a kind make.
_EVERY = frozenset({"samples", "early_stop", "patch", "cascade_depth"})
MOTION = _EVERY | {"motion", "motion_path"}
WARPING = _EVERY | {"overlap", "merge", "edges", "average"}
DIFFUSION = WARPING | {"steps", "base_steps", "seed"}


def acts(config: Mapping[str, Any]) -> frozenset[str]:
    """Settings that change the picture of a diffusion network of this config, as JSON values.

    Neither steps nor noise do where x is said from t = 1.
    """
    return WARPING if config.get("align") == "flow" and config.get("direct") else DIFFUSION
