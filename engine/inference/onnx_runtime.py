"""ONNX Runtime: imported when it is needed, on the best provider that is there."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from hifi_ofx.errors import EngineError, InvalidSetting

from .denoiser import choose_device

Options = dict[str, str]

INSTALL = (
    "Install it into the engine's environment: pip install 'hifi-ofx[onnx]', "
    "or with an NVIDIA GPU 'hifi-ofx[onnx-gpu]'."
)
_OUT_OF_MEMORY = ("failed to allocate", "out of memory", "bad allocation")


def _tensorrt(folder: Path, device: torch.device, half: bool) -> Options:
    return {
        **_cuda(folder, device, half),
        "trt_fp16_enable": str(half),
        "trt_engine_cache_enable": "True",
        "trt_engine_cache_path": str(folder),
        "trt_timing_cache_enable": "True",
        "trt_timing_cache_path": str(folder),
    }


def _cuda(folder: Path, device: torch.device, half: bool) -> Options:
    return {"device_id": str(device.index or 0)}


def _directml(folder: Path, device: torch.device, half: bool) -> Options:
    return {"device_id": "0"}


def _coreml(folder: Path, device: torch.device, half: bool) -> Options:
    return {"ModelFormat": "MLProgram", "ModelCacheDirectory": str(folder)}


def _openvino(folder: Path, device: torch.device, half: bool) -> Options:
    return {"device_type": "CPU", "cache_dir": str(folder)}


def _cpu(folder: Path, device: torch.device, half: bool) -> Options:
    return {}


# Fastest first. What a provider builds of a graph is kept in `folder`.
PROVIDERS: Mapping[str, Callable[[Path, torch.device, bool], Options]] = MappingProxyType(
    {
        "TensorrtExecutionProvider": _tensorrt,
        "CUDAExecutionProvider": _cuda,
        "DmlExecutionProvider": _directml,
        "CoreMLExecutionProvider": _coreml,
        "OpenVINOExecutionProvider": _openvino,
        "CPUExecutionProvider": _cpu,
    }
)
_OF_CUDA = ("TensorrtExecutionProvider", "CUDAExecutionProvider")
_OF_A_CPU = ("OpenVINOExecutionProvider", "CPUExecutionProvider")
# Providers of a device that was named. DirectML drives GPUs that torch does not know.
_OF_A_DEVICE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cuda": (*_OF_CUDA, "CPUExecutionProvider"),
        "mps": ("CoreMLExecutionProvider", "CPUExecutionProvider"),
        "cpu": _OF_A_CPU,
    }
)


def installed() -> bool:
    """Whether ONNX Runtime, and what writes its files, can be imported."""
    return all(importlib.util.find_spec(name) for name in ("onnxruntime", "onnx"))


def runtime() -> Any:
    """The module `onnxruntime`. Raises InvalidSetting, saying what to install, without it."""
    try:
        importlib.import_module("onnx")
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise InvalidSetting(f"ONNX Runtime is not there: {error}.", INSTALL) from error


def providers(device: str, named: str = "") -> list[str]:
    """The providers to try on a device as settings name it, the best one first.

    `named` is one to take before others. Raises InvalidSetting where it is not there, or ONNX
    Runtime is not.
    """
    there = [name for name in PROVIDERS if name in runtime().get_available_providers()]
    if named:
        known = [name for name in there if named.lower() in (name.lower(), _short(name).lower())]
        if not known:
            raise InvalidSetting(
                f"Provider {named!r} is not in this ONNX Runtime.",
                f"Name one of {', '.join(map(_short, there))}.",
            )
        return [*known, *(name for name in ("CPUExecutionProvider",) if name not in known)]
    kind = device.partition(":")[0]
    return [name for name in there if name in _OF_A_DEVICE.get(kind, tuple(PROVIDERS))]


def device_of(setting: str) -> torch.device:
    """Where the tensors are that ONNX Runtime is given: on the GPU if it is one of CUDA."""
    device = choose_device(setting)
    return device if device.type == "cuda" else torch.device("cpu")


class Session:
    """One graph, ready to run: tensors in, one tensor out."""

    def __init__(
        self, path: Path, names: list[str], device: torch.device, half: bool, cache: Path
    ) -> None:
        """Open a graph with the first of the providers that takes it."""
        ort = runtime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.enable_cpu_mem_arena = False  # which keeps what it has had at most
        # Threads that wait by spinning take the processor from torch, which works in between.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if "DmlExecutionProvider" in names:
            options.enable_mem_pattern = False
        chosen = [(name, PROVIDERS[name](cache, device, half)) for name in names]
        try:
            self._session = ort.InferenceSession(str(path), options, providers=chosen)
        except Exception as error:  # ONNX Runtime's own errors have no class in common
            raise _known(error) from error
        self._device = device
        self._output = self._session.get_outputs()[0].name

    @property
    def provider(self) -> str:
        """What took the graph, which ONNX Runtime decides when it opens one."""
        return str(self._session.get_providers()[0])

    def run(
        self, inputs: Mapping[str, Tensor], shape: tuple[int, ...], dtype: torch.dtype
    ) -> Tensor:
        """The graph's first output, of this shape. Tensors are neither copied nor converted.

        Raises torch.OutOfMemoryError where the device has too little memory.
        """
        made = torch.empty(shape, dtype=dtype, device=self._device)
        kept = {name: value.contiguous() for name, value in inputs.items()}
        binding = self._session.io_binding()
        for name, value in kept.items():
            binding.bind_input(name, *_place(value))
        binding.bind_output(self._output, *_place(made))
        if made.is_cuda:
            torch.cuda.current_stream(made.device).synchronize()
        try:
            self._session.run_with_iobinding(binding)
        except Exception as error:
            raise _known(error) from error
        return made


def _place(tensor: Tensor) -> tuple[str, int, Any, list[int], int]:
    """A tensor as ONNX Runtime binds it: device, its number, type, shape, address."""
    import numpy as np

    kind = {torch.float32: np.float32, torch.float16: np.float16}[tensor.dtype]
    device = tensor.device
    return device.type, device.index or 0, kind, list(tensor.shape), tensor.data_ptr()


def _known(error: Exception) -> Exception:
    """An error of ONNX Runtime as one that the engine knows what to do with."""
    text = str(error)
    if any(words in text.lower() for words in _OUT_OF_MEMORY):
        return torch.OutOfMemoryError(text)
    return EngineError(f"ONNX Runtime failed: {text}", "Render with --backend torch.")


def _short(provider: str) -> str:
    return provider.removesuffix("ExecutionProvider")
