"""Which runtime the networks run on: torch, or ONNX Runtime; `auto` takes the faster one.

That is measured once for each machine and weights file, and kept in the user's cache folder. The
rest of the way to an in-between is the same code on either.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from hifi_ofx import __version__
from hifi_ofx.errors import HifiError
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.waiting import Check, attended, unasked

from ..flow.motion_stages import find
from .cache import keep, kept
from .denoiser import choose_device, choose_dtype, denoiser_of, device_name, on_device
from .diffusion_interpolator import DiffusionInterpolator
from .flow_interpolator import FlowInterpolator, motion_on_device
from .interpolator import Interpolator
from .motion_weights import MotionWeights
from .onnx_networks import onnx_motion, onnx_unet
from .onnx_runtime import installed, providers, runtime
from .weights_file import sha256
from .zoo import load

log = logging.getLogger(__name__)

_FILE = "backends.json"  # in the cache folder
FASTER = 0.9  # of torch's time is what ONNX Runtime takes at most, to be taken instead
SIZE = (256, 384)  # of the patch that both are timed with
_ROUNDS = 3  # timed by turns; the fastest call of each counts


@dataclass(frozen=True)
class Choice:
    """What `auto` takes on this machine, and the seconds of a patch that it goes by."""

    backend: str  # torch or onnx
    torch_seconds: float | None = None
    onnx_seconds: float | None = None
    provider: str = ""
    failure: str = ""  # of ONNX Runtime

    def __str__(self) -> str:
        if self.torch_seconds is None or self.onnx_seconds is None:
            return f"torch: {self.failure or 'nothing was measured'}"
        return (
            f"{self.backend}: {self.torch_seconds:.3f} s on torch, "
            f"{self.onnx_seconds:.3f} s on {self.provider}"
        )


def interpolator_of(
    path: Path, machine: Machine, quality: Quality, check: Check = unasked
) -> Interpolator:
    """The interpolator of a weights file of any kind, on the backend that the settings name.

    Raises WeightsError for the file, InvalidSetting for a device or runtime that is not there, and
    whatever `check` raises, which is called meanwhile.
    """
    backend = machine.backend
    if backend == "auto":
        backend = attended(lambda: chosen(path, machine), check).backend
    return made_by(backend, path, machine, quality, check=check)


def made_by(
    backend: str,
    path: Path,
    machine: Machine,
    quality: Quality,
    provider: str = "",
    check: Check = unasked,
) -> Interpolator:
    """The same on this backend; `provider` is ONNX Runtime's, instead of the best one there is."""
    weights = load(path, check)
    if backend == "torch":
        if isinstance(weights, MotionWeights):
            return motion_on_device(weights.network(), machine)
        return DiffusionInterpolator(on_device(weights.network(), machine, quality.patch))
    made: Callable[[], Any] = lambda: load(path).network()  # noqa: E731  (weights in memory once)
    of, digest = machine.device, sha256(path)
    if isinstance(weights, MotionWeights):
        motion = onnx_motion(made, digest, of, provider)
        return FlowInterpolator(motion, motion.device)
    unet = onnx_unet(made, weights.config, digest, of, provider)
    return DiffusionInterpolator(denoiser_of(unet, unet.sessions.device, machine, quality.patch))


def chosen(path: Path, machine: Machine) -> Choice:
    """What `auto` takes for a weights file: as it was measured here, now if it never was."""
    if not installed():
        return Choice("torch")
    key = _key(path, machine)
    known = choices()
    if key not in known:
        known = {**known, key: measured(path, machine)}
        keep(_FILE, {name: asdict(choice) for name, choice in known.items()})
    return known[key]


def choices() -> dict[str, Choice]:
    """Every choice that is kept on this machine, by what it was measured with, in words."""
    try:
        return {key: Choice(**values) for key, values in kept(_FILE).items()}
    except TypeError:  # of another version
        return {}


def measured(path: Path, machine: Machine) -> Choice:
    """Both backends timed with one patch of a weights file's network."""
    try:
        seconds = seconds_of_patches(path, machine, "", _ROUNDS)
    except (HifiError, torch.OutOfMemoryError) as error:
        log.warning("ONNX Runtime cannot be used here, torch is: %s", error)
        return Choice("torch", failure=str(error))
    torch_best, onnx_best = min(seconds["torch"]), min(seconds["onnx"])
    backend = "onnx" if onnx_best < FASTER * torch_best else "torch"
    return Choice(backend, torch_best, onnx_best, providers(machine.device)[0])


def seconds_of_patches(
    path: Path, machine: Machine, provider: str, rounds: int
) -> dict[str, list[float]]:
    """Seconds that each backend takes for one patch of a weights file's network, by turns."""
    quality = Quality(patch=SIZE)
    both = {kind: made_by(kind, path, machine, quality, provider) for kind in ("torch", "onnx")}
    return _by_turns({kind: _one_patch(made, machine) for kind, made in both.items()}, rounds)


def runs_on(interpolator: Interpolator) -> str:
    """What does the arithmetic of an interpolator's network: torch, or a provider."""
    if isinstance(interpolator, FlowInterpolator):
        return interpolator.network.runs_on
    assert isinstance(interpolator, DiffusionInterpolator)  # there are two kinds
    return interpolator.denoiser.network.runs_on


def _by_turns(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each call, by turns, so that both see the same load; the first one warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def _one_patch(interpolator: Interpolator, machine: Machine) -> Callable[[], object]:
    """The work of its network on one patch, to be timed."""
    if isinstance(interpolator, FlowInterpolator):
        interpolator.adapt(machine, Quality(patch=SIZE))
        pair = torch.rand(2, 1, 3, *SIZE)
        motion, half = interpolator.network, torch.tensor([0.5])
        return torch.inference_mode()(lambda: find(motion, pair[0], pair[1], half, patch=SIZE))
    assert isinstance(interpolator, DiffusionInterpolator)
    denoiser = interpolator.denoiser
    z = torch.randn(1, 3, *SIZE, device=denoiser.device)
    channels = denoiser.network.config.condition_channels
    condition = torch.rand(1, channels, *SIZE, device=denoiser.device)
    t = torch.tensor(0.5, device=denoiser.device)
    return torch.no_grad()(lambda: denoiser(z, t, condition, 0.5).cpu())


def _key(path: Path, machine: Machine) -> str:
    """What a choice depends on."""
    device = choose_device(machine.device)
    parts = (
        f"{path.stem} {sha256(path)[:16]}",
        f"{device_name(device)} ({machine.device})",
        str(choose_dtype(machine.precision, device)).removeprefix("torch."),
        f"{torch.get_num_threads()} threads",
        f"torch {torch.__version__}",
        f"onnxruntime {runtime().__version__} {providers(machine.device)[0]}",
        f"hifi-ofx {__version__}",
    )
    return ", ".join(parts)
