"""What each command can be told. Imports nothing that takes its time: help comes at once."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

from hifi_ofx import parameters
from hifi_ofx.quality import PRESETS, Footage, Machine
from hifi_ofx.request import DEFAULT_WEIGHTS

from ..evaluation.names import BENCHMARKS, LPIPS, METHODS, TILING_START
from ..inference.names import CONFIGS, FORMATS, PRECISIONS
from ..training.distill_settings import DistillSettings
from ..training.settings import DryRun, TrainingSettings

SHELLS = ("bash", "zsh", "tcsh")
# Of plates whose memory is planned, and measured where that is wanted: 1K to 16K.
SIZES = ("540x1024", "1080x2048", "2160x4096", "4320x8192", "8640x16384")
REDUCED = "paper/4"  # the paper's network with a quarter of its channels and random weights
NETWORK_PRECISIONS = ("float32", "bfloat16", "float16")
NETWORK_BACKENDS = ("torch", "compiled", "onnx")
MOMENTS = 6  # places of a plate that is checked


def info(parser: argparse.ArgumentParser) -> None:
    """Show a network's size, a weights file's record, and what the engine runs on."""
    parser.add_argument("--config", metavar="|".join(CONFIGS), help="Size of a network config.")
    parser.add_argument("--weights", help="Record and licence of shipped weights or a file.")
    parser.add_argument("--devices", action="store_true", help="Also what it would run on.")
    parser.add_argument("--json", action="store_true", help="Print JSON.")


def completion(parser: argparse.ArgumentParser) -> None:
    """Print what a shell needs to complete commands, flags and files.

    In the shell's own start file: eval "$(hifi-ofx completion)".
    """
    parser.add_argument("shell", nargs="?", choices=SHELLS, help="Which shell ($SHELL).")


def doctor(parser: argparse.ArgumentParser) -> None:
    """Look over the engine's environment: a finding a line, as JSON, for `hifi-ofx doctor`."""


def demo(parser: argparse.ArgumentParser) -> None:
    """Make a short HDR plate with a fence, wires and a fast pan, retime it, and compare.

    Writes plate.####.exr, slow.####.exr and contact_sheet.png into a folder. The plate is exact at
    any time, so every in-between is compared with the true one, and so is the frame blend.
    """
    parser.add_argument("folder", type=Path, help="Where everything is written.")
    parser.add_argument("--preset", default="best", metavar="|".join(PRESETS), help="Quality.")
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="Shipped weights or a file.")
    parser.add_argument("--speed", default="1/4", help="Of the retime: 1/4, 0.25 or 25%%.")
    parser.add_argument("--frames", type=int, default=5, help="Length of the plate.")


def check(parser: argparse.ArgumentParser) -> None:
    """How good a retime of this plate will be, by setting: predict every second frame, compare.

    PLATE is what `hifi-ofx retime` takes. Nothing of it is changed. Things move twice as far as in
    a retime, so the figures are a lower bound.
    """
    parser.add_argument("plate", help="Image sequence or video, as plate.####.exr.")
    parser.add_argument("--preset", default="standard", metavar="|".join(PRESETS),
                        help="What each knob is turned from.")  # fmt: skip
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="Shipped name, or a file.")
    parser.add_argument("--moments", type=int, default=MOMENTS, metavar="N",
                        help="Places of the plate that are asked, evenly over it.")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write the figures as JSON.")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png",
                        help="Write a contact sheet of the worst moments.")  # fmt: skip
    parser.add_argument(
        "--progress",
        action="store_true",
        help="Print a line of JSON for each prediction, with how many there are.",
    )
    parameters.add_flags(parser, Machine, "machine")
    parameters.add_flags(parser, Footage, "footage")


def bench(parser: argparse.ArgumentParser) -> None:
    """Measure the engine on this machine: networks, overhead, memory, phases, presets.

    All of it is measured, in a few minutes, unless a KIND is named; each has flags of its own:
    hifi-ofx bench KIND --help.
    """
    kinds = parser.add_subparsers(dest="kind", metavar="KIND")
    parser.set_defaults(kind="all")
    parser.add_argument("--reference", action="store_true", help="Also the reference.")
    _add_bench_usual(parser)
    for name, (text, declare) in _BENCHES.items():
        kind = kinds.add_parser(name, help=text, description=f"Measure {text}.")
        declare(kind)
        _add_bench_usual(kind)


def bench_defaults(kind: str, arguments: argparse.Namespace) -> argparse.Namespace:
    """The flags of one kind as `bench all` measures it."""
    parser = argparse.ArgumentParser()
    _BENCHES[kind][1](parser)
    _add_bench_usual(parser)
    device = ["--device", arguments.device]
    made = parser.parse_args([*_BRIEF.get(kind, ()), *device])
    made.json = arguments.json
    return made


