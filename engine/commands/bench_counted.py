"""What tensors' operations cost, counted: floating-point operations, bytes, and by which layers."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry, sdpa_flop_count

_ATTENTION = "_scaled_dot_product_flash_attention_for_cpu"  # torch's table lacks it
# Operations that only look at what is there, or leave it empty: they move no bytes.
_VIEWS = frozenset(
    {
        "view", "_unsafe_view", "reshape", "_reshape_alias", "expand", "permute", "transpose", "t",
        "select", "slice", "split", "split_with_sizes", "unsqueeze", "squeeze", "unbind", "detach",
        "alias", "as_strided", "unfold", "new_empty", "empty", "empty_like", "empty_strided",
    }
)  # fmt: skip


class Convolution(NamedTuple):
    """A layer by what decides how fast it can be."""

    inputs: int  # channels
    outputs: int
    kernel: int  # pixels, across and down
    stride: int = 1
    transposed: bool = False

    def flops(self, height: int, width: int) -> int:
        """Operations for an input of so many pixels (a multiply-add is two)."""
        pixels = height * width
        pixels = pixels if self.transposed else pixels // self.stride**2
        return 2 * pixels * self.inputs * self.outputs * self.kernel**2


@dataclass
class Counted:
    """What was counted."""

    convolutions: Counter[Convolution] = field(default_factory=Counter)  # operations by layer
    products: int = 0  # operations of matrix products and attention
    bytes: int = 0  # that operations read and wrote, each by itself
    seconds: dict[str, float] = field(default_factory=dict)  # by operation

    @property
    def flops(self) -> int:
        """All floating-point operations of layers; what is done by the pixel does not count."""
        return self.convolutions.total() + self.products


def counted(
    work: Callable[[], object],
    wait: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> Counted:
    """What a piece of work costs that this thread does once; `wait` is for the device."""
    mode = _Counting(wait, clock)
    with mode:
        work()
    return mode.counted


class _Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Looks at every operation that is done within it."""

    def __init__(self, wait: Callable[[], None], clock: Callable[[], float]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.counted = Counted()
        self._wait, self._clock = wait, clock

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        packet = func._overloadpacket
        if packet not in flop_registry:
            with self:  # in inference mode layers come whole, else in the parts that are counted
                parts = func.decompose(*args, **(kwargs or {}))
            if parts is not NotImplemented:
                return parts
        began = self._clock()
        out = func(*args, **(kwargs or {}))
        self._wait()
        took = self.counted.seconds
        took[packet.__name__] = took.get(packet.__name__, 0.0) + self._clock() - began
        if packet is torch.ops.aten.convolution:
            layer = _layer(args)
            flops = flop_registry[packet](*args, **(kwargs or {}), out_val=out)
            self.counted.convolutions[layer] += int(flops)
        elif packet.__name__ == _ATTENTION:
            shapes = (one.shape for one in args[:3])
            self.counted.products += int(sdpa_flop_count(*shapes))  # type: ignore[no-untyped-call]
        elif packet in flop_registry:
            flops = flop_registry[packet](*args, **(kwargs or {}), out_val=out)
            self.counted.products += int(flops)
        if packet.__name__ not in _VIEWS:
            self.counted.bytes += sum(map(_bytes, _tensors((args, kwargs, out))))
        return out


def _layer(args: Sequence[Any]) -> Convolution:
    weight, stride, transposed = args[1], args[3][0], bool(args[6])
    one, other, kernel = weight.shape[0], weight.shape[1] * args[8], weight.shape[2]
    inputs, outputs = (one, other) if transposed else (other, one)
    return Convolution(inputs, outputs, kernel, stride, transposed)


def _tensors(values: object) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, Mapping):
        yield from _tensors(list(values.values()))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _tensors(value)


def _bytes(tensor: Tensor) -> int:
    return math.prod(tensor.shape) * tensor.itemsize
