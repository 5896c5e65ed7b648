"""The networks on ONNX Runtime, in the places of torch's: blocks of motion, and v of patches.

Their graphs are written when they are first needed, and kept in the user's cache folder beside
what a provider builds of them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from filelock import FileLock
from torch import Tensor

from hifi_ofx import __version__
from hifi_ofx.errors import OutputError

from ..flow.motion_network import ENCODED, FOUND, MotionNetwork
from ..paper.unet import NetworkConfig, UNet
from .cache import made_folder
from .denoiser import device_name
from .graphs import GRAPHS, OPSET, Graph, denoising_graph, in_half, motion_parts, write_onnx
from .onnx_runtime import Session, device_of, providers, runtime


@dataclass
class Sessions:
    """The graphs of one weights file on one device, each opened once per precision."""

    weights: str  # SHA-256 of the file
    providers: list[str]  # the best one first
    device: torch.device
    graphs: Callable[[bool], dict[str, Graph]]  # by name, in half precision or in single
    _open: dict[tuple[str, bool], Session] = field(default_factory=dict)

    def session(self, name: str, half: bool) -> Session:
        """The graph of this name, ready to run."""
        if (name, half) not in self._open:
            folder = self._written(half)
            file = folder / f"{name}.onnx"
            opened = Session(file, self.providers, self.device, half, folder)
            self._open[name, half] = opened
        return self._open[name, half]

    def key(self, half: bool) -> dict[str, str]:
        """All that what is kept of the graphs depends on."""
        return {
            "weights": self.weights,
            "precision": "float16" if half else "float32",
            "provider": self.providers[0],
            "onnxruntime": runtime().__version__,
            "device": device_name(self.device),
            "torch": torch.__version__,
            "hifi-ofx": __version__,
            "opset": str(OPSET),
            "graphs": str(GRAPHS),
        }

    def folder(self, half: bool) -> Path:
        """Where the graphs are kept, and the engines that a provider builds of them.

        Raises OutputError where nothing can be written.
        """
        kept = made_folder()
        if kept is None:
            raise OutputError(
                "There is no folder for the graphs that ONNX Runtime runs.",
                "Set HIFI_CACHE to one that can be written to, or take --backend torch.",
            )
        key = json.dumps(self.key(half), sort_keys=True).encode()
        return kept / "onnx" / hashlib.sha256(key).hexdigest()[:24]

    def _written(self, half: bool) -> Path:
        """The folder of the graphs, written if it was not: all of them or none."""
        folder = self.folder(half)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not folder.is_dir():
                partial_folder = folder.with_suffix(".partial")
                shutil.rmtree(partial_folder, ignore_errors=True)
                partial_folder.mkdir()
                for name, graph in self.graphs(half).items():
                    write_onnx(graph, partial_folder / f"{name}.onnx", self.key(half))
                (partial_folder / "key.json").write_text(json.dumps(self.key(half), indent=1))
                partial_folder.replace(folder)
        return folder


@dataclass
class OnnxMotion:
    """Encoder and blocks of the motion network on ONNX Runtime; see `MotionBlocks`."""

    sessions: Sessions
    dtype: torch.dtype = torch.float32

    @property
    def device(self) -> torch.device:
        """Where tensors come from and go to."""
        return self.sessions.device

    @property
    def runs_on(self) -> str:
        """The provider that has the finest block."""
        return self.sessions.session("block4", self._half).provider

    def encode(self, picture: Tensor) -> Tensor:
        """A picture (B, 3, H, W) as features (B, ENCODED, H, W)."""
        shape = (len(picture), ENCODED, *picture.shape[-2:])
        return self._session("encode").run({"picture": picture}, shape, self.dtype)

    def block(self, number: int) -> Callable[[Tensor, Tensor | None], Tensor]:
        """One of the blocks, 0 the coarsest."""
        return partial(self._block, self._session(f"block{number}"), FOUND[number])

    def to(self, dtype: torch.dtype, /) -> OnnxMotion:
        """Take over the arithmetic; providers know half precision, but no bfloat16."""
        self.dtype = torch.float32 if dtype == torch.float32 else torch.float16
        return self

    @property
    def _half(self) -> bool:
        return self.dtype == torch.float16

    def _session(self, name: str) -> Session:
        return self.sessions.session(name, self._half)

    def _block(
        self, session: Session, channels: int, inputs: Tensor, flow: Tensor | None
    ) -> Tensor:
        known = {} if flow is None else {"flow": flow}
        shape = (len(inputs), channels, *inputs.shape[-2:])
        return session.run({"inputs": inputs, **known}, shape, self.dtype)


@dataclass
class OnnxUNet:
    """A diffusion network on ONNX Runtime: in half precision where autocast is on, as torch's."""

    sessions: Sessions
    config: NetworkConfig

    @property
    def runs_on(self) -> str:
        """The provider that has the network."""
        return self.sessions.session("v", self._half).provider

    def __call__(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """V, shaped as z: (B, 3, H, W); see `UNet.forward`."""
        inputs = {"z": z, "t": t, "fraction": fraction, "condition": condition}
        session = self.sessions.session("v", self._half)
        return session.run(inputs, tuple(z.shape), torch.float32)

    @property
    def _half(self) -> bool:
        return torch.is_autocast_enabled(self.sessions.device.type)


def onnx_motion(
    network: Callable[[], MotionNetwork], weights: str, device: str, provider: str = ""
) -> OnnxMotion:
    """The motion network on ONNX Runtime; `network` is called where its graphs are not kept.

    Raises InvalidSetting where ONNX Runtime or the named provider is not there.
    """

    def graphs(half: bool) -> dict[str, Graph]:
        return motion_parts(network().half() if half else network())

    return OnnxMotion(Sessions(weights, providers(device, provider), device_of(device), graphs))


def onnx_unet(
    network: Callable[[], UNet],
    config: NetworkConfig,
    weights: str,
    device: str,
    provider: str = "",
) -> OnnxUNet:
    """A diffusion network on ONNX Runtime; see `onnx_motion`."""

    def graphs(half: bool) -> dict[str, Graph]:
        return {"v": denoising_graph(in_half(network()) if half else network())}

    sessions = Sessions(weights, providers(device, provider), device_of(device), graphs)
    return OnnxUNet(sessions, config)