def _add_bench_usual(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default=Machine().device, help="auto, cpu, cuda, mps.")
    parser.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="Write JSON; print it without a FILE."
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE.png", help="Write a roofline of the networks."
    )


def _bench_networks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--networks", nargs="+", default=["motion", "aligned", REDUCED],
                        help=f"Shipped weights, files, or {REDUCED}.")  # fmt: skip
    parser.add_argument("--precisions", nargs="+", choices=NETWORK_PRECISIONS,
                        help="Those that the device is made for unless given.")  # fmt: skip
    parser.add_argument("--backends", nargs="+", choices=NETWORK_BACKENDS,
                        default=NETWORK_BACKENDS, help="Those that are there.")  # fmt: skip
    parser.add_argument("--patches", nargs="+", default=["256x384"], help="Height x width.")
    parser.add_argument("--batches", nargs="+", type=int, default=[1], help="Patches a call.")
    parser.add_argument("--repeats", type=int, default=5, help="Timed rounds, by turns.")


def _bench_overhead(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", default="1080x1920", help="Height x width of the plate.")
    parser.add_argument("--inbetweens", type=int, default=4, help="Frames to synthesize.")
    _add_bench_preset(parser)


def _bench_memory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="Height x width of plates.")
    parser.add_argument(
        "--most", default="2160x4096", metavar="SIZE", help="Larger frames are planned, not made."
    )
    _add_bench_preset(parser)


def _bench_presets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--measure", nargs="+", default=["HD"], metavar="HD|UHD|8K",
                        help="Resolutions that are measured here, not reckoned.")  # fmt: skip
    parser.add_argument(
        "--clock", choices=("wall", "cpu"), default="wall", help="cpu: processor time over threads."
    )


def _bench_reference(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", default="512x1024", help="Height x width of the frames.")
    parser.add_argument("--patch", default="512x768", help="Height x width of the patches.")
    parser.add_argument("--steps", type=int, default=1, help="Denoising steps.")
    parser.add_argument("--samples", type=int, default=1, help="Samples averaged.")
    parser.add_argument("--precision", default="auto", help="Arithmetic of ours.")
    parser.add_argument("--repeats", type=int, default=1, help="Timed rounds, by turns.")


def _bench_backends(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="Shipped weights or a file.")
    parser.add_argument("--repeats", type=int, default=7, help="Timed patches on each, by turns.")
    parser.add_argument("--provider", default="", help="Of ONNX Runtime; the best one without.")


def _bench_still(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", default="2160x4096", help="Height x width of the plate.")
    parser.add_argument("--moving", type=float, default=0.1, help="Share of it that moves.")
    _add_bench_preset(parser)


def _add_bench_preset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="Shipped weights or a file.")
    parser.add_argument(
        "--preset", default="draft", metavar="|".join(PRESETS), help="Quality to render with."
    )


_BENCHES = {
    "networks": ("networks beside what large convolutions reach", _bench_networks),
    "overhead": ("a whole retime over its networks alone", _bench_overhead),
    "memory": ("memory by frame size, planned and measured", _bench_memory),
    "pipeline": ("where the time of a retime goes, by phase", _bench_overhead),
    "presets": ("seconds a frame by preset, resolution and device", _bench_presets),
    "reference": ("the paper done plainly beside ours", _bench_reference),
    "backends": ("the backends side by side", _bench_backends),
    "still": ("a locked-off plate over one that changes everywhere", _bench_still),
}
# What `bench all` measures smaller than a kind does by itself.
_BRIEF = {
    "networks": ("--repeats", "3", "--backends", "torch", "onnx"),
    "overhead": ("--size", "720x1280", "--inbetweens", "2"),
    "memory": ("--most", "1080x2048"),
    "pipeline": ("--size", "720x1280", "--inbetweens", "2"),
}


def export(parser: argparse.ArgumentParser) -> None:
    """Write a network for other programs: ONNX, or TorchScript for Nuke's Inference node."""
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="Shipped weights or a file.")
    parser.add_argument("--format", required=True, metavar="|".join(FORMATS), help="What to write.")
    parser.add_argument(
        "--precision", default="fp32", metavar="|".join(PRECISIONS), help="Of the network."
    )
    parser.add_argument("--output", type=Path, help="The file; named after the weights without.")
    parser.add_argument("--json", action="store_true", help="Print JSON.")


def train(parser: argparse.ArgumentParser) -> None:
    """Train a network on rendered scenes and on clips."""
    parser.add_argument(
        "output", type=Path, nargs="?", help="Folder for weights, state and log (docs/training.md)."
    )
    _add_material(parser)
    _add_beginning(parser)
    parameters.add_flags(parser, TrainingSettings, "training")
    parser.add_argument("--config", dest="network", help="Another spelling of --network.")
    parameters.add_flags(parser, DryRun, "dry run")
    parser.add_argument(
        "--dry-run", action="store_true", help="Print size, memory and time; train nothing."
    )
    parser.add_argument("--json", action="store_true", help="Print the dry run as JSON.")


