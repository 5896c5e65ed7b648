"""Weights of either kind, from a file."""

from __future__ import annotations

from pathlib import Path

from hifi_ofx.waiting import Check, unasked

from .checkpoint import Weights, from_stored, read_tensors
from .motion_weights import FORMAT as MOTION_FORMAT
from .motion_weights import MotionWeights, motion_from_stored
from .weights_file import check_shipped


def load(path: Path, check: Check = unasked) -> Weights | MotionWeights:
    """Weights from a file; a shipped one must have the SHA-256 that is written down for it.

    Raises WeightsError for a file that is missing, damaged or of another kind.
    """
    check_shipped(path, check)
    tensors, metadata = read_tensors(path, check)
    if metadata.get("format") == MOTION_FORMAT:
        return motion_from_stored(path, tensors, metadata)
    return from_stored(path, tensors, metadata)
