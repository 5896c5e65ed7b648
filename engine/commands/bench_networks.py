"""Networks' operations a second, beside what large convolutions and products reach here."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality

from ..evaluation.progress import Told
from ..flow.motion_network import MotionBlocks
from ..flow.motion_stages import find
from ..inference.backends import made_by, prepare, there
from ..inference.checkpoint import Weights, save_weights
from ..inference.denoiser import choose_device, choose_dtype, device_name
from ..inference.flow_interpolator import FlowInterpolator
from ..inference.interpolator import Interpolator
from ..inference.networks import network_of
from ..inference.weights_file import weights_path
from ..paper.cascade import Size
from ..paper.unet import PAPER
from .bench_counted import Counted, counted
from .bench_plate import size_of
from .bench_rates import Ceiling, Rates, Seconds, by_turns, waiter
from .flags import REDUCED

Call = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """A network in one way to run it."""

    network: str  # shipped weights, a file, or REDUCED
    backend: str
    precision: str
    patch: Size
    batch: int


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `hifi-ofx bench networks` prints."""
    if arguments.repeats < 1 or min(arguments.batches) < 1:
        raise InvalidSetting("Repeats and batches are 1 at least.", "Leave them out.")
    device = choose_device(arguments.device)
    cases = [
        Case(network, backend, precision, size_of(patch), batch)
        for precision in arguments.precisions or precisions(device)
        for network in arguments.networks
        for backend in backends_of(network, precision, arguments.backends)
        for patch in arguments.patches
        for batch in arguments.batches
    ]
    return networks(cases, Machine(device=arguments.device), arguments.repeats)


def precisions(device: torch.device) -> tuple[str, ...]:
    """The arithmetic that is worth measuring on a device."""
    if device.type == "cuda":
        return "float32", "bfloat16", "float16"
    fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return ("float32", "bfloat16") if fast else ("float32",)


def backends_of(network: str, precision: str, wanted: Sequence[str]) -> list[str]:
    """Those of the wanted backends that are there and have the network in this precision."""
    has_onnx = network != REDUCED and precision == "float32"
    return [name for name in there() if name in wanted and (name != "onnx" or has_onnx)]


def networks(cases: Sequence[Case], machine: Machine, repeats: int) -> dict[str, Any]:
    """Each case's operations a second, and of what could be reached which share.

    convolutions_share: of what its layers reach by themselves, each with its own channels on
    a large picture in the faster memory format, matrix products as the large one. product_share: of
    the large matrix product. Both are measured in the same rounds and precision, by the clock;
    cpu_share is the first of processor time, which other programs disturb less, and which hides
    processors that stand idle. "With warps" is the motion network between two pictures: cutting
    patches, looking up and warping as well.
    """
    device = choose_device(machine.device)
    rows: list[dict[str, Any]] = []
    tops: dict[str, list[Rates]] = {}
    failures: dict[str, str] = {}
    with weights_files({case.network for case in cases}) as files, Told(len(cases), "case") as told:
        for case in cases:
            try:
                work = work_of(case, files[case.network], machine)
            except InvalidSetting as error:  # as of a backend that needs a compiler
                failures[f"{case.network} {case.backend}"] = str(error)
                continue
            dtype = choose_dtype(case.precision, device)
            ceiling = Ceiling.of(work.counted.convolutions, device, dtype)
            seconds = by_turns({**work.calls, **ceiling.calls}, repeats, waiter(device))
            clock = ceiling.rates({name: one.clock for name, one in seconds.items()})
            cpu = ceiling.rates({name: one.cpu for name, one in seconds.items()})
            rows += [
                row(case, name, work.counted, seconds[name], clock, cpu) for name in work.calls
            ]
            tops.setdefault(case.precision, []).append(clock)
            told.one(f"{case.network} {case.backend} {case.precision}")
    reached = [
        {
            "precision": precision,
            "product_flops_per_second": max(one.product for one in every),
            "copy_bytes_per_second": max(one.copy for one in every),
        }
        for precision, every in tops.items()
    ]
    return {
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "reached": reached,
        "networks": rows,
        **({"failures": failures} if failures else {}),
    }


