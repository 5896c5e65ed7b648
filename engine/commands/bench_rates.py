"""What a device reaches at most: large convolutions, a large matrix product, a large copy."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .bench_counted import Convolution, Counted

Call = Callable[[], object]
FORMATS = {"planes": torch.contiguous_format, "pixels": torch.channels_last}
_SIDES = 32, 512  # of a large convolution's picture


class Seconds(NamedTuple):
    """How long something took: by the clock, and of all processors together."""

    clock: float
    cpu: float


class Large(NamedTuple):
    """How large is large: enough that a device is as fast as it gets, and no more."""

    flops: float  # of a convolution or product
    bytes: int  # that are copied

    @classmethod
    def on(cls, device: torch.device) -> Large:
        """On this kind of device."""
        return cls(1.5e9, 1 << 27) if device.type == "cpu" else cls(4e11, 1 << 31)


class Rates(NamedTuple):
    """What was reached in a second, on the clock or of the processors."""

    convolutions: Mapping[Convolution, float]  # operations, in the better memory format
    product: float  # operations of a matrix product
    copy: float  # bytes of a copy, read and written

    def seconds(self, of: Counted) -> float:
        """How long its layers take where each reaches what it reaches when it is large."""
        every = (flops / self.convolutions[layer] for layer, flops in of.convolutions.items())
        return sum(every) + of.products / self.product


@dataclass
class Ceiling:
    """Large calls of a network's layers, a product and a copy, to be timed beside the network."""

    calls: dict[str, Call] = field(default_factory=dict)
    _amounts: dict[str, float] = field(default_factory=dict)  # operations or bytes of a call
    _layers: list[Convolution] = field(default_factory=list)

    @classmethod
    def of(cls, layers: Iterable[Convolution], device: torch.device, dtype: torch.dtype) -> Ceiling:
        """For these layers in this arithmetic."""
        made, large = cls(), Large.on(device)
        for layer in layers:
            made._layers.append(layer)
            for name, kind in FORMATS.items():
                call, flops = _convolution(layer, large.flops, device, dtype, kind)
                made._add(f"{layer} {name}", call, flops)
        side = round((large.flops / 2) ** (1 / 3) / 64) * 64
        one, other = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
        made._add("product", lambda: one @ other, 2 * side**3)
        source = torch.ones(large.bytes // 4, device=device)
        target = torch.empty_like(source)
        made._add("copy", lambda: target.copy_(source), 2 * large.bytes)
        return made

    def rates(self, seconds: Mapping[str, float]) -> Rates:
        """What was reached where the calls took so long."""
        reached = {name: amount / seconds[name] for name, amount in self._amounts.items()}
        best = {
            layer: max(reached[f"{layer} {name}"] for name in FORMATS) for layer in self._layers
        }
        return Rates(best, reached["product"], reached["copy"])

    def _add(self, name: str, call: Call, amount: float) -> None:
        self.calls[name], self._amounts[name] = call, amount


def by_turns(
    calls: Mapping[str, Call],
    rounds: int,
    wait: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
    cpu: Callable[[], float] = time.process_time,
) -> dict[str, Seconds]:
    """What each call takes, the least of some rounds, in each of which every one is called.

    What is above the least belongs to other programs. One round before them warms up.
    """
    found: dict[str, list[Seconds]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            wait()
            began = Seconds(clock(), cpu())
            call()
            wait()
            if turn:
                found[name].append(Seconds(clock() - began.clock, cpu() - began.cpu))
    return {name: Seconds(*map(min, zip(*every, strict=True))) for name, every in found.items()}


def waiter(device: torch.device) -> Callable[[], None]:
    """What waits until a device has nothing more to do."""
    if device.type == "cuda":
        return lambda: torch.cuda.synchronize(device)
    return lambda: None


def side_of(layer: Convolution, flops: float) -> int:
    """Pixels of a square that this layer does about so many operations on."""
    wanted = math.sqrt(flops / layer.flops(64, 64)) * 64
    least, most = _SIDES
    return min(most, max(least, math.ceil(wanted / 16) * 16))


def _convolution(
    layer: Convolution,
    flops: float,
    device: torch.device,
    dtype: torch.dtype,
    kind: torch.memory_format,
) -> tuple[Callable[[], Tensor], float]:
    """A large one that can be called, and its operations."""
    side = side_of(layer, flops)
    made = nn.ConvTranspose2d if layer.transposed else nn.Conv2d
    module = made(layer.inputs, layer.outputs, layer.kernel, layer.stride, (layer.kernel - 1) // 2)
    module = module.to(device, dtype).to(memory_format=kind)  # type: ignore[call-overload]
    x = torch.randn(1, layer.inputs, side, side, device=device, dtype=dtype)
    x = x.contiguous(memory_format=kind)
    return torch.inference_mode()(lambda: module(x)), layer.flops(side, side)
