"""The backends side by side on one machine: time, parity, sizes of files."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.request import DEFAULT_WEIGHTS

from ..inference.backends import made_by, prepare, runs_on, timed
from ..inference.export import export
from ..inference.interpolator import Task
from ..inference.onnx_runtime import installed
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
    """Each backend's time over torch's, how far their in-betweens differ, and sizes of files.

    All work on the same patch by turns. `ratio` is that of the fastest calls, `median_ratio` the
    median over neighboring calls: what other programs do disturbs all alike. `ready_seconds` are
    those from the weights file to the first patch. In-betweens are halfway between two random
    pictures in the model's range, which is about [0, 1] up to white.
    """
    path, used = weights_path(weights), machine or Machine()
    times, failures = timed(path, used, repeats, provider)
    torch_s = _inbetween("torch", path, used, provider)[0]
    return {
        "backends": [
            {
                "backend": backend,
                "seconds": min(one.seconds),
                "ratio": min(one.seconds) / min(times["torch"].seconds),
                "median_ratio": _median_ratio(one.seconds, times["torch"].seconds),
                "ready_seconds": one.ready_seconds,
                **_parity(torch_s, *_inbetween(backend, path, used, provider)),
            }
            for backend, one in times.items()
        ],
        **({"failures": failures} if failures else {}),
        "weights_bytes": path.stat().st_size,
        **(_sizes(path) if installed() else {}),
        "threads": torch.get_num_threads(),
    }


def _median_ratio(seconds: list[float], torch_s: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(seconds, torch_s, strict=True))


def _parity(expected: Tensor, image: Tensor, runs_on: str) -> dict[str, Any]:
    apart = (image - expected).abs()
    return {
        "runs_on": runs_on,
        "largest_difference": float(apart.max()),
        "mean_difference": float(apart.mean()),
    }


def _inbetween(backend: str, path: Path, machine: Machine, provider: str) -> tuple[Tensor, str]:
    """An in-between of a pan, and what made it."""
    quality = Quality(samples=1, patch=(128, 192), cascade_depth=1)
    generator = torch.Generator().manual_seed(0)
    cells = torch.rand(1, 3, 20, 28, generator=generator)
    whole = torch.nn.functional.interpolate(cells, (136, 200), mode="bicubic")[0].clamp(0, 1)
    made = made_by(backend, path, machine, quality, provider)
    made.adapt(machine, quality)
    prepare(made, quality)
    first, second = whole[:, 4:-4, 8:], whole[:, 4:-4, :-8]
    image = made.interpolate(first, second, Fraction(1, 2), Task(quality, "bench")).image
    return image, runs_on(made)


def _sizes(path: Path) -> dict[str, int]:
    with tempfile.TemporaryDirectory(prefix="hifi-bench-") as name:
        return {
            f"onnx_{precision}_bytes": export(
                path, "onnx", precision, Path(name) / "network.onnx"
            ).size
            for precision in ("fp32", "fp16")
        }
