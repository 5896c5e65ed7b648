"""Look over the engine's environment: a finding a line, as JSON, for `hifi-ofx doctor`.

Nothing heavy is imported before it is its turn: what is missing is itself a finding.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction

from hifi_ofx.codec import encode
from hifi_ofx.errors import HifiError
from hifi_ofx.finding import BAD, GOOD, NOTE, Finding

# Module, what it is called, whether nothing works without it.
LIBRARIES = (
    ("numpy", "numpy", True),
    ("OpenImageIO", "OpenImageIO", True),
    ("safetensors", "safetensors", True),
    ("cv2", "OpenCV", False),
    ("av", "PyAV", False),
    ("opentimelineio", "OpenTimelineIO", False),
)
_WITHOUT = {
    "cv2": "Motion is not searched for without it: pip install opencv-python-headless.",
    "av": "Video is not read without it: pip install 'hifi-ofx[video]'.",
    "opentimelineio": "It is part of hifi-ofx[engine].",
}


def run(arguments: argparse.Namespace) -> int:
    """Print every finding as it is found. Returns 0: what is bad is said in the finding."""
    for check in (torch_and_device, libraries, weights, cache, backends, inbetween):
        for finding in _caught(check):
            print(json.dumps(encode(finding)), flush=True)
    return 0


def _caught(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A check's findings; one that fails in a way that nobody thought of is a finding too."""
    name = check.__name__.replace("_", " ")
    try:
        yield from check()
    except HifiError as error:
        yield Finding(name, BAD, error.message, error.hint)
    except Exception as error:  # the point of a doctor is to say what fails, whatever it is
        yield Finding(name, BAD, f"{type(error).__name__}: {error}.")


def torch_and_device() -> Iterator[Finding]:
    """Python, torch, and what a render will run on."""
    yield Finding("python", GOOD, f"{platform.python_version()}, {sys.executable}.")
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a library of it that does not load
        yield Finding("torch", BAD, f"{error}.", "pip install 'hifi-ofx[engine]'.")
        return
    yield Finding("torch", GOOD, f"{torch.__version__}, {torch.get_num_threads()} threads.")
    from ..inference.denoiser import available_devices, choose_device, device_name, free_memory

    device = choose_device("auto")
    text = f"{device}, {device_name(device)}, {free_memory(device) / 10**9:.1f} GB free."
    if device.type != "cpu":
        yield Finding("device", GOOD, f"{text} All: {', '.join(available_devices())}.")
    elif shutil.which("nvidia-smi"):
        yield Finding("device", NOTE, text, "There is an NVIDIA driver: install torch for CUDA.")
    else:
        yield Finding("device", NOTE, text, "Renders run on the processor.")


def libraries() -> Iterator[Finding]:
    """Versions of what the engine reads frames and finds motion with."""
    for module, name, needed in LIBRARIES:
        try:
            version = getattr(importlib.import_module(module), "__version__", "")
        except (ImportError, OSError) as error:
            hint = _WITHOUT.get(module, "pip install 'hifi-ofx[engine]'.")
            yield Finding(name, BAD if needed else NOTE, f"{error}.", hint)
        else:
            yield Finding(name, GOOD, f"{version}.")


def weights() -> Iterator[Finding]:
    """Whether the weights are those that were shipped."""
    from ..inference.weights_file import shipped_weights, weights_path
    from ..inference.zoo import load

    for name in shipped_weights():
        load(weights_path(name))  # raises WeightsError for another SHA-256
        yield Finding("weights", GOOD, f"{name}: as shipped, by its SHA-256.")


def cache() -> Iterator[Finding]:
    """Whether the cache folder can be written; GPU renders take turns by files in it."""
    from ..inference.cache import made_folder

    folder = made_folder()
    if folder is None:
        yield Finding("cache", NOTE, "There is no folder for it.", "Set HIFI_CACHE to one.")
    else:
        yield Finding("cache", GOOD, f"{folder}.")


def backends() -> Iterator[Finding]:
    """ONNX Runtime where it is installed, and which backend `auto` was measured to take."""
    from ..inference.backends import choices
    from ..inference.onnx_runtime import installed, providers, runtime

    if installed():
        text = f"{runtime().__version__}: {', '.join(providers('auto'))}."
        yield Finding("ONNX Runtime", GOOD, text)
    for key, choice in choices().items():
        yield Finding("backend", NOTE if choice.failures else GOOD, f"{choice}, {key}.")


def inbetween() -> Iterator[Finding]:
    """An in-between of a pan over noise, by the default weights: it has to beat a blend."""
    import torch

    from hifi_ofx.quality import Machine, preset
    from hifi_ofx.request import DEFAULT_WEIGHTS

    from ..inference.interpolator import Task
    from ..inference.model_cache import Loaded

    quality = preset("draft")
    ground = torch.rand(3, 8, 16, generator=torch.Generator().manual_seed(1))
    wide = torch.nn.functional.interpolate(ground[None], (64, 128), mode="bicubic")[0].clamp(0, 1)
    first, true, second = (wide[..., n : n + 96].contiguous() / 2 for n in (0, 4, 8))
    interpolator, _ = Loaded().load(DEFAULT_WEIGHTS, Machine(), quality)
    began = time.perf_counter()
    made = interpolator.interpolate(first, second, Fraction(1, 2), Task(quality, "1")).image
    seconds = time.perf_counter() - began
    off, blended = ((one - true).abs().mean() for one in (made, (first + second) / 2))
    text = f"One of 96x64 pixels by {DEFAULT_WEIGHTS} took {seconds:.2f} s."
    if off < blended / 2:
        yield Finding("in-between", GOOD, text)
    else:
        wrong = f"It is wrong: {off / blended:.0%} of a blend's error."
        yield Finding("in-between", BAD, f"{text} {wrong}", "Install hifi-ofx[engine] again.")