def distill(parser: argparse.ArgumentParser) -> None:
    """Teach one view of the motion network what the mean of several knows.

    Measures what is held out before and after, and ends by itself (docs/training.md).
    """
    parser.add_argument("output", type=Path, help="Folder for weights, state, log and scores.")
    _add_material(parser)
    group = parser.add_argument_group("where it begins").add_mutually_exclusive_group()
    group.add_argument(
        "--resume", type=Path, metavar="STATE", help="Go on with a run: its folder, or its state."
    )
    group.add_argument(
        "--weights", default=DEFAULT_WEIGHTS, help="The teacher: shipped motion weights or a file."
    )
    parameters.add_flags(parser, DistillSettings, "distillation")


def _add_material(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--textures", type=Path, nargs="+", default=[], metavar="DIR",
        help="Folders of pictures for the rendered layers; without them they are painted.",
    )  # fmt: skip
    parser.add_argument(
        "--clips", type=Path, nargs="+", default=[], metavar="DIR",
        help="Folders of clips: frames, folders of frames, Vimeo-90K, X-TRAIN, video files.",
    )  # fmt: skip


def _add_beginning(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where it begins").add_mutually_exclusive_group()
    group.add_argument(
        "--resume", type=Path, metavar="STATE",
        help="Go on with a run: its folder, its state.safetensors, or the index of its shards.",
    )  # fmt: skip
    group.add_argument(
        "--from-weights", type=Path, metavar="WEIGHTS",
        help="Start a new run from the weights of another: its folder, a file, or an index.",
    )  # fmt: skip
    group.add_argument(
        "--join", type=Path, metavar="INDEX",
        help="Train nothing: write the shards of INDEX as the one file OUTPUT.",
    )  # fmt: skip


def evaluate(parser: argparse.ArgumentParser) -> None:
    """Measure weights on frames whose in-betweens are known, beside the simple ways to make them.

    ROOT is a benchmark's folder as it was published; docs/evaluation.md shows each, and what the
    paper reached on it. triplets are folders of 0, 1 and 2 (.png or .exr): first frame, true
    middle, second.
    """
    parser.add_argument("benchmark", choices=BENCHMARKS, help="How ROOT is laid out.")
    parser.add_argument("root", type=Path, help="Folder of the benchmark.")
    parser.add_argument("--preset", default="standard", metavar="|".join(PRESETS))
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="Shipped name, or a file.")
    parser.add_argument(
        "--methods", metavar="NAME,NAME",
        help=f"What to compare, of {','.join(METHODS)}; all but guide unless given.",
    )  # fmt: skip
    parser.add_argument(
        "--lpips", choices=LPIPS,
        help="The network of LPIPS; the first of these that is here unless given.",
    )  # fmt: skip
    _add_selection(parser)
    _add_output(parser)
    _add_ablations(parser)
    parameters.add_flags(parser, PRESETS["standard"], "quality")
    parameters.add_flags(parser, Machine, "machine")


def _add_selection(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which items")
    group.add_argument("--limit", type=int, default=0, metavar="N", help="The first N only.")
    group.add_argument("--only", default="", metavar="NAME,NAME", help="These; * stands for any.")


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is written")
    group.add_argument("--json", type=Path, metavar="FILE", help="Write the figures as JSON.")
    group.add_argument(
        "--worst", type=Path, metavar="FILE.png",
        help="Write a contact sheet of the ten frames where ours is furthest behind.",
    )  # fmt: skip


def _add_ablations(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("sweeps and ablations")
    group.add_argument(
        "--sweep", action="append", default=[], metavar="KNOB=VALUE,VALUE",
        help="Try these values of a quality flag, as in steps=1,2,4; with several sweeps, every "
        "combination.",
    )  # fmt: skip
    group.add_argument(
        "--upsampler", metavar="WEIGHTS", help="Other weights for the stages above the base."
    )
    group.add_argument(
        "--tiling", type=float, nargs="?", const=TILING_START, metavar="TIME",
        help="Instead of the cascade, refine the upsampled base prediction in tiles, as DDVM does, "
        f"from this diffusion time on (0 to 1; {TILING_START} where none is given).",
    )  # fmt: skip


def stretch(parser: argparse.ArgumentParser) -> None:
    """Make the sound of a clip as long as its slow motion, at its own pitch."""
    parser.add_argument("source", type=Path, help="A file with sound.")
    parser.add_argument("target", type=Path, help="The WAV file to write.")
    parser.add_argument("--start", type=Fraction, default=Fraction(0), help="Seconds into it.")
    parser.add_argument("--seconds", type=Fraction, required=True, help="Seconds of it.")
    parser.add_argument("--speed", type=Fraction, required=True, help="1/2: twice as long.")