def row(
    case: Case, name: str, of: Counted, seconds: Seconds, clock: Rates, cpu: Rates
) -> dict[str, Any]:
    """The figures of one case, beside what was reached by the clock and of the processors."""
    return {
        "network": case.network + (f", {name}" if name else ""),
        "backend": case.backend,
        "precision": case.precision,
        "patch": f"{case.patch[0]}x{case.patch[1]}",
        "batch": case.batch,
        "flops": of.flops,
        "moved_bytes": of.bytes,
        "seconds": seconds.clock,
        "flops_per_second": of.flops / seconds.clock,
        "product_share": of.flops / seconds.clock / clock.product,
        "convolutions_share": clock.seconds(of) / seconds.clock,
        "cpu_share": cpu.seconds(of) / seconds.cpu,
    }


@dataclass(frozen=True)
class Work:
    """What a case calls, by what is said of it, and what its network costs."""

    calls: dict[str, Call]
    counted: Counted


@contextmanager
def weights_files(names: set[str]) -> Iterator[dict[str, Path]]:
    """The weights files of networks by their names; the reduced one is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hifi-bench-") as folder:
        made = Path(folder) / "reduced.safetensors"
        if REDUCED in names:
            write_reduced(made)
        yield {name: made if name == REDUCED else weights_path(name) for name in names}


def write_reduced(path: Path) -> None:
    """The paper's network with a quarter of its channels and random weights, as a file."""
    widths = tuple(width // 4 for width in PAPER.widths)
    config = replace(PAPER, widths=widths, time_width=128, fractions=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        with torch.device("meta"):
            network = network_of(config)
        for name, parameter in network.to_empty(device="cpu").named_parameters():
            if parameter.dim() > 1:  # of those that begin as zero, too: nothing is left out
                nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
            else:
                nn.init.constant_(parameter, float("norm" in name and name.endswith("weight")))
    save_weights(path, Weights(config, network.state_dict(), {"steps": 0}, "Apache-2.0"))


def work_of(case: Case, path: Path, machine: Machine) -> Work:
    """What a case does, ready to be called; counted on torch, whatever runs it."""
    here = replace(machine, precision=case.precision, batch=case.batch)
    quality = Quality(patch=case.patch)
    made = made_by(case.backend, path, here, quality)
    made.adapt(here, quality)
    prepare(made, quality)
    calls = calls_of(made, case)
    torch_made = made
    if case.backend != "torch":
        torch_made = made_by("torch", path, here, quality)
        torch_made.adapt(here, quality)
    call = calls_of(torch_made, case)[""]
    return Work(calls, counted(call))


def calls_of(made: Interpolator, case: Case) -> dict[str, Call]:
    """A network's call on random patches; beside it, of the motion network, its call with warps."""
    if isinstance(made, FlowInterpolator):
        return _motion_calls(made.network, case)
    denoiser = made.denoiser  # type: ignore[attr-defined]  # there are two kinds
    config, device = denoiser.network.config, denoiser.device
    z = torch.randn(case.batch, 3, *case.patch, device=device)
    seen = torch.rand(case.batch, config.condition_channels, *case.patch, device=device)
    t = torch.tensor(0.5, device=device)
    return {"": torch.no_grad()(lambda: denoiser(z, t, seen, 0.5))}


def _motion_calls(network: MotionBlocks, case: Case) -> dict[str, Call]:
    pair = torch.rand(2, case.batch, 3, *case.patch)
    half = torch.full((case.batch,), 0.5)
    recorder = Recorder(network)

    @torch.inference_mode()
    def whole() -> object:
        return find(network, pair[0], pair[1], half, patch=case.patch)

    with torch.inference_mode():
        find(recorder, pair[0], pair[1], half, patch=case.patch)
    alone = torch.inference_mode()(lambda: [call(*given) for call, given in recorder.calls])
    return {"": alone, "with warps": whole}


class Recorder:
    """A motion network that remembers how it was called, to be called so again."""

    def __init__(self, network: MotionBlocks) -> None:
        self._network = network
        self.device, self.dtype, self.runs_on = network.device, network.dtype, network.runs_on
        self.calls: list[tuple[Callable[..., Tensor], tuple[Any, ...]]] = []

    def encode(self, picture: Tensor) -> Tensor:
        """As the network does."""
        return self._recorded(self._network.encode, picture)

    def block(self, number: int) -> Callable[[Tensor, Tensor | None], Tensor]:
        """As the network does."""
        block = self._network.block(number)
        return lambda inputs, flow: self._recorded(block, inputs, flow)

    def to(self, dtype: torch.dtype, /) -> object:
        """As the network does."""
        return self._network.to(dtype)

    def _recorded(self, call: Callable[..., Tensor], *given: Tensor | None) -> Tensor:
        self.calls.append((call, given))
        return call(*given)
