"""The knobs: how much work an in-between gets, what comes along with it, and on what machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from .errors import InvalidSetting
from .missing import LONGEST_GAP, MISSING_POLICIES
from .parameters import parameter


@dataclass(frozen=True)
class Quality:
    """How much work one in-between frame gets: the paper's knobs, and where it left us a choice.

    Weights of the motion network go by samples, early stop, patch size, cascade depth, motion and
    motion path; diffusion weights by all but motion and motion path.
    """

    steps: int = parameter(
        1,
        "Steps",
        "Denoising steps per patch, with diffusion weights. More than 8 stop helping.",
        minimum=1,
        maximum=64,
    )
    base_steps: int = parameter(
        0,
        "Base steps",
        "Denoising steps of the coarsest stage, which decides large motion and is cheap.",
        minimum=1,
        maximum=64,
        words={"same": 0},
    )
    samples: int = parameter(
        4,
        "Samples averaged",
        "Independent predictions averaged into the result: views of the pair, turned, mirrored and "
        "in the other order, or with diffusion weights other noise. More are surer and slower.",
        minimum=1,
        maximum=16,
    )
    early_stop: float = parameter(
        0.01,
        "Early stop",
        "Where the first samples differ by no more than this share of white, no further ones are "
        "made: faster in what stands or moves simply. 0 makes all of them everywhere.",
        minimum=0.0,
        maximum=1.0,
    )
    patch: tuple[int, int] = parameter(
        (512, 768),
        "Patch size",
        "Height x width of the patches that a network works on; it alone decides GPU memory. "
        "Turned for portrait frames.",
        minimum=32,
        maximum=4096,
        unit="pixels",
    )
    overlap: float = parameter(
        0.125,
        "Overlap",
        "Least share of a patch, per axis, that its neighbor covers as well; for diffusion "
        "weights.",
        minimum=0.0,
        maximum=0.75,
    )
    cascade_depth: int = parameter(
        0,
        "Cascade depth",
        "Stages from coarse to fine, each half the size of the next. More find larger motion; auto "
        "finds out for each pair of frames.",
        minimum=1,
        maximum=8,
        words={"auto": 0},
    )
    motion: str = parameter(
        "learned",
        "Motion",
        "How the motion between two frames is found: by the motion network, by a search on the "
        "CPU, or by both, each where it is right.",
        choices=("learned", "search", "both"),
    )
    motion_path: str = parameter(
        "linear",
        "Motion path",
        "How things move between two frames: straight and evenly, or along the curve that the "
        "frames before and after them tell, where the shot has both.",
        choices=("linear", "curved"),
    )
    seed: int = parameter(
        0,
        "Seed",
        "Noise seed, with diffusion weights: the same seed gives the same frames in any order, "
        "and on any machine but for the last bits of its arithmetic.",
        minimum=0,
        maximum=2147483647,
    )
    merge: str = parameter(
        "step",
        "Merge",
        "When overlapping patches are averaged: after every step (the paper) or once a stage.",
        choices=("step", "stage"),
    )
    edges: str = parameter(
        "feathered",
        "Patch edges",
        "How patches count where they overlap: all alike (the paper) or less towards their edges.",
        choices=("uniform", "feathered"),
    )
    average: str = parameter(
        "stage",
        "Average",
        "When samples are averaged: after every stage (the paper) or at the end.",
        choices=("stage", "end"),
    )

    @property
    def beyond(self) -> int:
        """How many source frames beyond its neighbors an in-between's motion is told by."""
        return 1 if self.motion_path == "curved" else 0


