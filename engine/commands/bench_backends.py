"""Torch and ONNX Runtime side by side on one machine: time, parity, size."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.request import DEFAULT_WEIGHTS

from ..inference.backends import made_by, runs_on, seconds_of_patches
from ..inference.export import export
from ..inference.interpolator import Task
from ..inference.weights_file import weights_path


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `hifi-ofx bench backends` prints."""
    if arguments.repeats < 1:
        raise InvalidSetting("There must be 1 timed patch at least.", "Leave --repeats out.")
    machine = Machine(device=arguments.device)
    return backends(arguments.weights, machine, arguments.repeats, arguments.provider)


def backends(
    weights: str = DEFAULT_WEIGHTS,
    machine: Machine | None = None,
    repeats: int = 7,
    provider: str = "",
) -> dict[str, Any]:
    """ONNX Runtime's time over torch's, how far their in-betweens differ, and sizes of files.

    Both work on the same patch by turns. `ratio` is that of the fastest calls, `median_ratio` the
    median over neighboring calls: what other programs do disturbs both alike. The in-between is
    halfway between two random pictures in the model's range, which is about [0, 1] up to white.
    """
    path, used = weights_path(weights), machine or Machine()
    seconds = seconds_of_patches(path, used, provider, repeats)
    pairs = zip(seconds["onnx"], seconds["torch"], strict=True)
    return {
        "ratio": min(seconds["onnx"]) / min(seconds["torch"]),
        "median_ratio": statistics.median(one / other for one, other in pairs),
        "torch_seconds": min(seconds["torch"]),
        "onnx_seconds": min(seconds["onnx"]),
        **_parity(path, used, provider),
        "weights_bytes": path.stat().st_size,
        **_sizes(path),
        "threads": torch.get_num_threads(),
    }


def _parity(path: Path, machine: Machine, provider: str) -> dict[str, Any]:
    quality = Quality(samples=1, patch=(128, 192), cascade_depth=1)
    generator = torch.Generator().manual_seed(0)
    cells = torch.rand(1, 3, 20, 28, generator=generator)
    whole = torch.nn.functional.interpolate(cells, (136, 200), mode="bicubic")[0].clamp(0, 1)
    images, last = {}, ""
    for backend in ("torch", "onnx"):
        made = made_by(backend, path, machine, quality, provider)
        made.adapt(machine, quality)
        task = Task(quality, "bench")
        first, second = whole[:, 4:-4, 8:], whole[:, 4:-4, :-8]
        images[backend] = made.interpolate(first, second, Fraction(1, 2), task).image
        last = runs_on(made)
    apart = (images["torch"] - images["onnx"]).abs()
    return {
        "provider": last,
        "largest_difference": float(apart.max()),
        "mean_difference": float(apart.mean()),
    }


def _sizes(path: Path) -> dict[str, int]:
    with tempfile.TemporaryDirectory(prefix="hifi-bench-") as name:
        return {
            f"onnx_{precision}_bytes": export(
                path, "onnx", precision, Path(name) / "network.onnx"
            ).size
            for precision in ("fp32", "fp16")
        }
