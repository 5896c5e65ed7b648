"""Networks as graphs that other runtimes take: ONNX files, and TorchScript of the motion network.

Written by tracing: torch's newer exporter gives the same numbers, but takes 8 s to 2 min a graph
where tracing takes 0.1 s to 2.5 s, and keeps the batch of its example in the fusion network.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hifi_ofx.errors import InvalidSetting

from ..flow.motion_network import ENCODED, FEATURES, REDUCED, MotionNetwork
from ..flow.one_pass import OUTPUTS, OnePass, OneTensor
from ..paper.unet import UNet

GRAPHS = 2  # counted up where a graph takes or gives something else, so that kept ones are left
OPSET = 18  # TensorRT takes GridSample from 16 on
LARGEST = 2_000_000_000  # bytes of weights: an ONNX file is one message of less than 2 GiB
_SEEN = 2 * (3 + ENCODED) + 1  # channels that the first block of the motion network sees

Inputs = dict[str, Tensor]  # by name


@dataclass(frozen=True)
class Graph:
    """A network and random inputs for it; batch, height and width may differ from call to call.

    `example` takes (batch, height, width); both sides are multiples of `multiple`.
    """

    module: nn.Module
    example: Callable[[int, int, int], Inputs]
    outputs: tuple[str, ...]
    multiple: int

    def inputs(self, batch: int = 2, rows: int = 2, columns: int = 3) -> Inputs:
        """Random inputs, always the same ones, so many multiples high and wide."""
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(0)
            return self.example(batch, rows * self.multiple, columns * self.multiple)

    @torch.no_grad()
    def made(self, inputs: Inputs) -> tuple[Tensor, ...]:
        """What the network makes of inputs."""
        made = self.module(*inputs.values())
        return made if isinstance(made, tuple) else (made,)


def motion_graph(network: MotionNetwork) -> Graph:
    """The motion network in one pass, which takes pictures of any size; see `OnePass`."""

    def example(batch: int, height: int, width: int) -> Inputs:
        first, second = _moving(batch, height, width)
        return _as(network, first=first, second=second, fraction=torch.rand(batch))

    return Graph(OnePass(network).eval(), example, OUTPUTS, 43)


def one_tensor_graph(network: MotionNetwork) -> Graph:
    """The same with one tensor in and one out; see `OneTensor`."""

    def example(batch: int, height: int, width: int) -> Inputs:
        fraction = torch.rand(batch, 1, 1, 1).expand(-1, -1, height, width)
        return _as(network, planes=torch.cat([*_moving(batch, height, width), fraction], dim=1))

    return Graph(OneTensor(network).eval(), example, ("made",), 43)


def motion_parts(network: MotionNetwork) -> dict[str, Graph]:
    """Encoder and blocks of the motion network by name, as `motion_stages.find` calls them."""

    def picture(batch: int, height: int, width: int) -> Inputs:
        return _as(network, picture=torch.rand(batch, 3, height, width))

    def cells(batch: int, height: int, width: int) -> Inputs:
        return _as(network, inputs=torch.rand(batch, _SEEN, height, width))

    def moving_cells(batch: int, height: int, width: int) -> Inputs:
        inputs = torch.rand(batch, _SEEN + 1 + FEATURES, height, width)
        flow = 4 * torch.randn(batch, 4, height, width)
        return {**_as(network, inputs=inputs), "flow": flow}  # flow is always in single precision

    parts = {"encode": Graph(network.encode, picture, ("features",), 2)}
    for number in range(len(REDUCED)):
        example = moving_cells if number else cells
        parts[f"block{number}"] = Graph(_Part(network.block(number)), example, ("found",), 4)
    return parts


def denoising_graph(network: UNet) -> Graph:
    """A diffusion network, with or without warped frames: z, t, fraction and condition to v."""

    def example(batch: int, height: int, width: int) -> Inputs:
        return {
            "z": torch.randn(batch, 3, height, width),
            "t": torch.linspace(1.0, 0.4, batch),
            "fraction": torch.linspace(0.5, 0.3, batch),
            "condition": _smooth(batch, network.config.condition_channels, height, width),
        }

    return Graph(network, example, ("v",), 2 * network.config.multiple)


def in_half(network: UNet) -> UNet:
    """A copy whose convolutions and linear layers are in half precision, all else in single.

    So norms, softmax, positions to sample at and the picture itself lose nothing.
    """
    halved = copy.deepcopy(network)
    layers = [
        (parent, name, layer)
        for parent in halved.modules()
        for name, layer in parent.named_children()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
    for parent, name, layer in layers:
        setattr(parent, name, _Half(layer))
    return halved


def write_onnx(graph: Graph, path: Path, metadata: Mapping[str, str]) -> None:
    """Write a graph as an ONNX file with metadata inside.

    Raises InvalidSetting for a network that is too large for a file.
    """
    size = sum(tensor.nbytes for tensor in graph.module.state_dict().values())
    if size > LARGEST:
        raise InvalidSetting(
            f"The network has {size / 1e9:.1f} GB of weights; an ONNX file holds less than 2 GiB.",
            "Take half precision, as in --precision fp16, or --backend torch.",
        )
    inputs = graph.inputs()
    names = [*inputs, *graph.outputs]
    shapes = {
        name: {0: "batch"} if name in inputs and inputs[name].dim() == 1 else _SIZES
        for name in names
    }
    with _quiet():
        torch.onnx.export(
            graph.module,
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=list(graph.outputs),
            dynamic_axes=shapes,
            opset_version=OPSET,
            dynamo=False,
        )
    _describe(path, metadata)


def write_torchscript(graph: Graph, path: Path, metadata: Mapping[str, str]) -> None:
    """Write a graph as TorchScript, each entry of the metadata as an extra file of that name."""
    with _quiet(), torch.no_grad():
        example = tuple(graph.inputs().values())
        traced = torch.jit.trace(graph.module, example, check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, path, dict(metadata))


def opened_torchscript(path: Path) -> Callable[[Tensor], Tensor]:
    """A TorchScript file, ready to run on the CPU."""
    with _quiet():
        traced: Callable[[Tensor], Tensor] = torch.jit.load(str(path), "cpu")  # type: ignore[no-untyped-call]
    return traced


def difference(
    graph: Graph, run: Callable[[Inputs], tuple[Tensor, ...]], exact: Graph | None = None
) -> float:
    """The largest difference between a graph's outputs and what `run` makes of random inputs.

    Over batches and sizes that differ from those it was traced with. `exact` is the graph in single
    precision to compare one in half precision with.
    """
    worst = 0.0
    for batch, rows, columns in ((1, 2, 2), (3, 3, 2)):
        inputs = graph.inputs(batch, rows, columns)
        expected = (exact or graph).made(
            {name: value.float() for name, value in inputs.items()} if exact else inputs
        )
        for one, other in zip(run(inputs), expected, strict=True):
            apart = float((one.float() - other.float()).abs().max())
            worst = max(worst, apart if apart == apart else float("inf"))
    return worst


class _Half(nn.Module):
    """A layer in half precision between others in single."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer.half()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x.half())
        return y.float()


