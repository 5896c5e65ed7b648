"""The paper's training recipe, and what it, or a run as set, would cost: the dry run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...inference.networks import CONFIGS, parameter_count
from ...paper.unet import NetworkConfig
from ..settings import DryRun, TrainingSettings
from .cost import Size, flops, saved_bytes

ACCELERATORS, BATCH = 256, 256  # §Experiments; appendix, §Implementation details
COARSE_SHARE = 0.5  # what image-level dropout leaves (§Single model for all stages)


@dataclass(frozen=True)
class Phase:
    """One of the paper's two phases (§Experiments, implementation details)."""

    name: str
    crop: Size
    steps: int


PHASES = (Phase("base", (352, 480), 3_000_000), Phase("cascade", (224, 288), 200_000))


def print_dry_run(settings: TrainingSettings, assumed: DryRun, as_json: bool) -> None:
    """Print what training the named network costs; nothing is allocated or written."""
    found = dry_run(settings, assumed)
    print(json.dumps(found) if as_json else "\n".join(_lines(found)))


def dry_run(settings: TrainingSettings, assumed: DryRun) -> dict[str, Any]:
    """Size, memory, FLOPs and time of the paper's two phases and of the run as set."""
    config = CONFIGS[settings.network]
    count, saved = parameter_count(config), saved_bytes(config)
    return {
        "network": settings.network,
        "parameters": count,
        "memory_bytes": _memory(count),
        "accelerators": ACCELERATORS,
        "assumed": {
            "peak_teraflops": assumed.peak_teraflops,
            "gpu_peak_teraflops": assumed.gpu_peak_teraflops,
            "utilization": assumed.utilization,
        },
        "recipe": [_phase(config, phase, assumed, saved) for phase in PHASES],
        "run": _run(config, settings, assumed, saved),
    }


def _memory(parameters: int) -> dict[str, int]:
    """Bytes in single precision, before any is sliced over ranks."""
    single = 4 * parameters
    return {
        "weights": single,
        "gradients": single,
        "adam": 2 * single,
        "average": single,
        "all": 5 * single,
    }


def _phase(config: NetworkConfig, phase: Phase, assumed: DryRun, saved: float) -> dict[str, Any]:
    shown = _crop(config, phase.crop, COARSE_SHARE if phase.name == "cascade" else 0.0, saved)
    work = shown["step_flops"] * BATCH * phase.steps
    rate = assumed.utilization * 1e12
    return {
        "phase": phase.name,
        **shown,
        "batch": BATCH,
        "steps": phase.steps,
        "flops": work,
        "seconds": work / (rate * assumed.peak_teraflops * ACCELERATORS),
        "gpu_seconds": work / (rate * assumed.gpu_peak_teraflops),
    }


def _run(
    config: NetworkConfig, settings: TrainingSettings, assumed: DryRun, saved: float
) -> dict[str, Any]:
    """The run as its flags set it, on one GPU."""
    share = 1 - settings.coarse_dropout if settings.phase == "cascade" else 0.0
    shown = _crop(config, (settings.crop, settings.crop), share, saved)
    batch = settings.batch * settings.accumulate
    work = shown["step_flops"] * batch
    return {
        "phase": settings.phase,
        **shown,
        "batch": batch,
        "steps": settings.steps,
        "activation_bytes_per_pass": shown["activation_bytes"] * settings.batch,
        "gpu_seconds_per_step": work / (assumed.utilization * assumed.gpu_peak_teraflops * 1e12),
    }


def _crop(config: NetworkConfig, size: Size, coarse_share: float, saved: float) -> dict[str, Any]:
    counted = flops(config, size, coarse_share)
    return {
        "crop": f"{size[0]}x{size[1]}",
        "forward_flops": counted.forward,
        "training_flops": counted.training,
        "coarse_flops": counted.coarse,
        "step_flops": counted.step,
        "activation_bytes": round(saved * size[0] * size[1]),
    }


def _lines(found: dict[str, Any]) -> list[str]:
    memory, assumed = found["memory_bytes"], found["assumed"]
    parts = ", ".join(f"{name} {_gb(memory[name])}" for name in list(memory)[:-1])
    sliced = memory["all"] / found["accelerators"]
    return [
        f"{found['network']}: {found['parameters']:,} parameters",
        f"memory besides activations: {_gb(memory['all'])} (float32: {parts});",
        f"  sliced over {found['accelerators']} accelerators (fsdp): {_gb(sliced)} each",
        "",
        f"the paper's recipe, {found['accelerators']} accelerators of "
        f"{assumed['peak_teraflops']:g} TFLOP/s, or one GPU of "
        f"{assumed['gpu_peak_teraflops']:g} TFLOP/s,",
        f"each at an assumed {assumed['utilization']:.0%} of its peak:",
        *(line for phase in found["recipe"] for line in _phase_lines(phase)),
        _total(found["recipe"]),
        "",
        f"this run, phase {found['run']['phase']}, on one such GPU:",
        *_crop_lines(found["run"]),
        f"  a step of {found['run']['batch']} crops: "
        f"{_duration(found['run']['gpu_seconds_per_step'])}, the data not counted",
        "",
        "FLOPs are counted on the meta device (a multiply-add is two). Activations are what",
        "autograd saves for the backward pass under bfloat16 autocast, counted on fake tensors of",
        "224x288 and scaled by the pixels; workspaces and the allocator's slack come on top.",
    ]


def _phase_lines(phase: dict[str, Any]) -> list[str]:
    return [
        f"phase {phase['phase']}, {phase['steps']:,} steps of batch {phase['batch']}:",
        *_crop_lines(phase),
        f"  a step: {_flop(phase['step_flops'] * phase['batch'])}; all: {_flop(phase['flops'])}",
        f"  time: {_duration(phase['seconds'])}; on one GPU {_duration(phase['gpu_seconds'])}",
    ]


def _crop_lines(shown: dict[str, Any]) -> list[str]:
    coarse = shown["coarse_flops"]
    made = f", its coarse image {_flop(coarse)} (mean)" if coarse else ""
    return [
        f"  a crop of {shown['crop']}: forward {_flop(shown['forward_flops'])}, "
        f"forward and backward {_flop(shown['training_flops'])}{made}; "
        f"activations {_gb(shown['activation_bytes'])}",
    ]


def _total(phases: list[dict[str, Any]]) -> str:
    seconds, gpu = (sum(phase[key] for phase in phases) for key in ("seconds", "gpu_seconds"))
    return f"both phases: {_duration(seconds)}; on one GPU {_duration(gpu)}"


def _flop(count: float) -> str:
    for exponent, name in ((21, "ZFLOP"), (18, "EFLOP"), (15, "PFLOP"), (12, "TFLOP")):
        if count >= 10**exponent:
            return f"{count / 10**exponent:.2f} {name}"
    return f"{count / 1e9:.2f} GFLOP"


def _gb(count: float) -> str:
    return f"{count / 1e9:.2f} GB"


def _duration(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "s")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.3f} s"
