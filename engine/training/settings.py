"""What a training run can be told, declared once for the command line, its help and the record."""

from __future__ import annotations

from dataclasses import dataclass

from hifi_ofx.parameters import parameter

from ..inference.names import CONFIGS


@dataclass(frozen=True)
class TrainingMachine:
    """What trains, and in which arithmetic."""

    device: str = parameter("auto", "Device", "auto, cpu, cuda, cuda:1.")
    precision: str = parameter(
        "auto",
        "Precision",
        "Arithmetic of the network. auto is bfloat16 on a GPU, else float32.",
        choices=("auto", "float32", "bfloat16"),
    )
    threads: int = parameter(
        0, "Threads", "CPU threads.", minimum=1, maximum=1024, words={"auto": 0}
    )


@dataclass(frozen=True)
class TrainingSettings(TrainingMachine):
    """One training run. The paper's values are noted where ours differ."""

    network: str = parameter("aligned", "Network", "Which named network to train.", choices=CONFIGS)
    phase: str = parameter(
        "cascade",
        "Phase",
        "base never sees a coarse image; cascade is conditioned on its own, dropped for a share.",
        choices=("base", "cascade"),
    )
    minutes: float = parameter(
        60.0,
        "Minutes",
        "Save and stop after this much wall-clock time, resumed time included.",
        minimum=0.01,
        maximum=1e6,
    )
    steps: int = parameter(
        0,
        "Steps",
        "Save and stop after this many optimizer steps.",
        minimum=1,
        maximum=100_000_000,
        words={"unlimited": 0},
    )
    batch: int = parameter(
        8,
        "Batch",
        "Crops per pass of the network and process (paper: 256 in all).",
        minimum=1,
        maximum=4096,
    )
    accumulate: int = parameter(
        1,
        "Accumulate",
        "Passes whose gradients make one step: as a batch that many times as large.",
        minimum=1,
        maximum=4096,
    )
    crop: int = parameter(
        96,
        "Crop",
        "Side of the square training crops, a multiple of 32 (paper: 352x480, then 224x288).",
        minimum=32,
        maximum=1024,
        unit="pixels",
    )
    margin: int = parameter(
        0,
        "Margin",
        "Pixels around a crop that are drawn with it, to find motion and the coarse image on.",
        minimum=0,
        maximum=512,
        unit="pixels",
    )
    scene: int = parameter(
        0,
        "Scene",
        "Side of the squares that crops are cut of, so that motion is found once for many of them; "
        "crop: every crop with its margin is drawn alone.",
        minimum=32,
        maximum=4096,
        words={"crop": 0},
        unit="pixels",
    )
    crops_a_scene: int = parameter(
        16, "Crops a scene", "How many crops a scene gives on average.", minimum=1, maximum=4096
    )
    learning_rate: float = parameter(
        1e-4, "Learning rate", "Adam's step size after the warm-up.", minimum=1e-7, maximum=0.1
    )
    warm_up: int = parameter(
        500, "Warm-up", "Steps in which the learning rate rises.", minimum=0, maximum=1_000_000
    )
    schedule: str = parameter(
        "constant",
        "Schedule",
        "The learning rate after the warm-up: constant (paper), or a cosine down to the end.",
        choices=("constant", "cosine"),
    )
    clip: float = parameter(
        1.0, "Gradient clip", "Largest norm of the gradient.", minimum=1e-3, maximum=1e6
    )
    averaging: float = parameter(
        0.999,
        "Averaging",
        "Decay of the running average of the weights, which is what ships.",
        minimum=0.0,
        maximum=0.99999,
    )
    first_step_share: float = parameter(
        0.0,
        "First-step share",
        "Share of samples trained at diffusion time 1, which decides the quality at few steps.",
        minimum=0.0,
        maximum=1.0,
    )
    unrolled: bool = parameter(
        False,
        "Unrolled",
        "Below diffusion time 1 start from the network's own prediction instead of the truth.",
    )
    coarse_dropout: float = parameter(
        0.5,
        "Coarse dropout",
        "Share of samples whose coarse image is dropped, as it is at the base of the cascade.",
        minimum=0.0,
        maximum=1.0,
    )
    video_share: float = parameter(
        0.25,
        "Video share",
        "Share of samples from video clips where there are any; the rest is rendered.",
        minimum=0.0,
        maximum=1.0,
    )
    largest_gap: int = parameter(
        8,
        "Largest gap",
        "Most frames of a clip from first to second; the in-between is any frame between.",
        minimum=2,
        maximum=1000,
        unit="frames",
    )
    whip_share: float = parameter(
        0.1,
        "Whip share",
        "Share of video samples, and of photographs among the rendered ones, that sweep by.",
        minimum=0.0,
        maximum=1.0,
    )
    clip_cache: int = parameter(
        2048,
        "Clip cache",
        "Memory for decoded frames of clips; clips that fit are decoded once, at the start.",
        minimum=16,
        maximum=1_000_000,
        unit="MiB",
    )
    largest_motion: float = parameter(
        0.33,
        "Largest motion",
        "Largest displacement of a rendered layer, as a share of the crop.",
        minimum=0.01,
        maximum=1.0,
    )
    motion_ramp: int = parameter(
        0,
        "Motion ramp",
        "Steps in which the largest motion grows from 4 pixels.",
        minimum=0,
        maximum=1_000_000,
    )
    seed: int = parameter(
        0, "Seed", "Seed of weights, data and noise.", minimum=0, maximum=2147483647
    )
    parallel: str = parameter(
        "auto",
        "Parallel",
        "Under torchrun: ddp copies the network to every GPU, fsdp slices it. auto slices paper.",
        choices=("auto", "ddp", "fsdp"),
    )
    compile: bool = parameter(False, "Compile", "Compile the network with torch.compile.")
    save_minutes: float = parameter(
        10.0, "Save every", "Minutes between saved states.", minimum=0.01, maximum=1e5
    )
    check_minutes: float = parameter(
        5.0, "Check every", "Minutes between validations.", minimum=0.01, maximum=1e5
    )
    shard_mebibytes: int = parameter(
        0,
        "Shards",
        "Write states and weights that are larger in files of at most so many MiB.",
        minimum=1,
        maximum=1_000_000,
        words={"off": 0},
        unit="MiB",
    )


@dataclass(frozen=True)
class DryRun:
    """What a dry run assumes of the hardware."""

    peak_teraflops: float = parameter(
        197.0,
        "Peak",
        "Peak of one of the recipe's 256 accelerators (197: bfloat16 of the paper's TPU v5e).",
        minimum=0.001,
        maximum=1e6,
        unit="TFLOP/s",
    )
    gpu_peak_teraflops: float = parameter(
        989.0,
        "GPU peak",
        "Peak of the one GPU beside them (989: dense bfloat16 of an NVIDIA H100 SXM).",
        minimum=0.001,
        maximum=1e6,
        unit="TFLOP/s",
    )
    utilization: float = parameter(
        0.4,
        "Utilization",
        "Share of the peak that training reaches: an assumption, measure it.",
        minimum=0.001,
        maximum=1.0,
    )