class _Part(nn.Module):
    """A block of the motion network; the first one is told no flow."""

    def __init__(self, block: Callable[[Tensor, Tensor | None], Tensor]) -> None:
        super().__init__()
        self.block = block

    def forward(self, inputs: Tensor, flow: Tensor | None = None) -> Tensor:
        return self.block(inputs, flow)


_SIZES = {0: "batch", 2: "height", 3: "width"}


def _as(network: MotionNetwork, **inputs: Tensor) -> Inputs:
    """Inputs in the precision of the network."""
    return {name: value.to(network.dtype) for name, value in inputs.items()}


def _smooth(batch: int, channels: int, height: int, width: int) -> Tensor:
    """Random pictures in [0, 1] that can be warped: noise with detail of about eight pixels."""
    cells = torch.rand(batch, channels, height // 8 + 2, width // 8 + 2)
    return F.interpolate(cells, (height, width), mode="bilinear")


def _moving(batch: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Two windows of one picture, three pixels right and two down of one another."""
    whole = _smooth(batch, 3, height + 2, width + 3)
    return whole[..., 2:, 3:], whole[..., :-2, :-3]


def _describe(path: Path, metadata: Mapping[str, str]) -> None:
    import onnx

    model = onnx.load(path)
    onnx.helper.set_model_props(model, dict(metadata))
    onnx.save(model, path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Tracing warns of every size that it records, and of there being a newer exporter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