@dataclass(frozen=True)
class Output:
    """What is written besides the synthesized color."""

    layers: str = parameter(
        "",
        "Layers",
        "Policy per layer, as in 'depth=blend,fx*=drop': synthesize, nearest, blend or drop. "
        "Layers not named are guessed: color is synthesized; depth, normals and IDs are nearest.",
    )
    uncertainty: bool = parameter(
        False,
        "Uncertainty",
        "Also write the variance over the averaged samples as layer hifi.variance.",
    )
    vectors: bool = parameter(
        False,
        "Vectors",
        "Also write the motion to the left and to the right source frame as layers backward and "
        "forward, in pixels, and which of the two is seen as hifi.visibility.",
    )
    grain: str = parameter(
        "off",
        "Grain",
        "match gives in-betweens the grain of their neighbors, measured from both, which "
        "averaging takes from them; off leaves them smoother.",
        choices=("match", "off"),
    )
    shutter: float = parameter(
        0.0,
        "Shutter",
        "How long the shutter is open, 360 being a whole output frame: what moves is blurred along "
        "its way. The time around the frame, half before and half after. 0 leaves frames sharp.",
        minimum=0.0,
        maximum=720.0,
        unit="degrees",
    )
    shutter_samples: int = parameter(
        8,
        "Shutter samples",
        "With a shutter: so many in-betweens are averaged into a frame, and each takes its time. "
        "What moves further than a few pixels from one to the next needs more.",
        minimum=2,
        maximum=64,
    )


@dataclass(frozen=True)
class Footage:
    """What the plate may do to a retime: missing frames, video, cuts, repeated frames."""

    missing: str = parameter(
        "error",
        "Missing frames",
        "What stands in for source frames that are missing or empty on disk: an error, the frame "
        "before, black, or one made from the frames around (a plate on every second frame).",
        choices=MISSING_POLICIES,
    )
    longest_gap: int = parameter(
        LONGEST_GAP,
        "Longest gap",
        "With missing frames on interpolate: more missing in a row than this are an error.",
        minimum=1,
        maximum=1000,
        unit="frames",
    )
    ends: str = parameter(
        "hold",
        "Past the ends",
        "Where a curve asks for frames before the clip's first or past its last: hold that frame, "
        "or stop with an error.",
        choices=("hold", "error"),
    )
    deinterlace: str = parameter(
        "error",
        "Interlaced video",
        "Two moments in one frame cannot be retimed: stop with an error, make a frame of every "
        "field (twice as many) or of every frame, or take the frames as progressive.",
        choices=("error", "fields", "frames", "progressive"),
    )
    transfer: str = parameter(
        "linear",
        "HDR video",
        "PQ and HLG video for EXR: to scene-linear light, or keep the encoded values.",
        choices=("linear", "keep"),
    )
    alpha: str = parameter(
        "straight",
        "Video alpha",
        "How a video with alpha has its colors. In EXR they are premultiplied either way.",
        choices=("straight", "premultiplied"),
    )
    cuts: str = parameter(
        "nearest",
        "Cuts",
        "Across a detected cut take the nearest frame, or ignore cuts and interpolate.",
        choices=("nearest", "ignore"),
    )
    cut_threshold: float = parameter(
        0.22,
        "Cut threshold",
        "Two frames that differ more than this, in color and structure, are a cut. "
        "Lower finds more cuts.",
        minimum=0.0,
        maximum=1.0,
    )
    structure_threshold: float = parameter(
        0.12,
        "Structure threshold",
        "Below this change of structure a change of color is a flash or a fade, never a cut.",
        minimum=0.0,
        maximum=1.0,
    )
    cut_marks: str = parameter(
        "",
        "Cuts by hand",
        "Source frames that begin a shot whatever is detected, as in 1005; !1010 begins none. "
        "Separate them by commas.",
    )
    holds: str = parameter(
        "keep",
        "Repeated frames",
        "Keep repeated source frames, or interpolate across them (animation on twos).",
        choices=("keep", "interpolate"),
    )
    hold_marks: str = parameter(
        "",
        "Repeats by hand",
        "Source frames that repeat the one before and are interpolated across, whatever is set and "
        "found, as in 1005; !1010 is kept. Separate them by commas.",
    )
    hold_threshold: float = parameter(
        0.004,
        "Hold threshold",
        "With repeated frames on interpolate: what changes less than this everywhere is a repeat.",
        minimum=0.0,
        maximum=1.0,
    )
    hold_length: int = parameter(
        8,
        "Longest hold",
        "A frame that repeats for longer is meant to stand still and is kept.",
        minimum=2,
        maximum=1000,
        unit="frames",
    )
    matte: str = parameter(
        "",
        "Matte",
        "What of the frames is foreground, which is then retimed apart from what lies behind it: "
        "a sequence as matte.####.exr (its alpha, else its first channel), or a layer of the "
        "plate as alpha.",
    )

    @property
    def handles(self) -> int:
        """How many source frames beyond its neighbors an in-between may be made of."""
        return max(self._hold, self.longest_gap if self.missing == "interpolate" else 0)

    def context(self, is_made: bool, beyond: int = 0) -> int:
        """How many source frames beyond its neighbors decide a frame that is made, or copied.

        A hold is told by all that repeat, a cut from the end of a fade by one frame more, motion by
        `beyond` (Quality.beyond) around the two that it is between; a frame that is copied is none
        of these, unless holds are interpolated across.
        """
        between = is_made or self._hold
        return self._hold + max(beyond, self.cuts != "ignore") if between else 0

    @property
    def _hold(self) -> int:
        return self.hold_length if self.interpolates_holds else 0

    @property
    def interpolates_holds(self) -> bool:
        """Whether any repeated frame is interpolated across."""
        return self.holds == "interpolate" or any(self.marked_holds.values())

    @cached_property
    def marked_cuts(self) -> Mapping[int, bool]:
        """For source frames marked by hand, whether they begin a shot. Raises InvalidSetting."""
        return _marks(self.cut_marks, "Cuts by hand", "Write 1005 for a cut, !1010 for none.")

    @cached_property
    def marked_holds(self) -> Mapping[int, bool]:
        """For repeated frames marked by hand, whether they are interpolated across.

        Raises InvalidSetting.
        """
        how = "Write 1005 for a repeat to interpolate across, !1010 for one to keep."
        return _marks(self.hold_marks, "Repeats by hand", how)

    def marked_between(self, left: int, right: int) -> bool | None:
        """Whether a cut lies between two source frames, by hand; None where nothing is marked."""
        inside = [cut for frame, cut in self.marked_cuts.items() if left < frame <= right]
        return any(inside) if inside else None


