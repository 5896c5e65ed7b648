"""What a distillation can be told, declared once for the command line, its help and the record."""

from __future__ import annotations

from dataclasses import dataclass

from hifi_ofx.parameters import parameter

from .settings import TrainingMachine


@dataclass(frozen=True)
class DistillSettings(TrainingMachine):
    """One distillation of the motion network."""

    minutes: float = parameter(
        14.0,
        "Minutes",
        "Wall-clock time of the whole command: pool, both evaluations and saving are in it.",
        minimum=0.01,
        maximum=1e6,
    )
    steps: int = parameter(
        0,
        "Steps",
        "End after this many optimizer steps, if that is earlier.",
        minimum=1,
        maximum=100_000_000,
        words={"unlimited": 0},
    )
    teachers: int = parameter(
        8, "Teachers", "Views of the pair whose mean is taught.", minimum=1, maximum=16
    )
    scenes: int = parameter(
        320,
        "Scenes",
        "Pairs in the pool, with what the teacher makes of them; they stay on the device.",
        minimum=1,
        maximum=1_000_000,
    )
    scene: int = parameter(
        256,
        "Scene",
        "Side of a pair's squares, a multiple of 64.",
        minimum=64,
        maximum=2048,
        unit="pixels",
    )
    pool_steps: int = parameter(
        0,
        "Pool steps",
        "Steps until another pool is drawn and taught.",
        minimum=1,
        maximum=100_000_000,
        words={"never": 0},
    )
    crop: int = parameter(
        192,
        "Crop",
        "Side of what is trained on, cut anywhere in a square, a multiple of 64.",
        minimum=64,
        maximum=2048,
        unit="pixels",
    )
    batch: int = parameter(8, "Batch", "Crops a step.", minimum=1, maximum=4096)
    learning_rate: float = parameter(
        1e-4, "Learning rate", "AdamW's, after the warm-up.", minimum=1e-7, maximum=0.1
    )
    warm_up: int = parameter(
        50, "Warm-up", "Steps in which the learning rate rises.", minimum=0, maximum=1_000_000
    )
    averaging: float = parameter(
        0.99,
        "Averaging",
        "Decay of the running average of the student's weights.",
        minimum=0.0,
        maximum=0.99999,
    )
    kept: float = parameter(
        0.5,
        "Kept",
        "How far what is kept goes from the teacher's weights to the student's average.",
        minimum=0.0,
        maximum=1.0,
    )
    teaching: float = parameter(
        0.5,
        "Teaching",
        "How much the teacher's picture counts; the rest is the true one.",
        minimum=0.0,
        maximum=1.0,
    )
    flow_weight: float = parameter(
        0.005,
        "Flow weight",
        "How much a pixel off the teacher's motion counts, where its views agree.",
        minimum=0.0,
        maximum=1.0,
    )
    video_share: float = parameter(
        0.5,
        "Video share",
        "Share of pairs from clips; the rest is rendered.",
        minimum=0.0,
        maximum=1.0,
    )
    largest_motion: float = parameter(
        0.3,
        "Largest motion",
        "Largest displacement of a rendered layer, as a share of the scene.",
        minimum=0.01,
        maximum=1.0,
    )
    held_out: int = parameter(
        3,
        "Held out",
        "Every so manieth source of clips is never trained on, and judges the run.",
        minimum=2,
        maximum=1000,
    )
    seed: int = parameter(0, "Seed", "Seed of pool, crops and views.", minimum=0, maximum=2**31 - 1)
    save_minutes: float = parameter(
        5.0, "Save every", "Minutes between saved states.", minimum=0.01, maximum=1e5
    )
    shard_mebibytes: int = parameter(
        15,
        "Shards",
        "Write states and weights that are larger in files of at most so many MiB.",
        minimum=1,
        maximum=1_000_000,
        words={"off": 0},
        unit="MiB",
    )
