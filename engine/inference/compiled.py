"""The networks compiled by torch for this machine; what it compiled is kept in the cache folder.

Nothing is compiled in the middle of a frame: `compile` does it before, and calls that it did not
prepare for go to torch as they are. The motion network is compiled for patches of any size. A
diffusion network is for one, since with sizes left open its compilation takes minutes more.

CUDA graphs are not recorded: they are of one shape each, keep memory for every one, and what a call
returns is overwritten by the next.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import platform
import threading
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from hifi_ofx.errors import InvalidSetting, OutputError

from ..flow.motion_network import MotionNetwork
from ..paper.unet import NetworkConfig, UNet
from .cache import made_folder
from .graphs import Graph, Inputs, denoising_graph, motion_parts

log = logging.getLogger(__name__)

LEAST = 1 << 14  # pixels of what a part of the motion network sees; less takes no time to speak of
PARITY = 1e-3  # by which a compiled part may differ from torch, in single precision
_ROUNDINGS = 8  # of the largest value, by which it may in half precision, too
_EXAMPLE = 128, 192  # that the motion network is compiled with; sides that are alike would stay so
_VERSIONS = 64  # of one function, which all blocks are; torch's own limit is 8


class Part:
    """A part of a network: compiled for the kinds of inputs that it was prepared for.

    `kind` takes the inputs, and tells apart what has to be compiled apart.
    """

    def __init__(
        self, name: str, graph: Graph, kind: Callable[..., Hashable], dynamic: bool | None = None
    ) -> None:
        self._name, self._module, self._kind = name, graph.module, kind
        self._compiled: Callable[..., Tensor] = torch.compile(graph.module, dynamic=dynamic)
        self._kinds: set[Hashable] = set()

    def __call__(self, *inputs: Tensor | None) -> Tensor:
        """What the part makes of its inputs, of which those that are None are left out."""
        given = [value for value in inputs if value is not None]
        if self._kind(*given) not in self._kinds:
            made: Tensor = self._module(*given)
            return made
        return self._compiled(*map(_laid_out, given))

    def prepare(self, inputs: Inputs, device: torch.device) -> None:
        """Compile it for such inputs; where there are several in a batch, for any number of them.

        Raises InvalidSetting where that fails, or gives something else than torch does.
        """
        given = [_laid_out(value.to(device)) for value in inputs.values()]
        kind = self._kind(*given)
        if kind in self._kinds:
            return
        log.info("torch compiles %s of the network; the first time it takes a while", self._name)
        expected = self._module(*given)
        for value in given:
            if len(value) > 1:
                torch._dynamo.maybe_mark_dynamic(value, 0)
        try:
            made = self._compiled(*given)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # of compilers, of what they link and load: no class in common
            raise _failed(str(getattr(error, "inner_exception", error))) from error
        _compare(made, expected)
        self._kinds.add(kind)


class CompiledMotion:
    """Encoder and blocks of the motion network, compiled; see `MotionBlocks`."""

    runs_on = "torch.compile"

    def __init__(self, network: MotionNetwork) -> None:
        _keep()
        self._network, self._lock = network, threading.Lock()
        self._graphs = motion_parts(network)
        self._parts = {
            name: Part(name, graph, _cells, True) for name, graph in self._graphs.items()
        }

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self._network.device

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the weights."""
        return self._network.dtype

    @property
    def encode(self) -> Part:
        """A picture (B, 3, H, W) as features (B, ENCODED, H, W)."""
        return self._parts["encode"]

    def block(self, number: int) -> Part:
        """One of the blocks, 0 the coarsest."""
        return self._parts[f"block{number}"]

    def to(self, dtype: torch.dtype, /) -> CompiledMotion:
        """Take over the arithmetic."""
        self._network.to(dtype)
        return self

    @torch.inference_mode()
    def prepare(self) -> None:
        """Compile all parts in the precision of the weights. Raises InvalidSetting."""
        with self._lock, _compiling():
            for name, graph in self._graphs.items():
                rows, columns = (math.ceil(side / graph.multiple) for side in _EXAMPLE)
                self._parts[name].prepare(graph.inputs(1, rows, columns), self.device)


