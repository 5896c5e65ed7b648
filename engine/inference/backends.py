"""Which backend runs the networks: torch, torch's compiler or ONNX Runtime; `auto`: the fastest.

That is measured once for each machine and weights file, and kept in the user's cache folder. The
rest of the way to an in-between is the same code on each.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import torch

from hifi_ofx import __version__
from hifi_ofx.errors import HifiError
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.waiting import Check, attended, unasked

from ..flow.motion_network import MotionBlocks, MotionNetwork
from ..flow.motion_stages import find
from ..paper.unet import UNet
from .cache import keep, kept
from .compiled import CompiledMotion, CompiledUNet, processor
from .denoiser import Denoising, choose_device, choose_dtype, denoiser_of, device_name, on_device
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
FASTER = 0.9  # of torch's time is what another backend takes at most, to be taken instead
SIZE = (256, 384)  # of the patch that all are timed with
_ROUNDS = 3  # timed by turns; the fastest call of each counts


@dataclass(frozen=True)
class Choice:
    """What `auto` takes on this machine, and what it goes by, by backend."""

    backend: str
    seconds: Mapping[str, float]  # of a patch
    failures: Mapping[str, str]  # of what cannot be used here

    def __str__(self) -> str:
        measured = [f"{seconds:.3f} s on {name}" for name, seconds in self.seconds.items()]
        failed = [f"not {name}: {why}" for name, why in self.failures.items()]
        return f"{self.backend}: {', '.join(measured + failed)}"


@dataclass(frozen=True)
class Wanted:
    """A weights file, where and how its network is to run."""

    path: Path
    machine: Machine
    quality: Quality
    provider: str = ""  # of ONNX Runtime, instead of the best one there is
    check: Check = unasked


class Timed(NamedTuple):
    """A backend's way to its first patch, and then the same patch by turns with other backends."""

    ready_seconds: float
    seconds: list[float]


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
    return BACKENDS[backend](Wanted(path, machine, quality, provider, check))


def _on_torch(wanted: Wanted) -> Interpolator:
    weights = load(wanted.path, wanted.check)
    if isinstance(weights, MotionWeights):
        return motion_on_device(weights.network(), wanted.machine)
    network = on_device(weights.network(), wanted.machine, wanted.quality.patch)
    return DiffusionInterpolator(network)


def _on_compiler(wanted: Wanted) -> Interpolator:
    made = _on_torch(wanted)
    if isinstance(made, FlowInterpolator):
        assert isinstance(made.network, MotionNetwork)  # it is torch's
        return replace(made, network=CompiledMotion(made.network))
    assert isinstance(made, DiffusionInterpolator)  # there are two kinds
    assert isinstance(made.denoiser.network, UNet)
    made.denoiser.network = CompiledUNet(made.denoiser.network)
    return made


def _on_onnx(wanted: Wanted) -> Interpolator:
    weights = load(wanted.path, wanted.check)
    # Weights are in memory once.
    made: Callable[[], Any] = lambda: load(wanted.path).network()  # noqa: E731
    machine, digest = wanted.machine, sha256(wanted.path)
    if isinstance(weights, MotionWeights):
        motion = onnx_motion(made, digest, machine.device, wanted.provider)
        return FlowInterpolator(motion, motion.device)
    unet = onnx_unet(made, weights.config, digest, machine.device, wanted.provider)
    device, patch = unet.sessions.device, wanted.quality.patch
    return DiffusionInterpolator(denoiser_of(unet, device, machine, patch))


BACKENDS: Mapping[str, Callable[[Wanted], Interpolator]] = MappingProxyType(
    {"torch": _on_torch, "compiled": _on_compiler, "onnx": _on_onnx}
)


def there() -> list[str]:
    """The backends that may be used here; whether there is a compiler shows when it is asked."""
    return [name for name in BACKENDS if name != "onnx" or installed()]


def prepare(interpolator: Interpolator, quality: Quality, check: Check = unasked) -> None:
    """Compile what a network will be called with, where its backend compiles and it is not yet.

    Raises InvalidSetting where that fails, and whatever `check` raises, which is called meanwhile.
    """
    network = _network(interpolator)
    if isinstance(network, CompiledMotion):
        attended(network.prepare, check)
    elif isinstance(network, CompiledUNet):
        assert isinstance(interpolator, DiffusionInterpolator)  # whose network it is
        on = interpolator.denoiser
        attended(lambda: network.prepare(quality.patch, on.batch, on.device, on.dtype), check)


def chosen(path: Path, machine: Machine) -> Choice:
    """What `auto` takes for a weights file: as it was measured here, now if it never was."""
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
    """All backends that are there timed with one patch of a weights file's network."""
    times, failures = timed(path, machine, _ROUNDS)
    for backend, why in failures.items():
        log.warning("The backend %s cannot be used here: %s", backend, why)
    seconds = {backend: min(one.seconds) for backend, one in times.items()}
    enough = FASTER * seconds.get("torch", math.inf)
    faster = [name for name in seconds if name != "torch" and seconds[name] < enough]
    return Choice(min(faster, key=seconds.__getitem__, default="torch"), seconds, failures)


def timed(
    path: Path, machine: Machine, rounds: int, provider: str = ""
) -> tuple[dict[str, Timed], dict[str, str]]:
    """What one patch of a weights file's network takes on each backend; why others cannot do it."""
    calls: dict[str, Callable[[], object]] = {}
    ready, failures = {}, {}
    for backend in there():
        began = time.perf_counter()
        try:
            calls[backend] = _one_patch(backend, path, machine, provider)
            calls[backend]()
        except (HifiError, torch.OutOfMemoryError) as error:
            calls.pop(backend, None)
            failures[backend] = str(error)
        else:
            ready[backend] = time.perf_counter() - began
    seconds = _by_turns(calls, rounds)
    return {name: Timed(ready[name], seconds[name]) for name in calls}, failures


def runs_on(interpolator: Interpolator) -> str:
    """What does the arithmetic of an interpolator's network: torch, its compiler, or a provider."""
    return _network(interpolator).runs_on


def _network(interpolator: Interpolator) -> MotionBlocks | Denoising:
    if isinstance(interpolator, FlowInterpolator):
        return interpolator.network
    assert isinstance(interpolator, DiffusionInterpolator)  # there are two kinds
    return interpolator.denoiser.network


def _by_turns(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each call, by turns, so that all see the same load."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def _one_patch(backend: str, path: Path, machine: Machine, provider: str) -> Callable[[], object]:
    """The work of a network on one patch, to be timed."""
    quality = Quality(patch=SIZE)
    interpolator = made_by(backend, path, machine, quality, provider)
    interpolator.adapt(machine, quality)
    prepare(interpolator, quality)
    if isinstance(interpolator, FlowInterpolator):
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
    onnx = "no onnxruntime"
    if installed():
        onnx = f"onnxruntime {runtime().__version__} {providers(machine.device)[0]}"
    parts = (
        f"{path.stem} {sha256(path)[:16]}",
        f"{device_name(device)} ({machine.device})",
        f"processor {processor()}",
        str(choose_dtype(machine.precision, device)).removeprefix("torch."),
        f"{torch.get_num_threads()} threads",
        f"torch {torch.__version__}",
        onnx,
        f"hifi-ofx {__version__}",
    )
    return ", ".join(parts)
