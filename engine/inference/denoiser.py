"""The network on a device: padding, precision, batches that fit, and who is told of calls."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import psutil
import torch
from torch import Tensor

from hifi_ofx.errors import InvalidSetting, OutOfMemory
from hifi_ofx.quality import Machine

from ..paper.unet import NetworkConfig, UNet, padded
from .spans import span

log = logging.getLogger(__name__)

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_USABLE = 0.8  # of the free memory; the rest is for the frames and for fragmentation


class Denoising(Protocol):
    """What predicts v of patches: a `UNet`, or another runtime's."""

    @property
    def config(self) -> NetworkConfig:
        """The network's shape."""

    @property
    def runs_on(self) -> str:
        """What does the arithmetic, for logs and for times that are kept."""

    def __call__(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """V, shaped as z; see `UNet.forward`."""


@dataclass
class NetworkDenoiser:
    """v for batches of patches, from a network on `device` in `dtype` arithmetic.

    `batch` shrinks for good when the device runs out of memory.
    """

    network: Denoising
    device: torch.device
    dtype: torch.dtype
    batch: int = 1
    _before_call: Callable[[], None] | None = None

    def __call__(self, z: Tensor, t: Tensor, condition: Tensor, fraction: float) -> Tensor:
        """V for z (B, 3, h, w), condition (B, C, h, w), t scalar, at any height and width."""
        while True:
            try:
                return self._in_batches(z, t, condition, fraction)
            except torch.OutOfMemoryError:
                self._halve(z)

    @contextlib.contextmanager
    def telling(self, before_call: Callable[[], None]) -> Iterator[None]:
        """Within it, `before_call` is called before every network call.

        It may raise Cancelled, which is how a render stops within one call.
        """
        outer, self._before_call = self._before_call, before_call
        try:
            yield
        finally:
            self._before_call = outer

    def timing_key(self, patch: tuple[int, int]) -> str:
        """What the time of a call depends on, beside the device."""
        config = self.network.config
        network = f"{'-'.join(map(str, config.widths))} in {config.input_channels}"
        runs_on = self.network.runs_on
        return f"{runs_on} {self.dtype} {network} {patch[0]}x{patch[1]} x{self.batch}"

    def _in_batches(self, z: Tensor, t: Tensor, condition: Tensor, fraction: float) -> Tensor:
        groups = [slice(i, i + self.batch) for i in range(0, len(z), self.batch)]
        parts = [self._call(z[group], condition[group], t, fraction) for group in groups]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    @span("network")
    def _call(self, z: Tensor, condition: Tensor, t: Tensor, fraction: float) -> Tensor:
        if self._before_call:
            self._before_call()
        height, width = z.shape[-2:]
        z, condition = (padded(image, self.network.config.multiple) for image in (z, condition))
        times, fractions = t.expand(len(z)), torch.full((len(z),), fraction, device=z.device)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            v: Tensor = self.network(
                z.contiguous(memory_format=torch.channels_last),
                times,
                fractions,
                condition.contiguous(memory_format=torch.channels_last),
            )
        return v[..., :height, :width].float()

    def _halve(self, z: Tensor) -> None:
        if self.batch == 1:
            height, width = z.shape[-2:]
            raise OutOfMemory(
                f"One patch of {height}x{width} pixels does not fit into the memory of "
                f"{self.device}.",
                f"Set Patch size to {height // 2}x{width // 2} or less, "
                "or free the memory that other programs hold.",
            )
        self.batch = max(1, min(self.batch, len(z)) // 2)
        torch.cuda.empty_cache()
        log.warning("out of memory on %s: %d patches per call from now on", self.device, self.batch)


def choose_device(name: str) -> torch.device:
    """The device a setting names; `auto` takes a GPU where there is one.

    Raises InvalidSetting, naming what there is, for a device this machine does not have.
    """
    available = available_devices()
    name, *others = Machine(device=name).devices
    if name == "auto" and not others:
        return torch.device(available[0])
    if others:
        raise InvalidSetting(
            f"An engine works on one device, not on {', '.join([name, *others])}.",
            "Several share a retime that is rendered from a shell or on a farm.",
        )
    if name not in available and f"{name}:0" not in available:
        raise InvalidSetting(
            f"Device {name!r} is not on this machine.", f"Choose auto, {', '.join(available)}."
        )
    return torch.device(name)


def available_devices() -> list[str]:
    """Device names that work here, the fastest first."""
    names = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return [*names, "cpu"]


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The arithmetic a setting names; `auto` is bfloat16 on GPUs that have it, else float32."""
    if precision != "auto":
        return _DTYPES[precision]
    fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


def free_memory(device: torch.device) -> int:
    """Bytes free on the device now."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def device_name(device: torch.device) -> str:
    """The device as its maker calls it."""
    return str(torch.cuda.get_device_name(device)) if device.type == "cuda" else device.type


def plan_batch(
    config: NetworkConfig, machine: Machine, patch: tuple[int, int], device: torch.device
) -> int:
    """Patches per network call: what was asked for, else as many as the free memory holds.

    On a CPU one at a time: more would only leave the caches.
    """
    if machine.batch:
        return machine.batch
    if device.type == "cpu":
        return 1
    itemsize = 2 if choose_dtype(machine.precision, device) != torch.float32 else 4
    fits = int(_USABLE * free_memory(device)) // patch_memory(config, patch, itemsize)
    return max(1, min(fits, 64))


def patch_memory(config: NetworkConfig, patch: tuple[int, int], itemsize: int = 4) -> int:
    """Estimated bytes of activations for one patch: the skips, and what the widest level holds.

    A level works with about eight tensors of its width: concatenated input, its normalised and
    activated copies, convolution workspace and result. What the first layer sees exists about four
    times in single precision.
    """
    pixels = patch[0] * patch[1]
    levels = enumerate(zip(config.widths, config.blocks, strict=True), start=1)
    skips = sum(blocks * width * pixels // 4**level for level, (width, blocks) in levels)
    working = 8 * config.widths[0] * pixels // 4
    return int(itemsize * (skips + working) + 4 * 4 * config.input_channels * pixels)


def on_device(network: UNet, machine: Machine, patch: tuple[int, int]) -> NetworkDenoiser:
    """The network ready to denoise on the machine that the settings name."""
    device = choose_device(machine.device)
    placed = network.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    return denoiser_of(placed, device, machine, patch)


def denoiser_of(
    network: Denoising, device: torch.device, machine: Machine, patch: tuple[int, int]
) -> NetworkDenoiser:
    """A network that is ready on a device, in the precision and batches that settings ask for."""
    batch = plan_batch(network.config, machine, patch, device)
    return NetworkDenoiser(network, device, choose_dtype(machine.precision, device), batch)
