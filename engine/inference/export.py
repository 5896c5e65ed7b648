"""Networks as files for other programs, compared with torch before they get their name."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from hifi_ofx import __version__
from hifi_ofx.errors import EngineError, InvalidSetting, OutputError

from .checkpoint import read_tensors
from .graphs import (
    Graph,
    Inputs,
    denoising_graph,
    difference,
    in_half,
    motion_graph,
    one_tensor_graph,
    opened_torchscript,
    write_onnx,
    write_torchscript,
)
from .motion_weights import MotionWeights
from .onnx_runtime import runtime
from .weights_file import sha256
from .zoo import load

TOLERANCE = 1e-3  # of what a file in single precision says, to what torch says of the same
PLANES = "first RGB, second RGB, fraction; made: RGB, visibility, forward x y, backward x y"


@dataclass(frozen=True)
class Exported:
    """A file that was written, and how far it is from torch in single precision, at most."""

    path: Path
    size: int  # bytes
    difference: float


def export(weights: Path, kind: str, precision: str, target: Path) -> Exported:
    """Write a network as an ONNX file or as TorchScript, complete or not at all.

    Raises InvalidSetting for what a kind of weights cannot be, OutputError where the file cannot
    be written, EngineError where it does not say what torch says.
    """
    if kind == "onnx":
        runtime()
    graph, exact = graph_of(weights, kind, precision)
    partial = target.with_name(f".{target.name}.partial")
    write, opened = (write_onnx, _on_onnx) if kind == "onnx" else (write_torchscript, _on_torch)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write(graph, partial, description(weights, kind, precision))
        apart = difference(graph, opened(partial), exact)
        if precision == "fp32" and not apart < TOLERANCE:
            raise EngineError(
                f"{target} was not written: it differs from torch by {apart:.2g}, and may by "
                f"{TOLERANCE:g}.",
                "Another version of torch or onnxruntime may do better; see constraints.txt.",
            )
        partial.replace(target)
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: {error}.", "Check space, rights."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    return Exported(target, target.stat().st_size, apart)


def graph_of(weights: Path, kind: str, precision: str) -> tuple[Graph, Graph | None]:
    """What a file is made of, and for half precision the same in single, to compare with."""
    loaded = load(weights)
    if isinstance(loaded, MotionWeights):
        made = motion_graph if kind == "onnx" else one_tensor_graph
        whole = made(loaded.network())
        return (made(loaded.network().half()), whole) if precision == "fp16" else (whole, None)
    if kind == "torchscript":
        raise InvalidSetting(
            f"Weights {weights.stem!r} are a diffusion network, which takes patches and noise: "
            "Nuke's Inference node cannot drive it.",
            "Export the motion network, as in --weights motion, or --format onnx.",
        )
    network = loaded.network()
    exact = denoising_graph(network)
    return (denoising_graph(in_half(network)), exact) if precision == "fp16" else (exact, None)


def description(weights: Path, kind: str, precision: str) -> dict[str, str]:
    """The metadata of the weights file, and where the exported one comes from."""
    _, metadata = read_tensors(weights)
    made = {
        "weights": weights.name,
        "weights_sha256": sha256(weights),
        "precision": precision,
        "version": __version__,
        "torch": torch.__version__,
    }
    planes = {"planes": PLANES} if kind == "torchscript" else {}
    return {**metadata, "export": json.dumps({**made, **planes})}


def _on_onnx(path: Path) -> Callable[[Inputs], tuple[Tensor, ...]]:
    """An ONNX file run on the CPU, which every ONNX Runtime can."""
    session = runtime().InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(inputs: Inputs) -> tuple[Tensor, ...]:
        made = session.run(None, {name: value.numpy() for name, value in inputs.items()})
        return tuple(map(torch.from_numpy, made))

    return run


def _on_torch(path: Path) -> Callable[[Inputs], tuple[Tensor, ...]]:
    traced = opened_torchscript(path)

    @torch.no_grad()
    def run(inputs: Inputs) -> tuple[Tensor, ...]:
        return (traced(inputs["planes"]),)

    return run