class CompiledUNet:
    """A diffusion network, compiled."""

    runs_on = "torch.compile"

    def __init__(self, network: UNet) -> None:
        _keep()
        self.config: NetworkConfig = network.config
        self._graph = replace(denoising_graph(network), multiple=network.config.multiple)
        self._part, self._lock = Part("v", self._graph, _patches), threading.Lock()

    def __call__(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """V, shaped as z: (B, 3, H, W); see `UNet.forward`."""
        return self._part(z, t, fraction, condition)

    @torch.no_grad()
    def prepare(
        self, patch: tuple[int, int], batch: int, device: torch.device, dtype: torch.dtype
    ) -> None:
        """Compile it for one patch of (height, width), and for up to `batch` of them.

        Raises InvalidSetting.
        """
        rows, columns = (math.ceil(side / self._graph.multiple) for side in patch)
        halved = torch.autocast(device.type, dtype, enabled=dtype != torch.float32)
        with self._lock, _compiling(), halved:
            for patches in sorted({1, min(batch, 2)}):
                self._part.prepare(self._graph.inputs(patches, rows, columns), device)


def processor() -> str:
    """A short name of this machine's kind of processor, as far as the system tells them apart."""
    told = platform.processor() + platform.machine()
    try:
        first = Path("/proc/cpuinfo").read_text(errors="replace").partition("\n\n")[0]
        told += "".join(line for line in first.splitlines() if "MHz" not in line)
    except OSError:  # not Linux, where the line above says enough
        pass
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _keep() -> None:
    """Have torch keep what it compiles in the cache folder.

    Homes are shared by machines whose processors differ: what is compiled for one may crash on
    another. Raises OutputError where there is no folder.
    """
    kept = made_folder()
    if kept is None:
        raise OutputError(
            "There is no folder for the networks that torch compiles.",
            "Set HIFI_CACHE to one that can be written to, or take --backend torch.",
        )
    # Whatever it was: torch sets it, too, as soon as its compiler is imported.
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(kept / "compiled" / processor())


def _compiling() -> AbstractContextManager[None]:
    """Settings of torch's compiler, which are of a thread: one more patch size opens no sizes."""
    settings: AbstractContextManager[None] = torch._dynamo.config.patch(
        cache_size_limit=_VERSIONS, automatic_dynamic_shapes=False
    )
    return settings


def _cells(inputs: Tensor, flow: Tensor | None = None) -> Hashable:
    """Processors have other convolutions for small inputs, so that many sizes compile anew."""
    return inputs.dtype, len(inputs), math.prod(inputs.shape[-2:]) >= LEAST


def _patches(z: Tensor, *others: Tensor) -> Hashable:
    device = z.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else z.dtype
    return dtype, len(z) > 1, z.shape[-2:]


def _laid_out(value: Tensor) -> Tensor:
    """Pictures with their channels last, other inputs side by side: one layout to compile for."""
    if value.dim() == 4:
        return value.contiguous(memory_format=torch.channels_last)
    return value.clone(memory_format=torch.contiguous_format)


def _compare(made: Tensor, expected: Tensor) -> None:
    apart = float((made - expected).abs().max())
    rounding = _ROUNDINGS * torch.finfo(expected.dtype).eps * float(expected.abs().max())
    if not apart <= PARITY + rounding:  # nor is NaN
        raise _failed(f"what torch compiled differs from what it computes by {apart:.1e}")


def _failed(why: str) -> InvalidSetting:
    first = (why.strip() or "nothing is said of why").splitlines()[0].rstrip(".")
    return InvalidSetting(
        f"The networks cannot be compiled on this machine: {first}.",
        "Install a C++ compiler, and for a GPU Triton, or take --backend torch.",
    )