@dataclass(frozen=True)
class Machine:
    """Where the work runs. Not part of a frame's identity: a farm may mix machines."""

    device: str = parameter(
        "auto",
        "Device",
        "auto, cpu, cuda, cuda:1, mps. auto takes a GPU where there is one. Several, as in "
        "cuda:0,cuda:1, share the frames, where files are rendered from a shell or on a farm.",
    )
    precision: str = parameter(
        "auto",
        "Precision",
        "Arithmetic of the network. auto is bfloat16 on a GPU that has it, else float32.",
        choices=("auto", "float32", "bfloat16", "float16"),
    )
    batch: int = parameter(
        0,
        "Batch",
        "Patches per network call. auto takes as many as the free memory holds.",
        minimum=1,
        maximum=256,
        words={"auto": 0},
    )
    backend: str = parameter(
        "torch",
        "Backend",
        "What runs the networks: torch, torch's compiler (needs one for C++), ONNX Runtime (the "
        "extra onnx), or the fastest of them, measured once for each machine and weights.",
        choices=("auto", "torch", "compiled", "onnx"),
    )

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that are named, in the order they are named in."""
        return tuple(filter(None, map(str.strip, self.device.split(",")))) or ("auto",)


def _marks(text: str, label: str, how: str) -> Mapping[int, bool]:
    """Source frames by number, False for those with a ! before them. Raises InvalidSetting."""
    found = {}
    for word in text.replace(",", " ").split():
        number = word.removeprefix("!")
        if not re.fullmatch(r"-?[0-9]{1,9}", number):
            raise InvalidSetting(f"{label}: {word!r} is no frame.", how)
        found[int(number)] = word == number
    return MappingProxyType(found)


PRESETS: Mapping[str, Quality] = MappingProxyType(
    {
        "draft": Quality(samples=1, patch=(256, 384)),
        "standard": Quality(),
        "best": Quality(motion="both"),
        "paper": Quality(
            steps=8,
            samples=4,
            early_stop=0.0,
            patch=(512, 768),
            cascade_depth=3,
            merge="step",
            edges="uniform",
        ),
    }
)


def preset(name: str) -> Quality:
    """The Quality of a preset. Raises InvalidSetting, naming the presets, for any other name."""
    if name not in PRESETS:
        raise InvalidSetting(f"There is no preset {name!r}.", f"Choose {' or '.join(PRESETS)}.")
    return PRESETS[name]
