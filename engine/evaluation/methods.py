"""What is compared: ours, and the simple ways to make an in-between.

A method takes the two frames of an item and gives a function of the fraction, so that what
belongs to the pair, such as its optical flow, is computed once.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType

import torch
from torch import Tensor

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality

from ..flow.estimate import pair_flow
from ..flow.intermediate import intermediate_flow
from ..flow.targets import WarpedStage
from ..inference.interpolator import Interpolator, Task
from ..paper.cascade import condition_on
from .flow import motion_compensated
from .names import METHODS
from .pictures import Pair

Between = Callable[[Fraction], Tensor]  # fraction in (0, 1) to an image (3, H, W)
Method = Callable[[Pair], Between]

OURS = "ours"


def blend(pair: Pair) -> Between:
    """The frame blend: both frames, by how near they are."""
    return lambda fraction: torch.lerp(pair.first, pair.second, float(fraction))


def nearest(pair: Pair) -> Between:
    """The nearer frame; the first one halfway, as published baselines have it."""
    return lambda fraction: pair.first if fraction <= Fraction(1, 2) else pair.second


def dis(pair: Pair) -> Between:
    """Both frames moved along OpenCV's DIS optical flow; see `flow`."""
    return motion_compensated(pair.first, pair.second)


def guide(pair: Pair) -> Between:
    """The blend of both frames warped: what an untrained aligned network gives."""
    first, second = pair.first[None], pair.second[None]
    flows = pair_flow(first, second)

    def between(fraction: Fraction) -> Tensor:
        weight = torch.tensor([float(fraction)])
        flow = intermediate_flow(first, second, weight, flows)
        condition = condition_on(pair.first, pair.second, None)
        return WarpedStage(condition, flow, weight, 1.0).blend()

    return between


def ours(interpolator: Interpolator, quality: Quality, machine: Machine) -> Method:
    """What the weights make. Noise belongs to the item, and to the fraction where it is direct.

    By an interpolator of its own: what other settings found of a pair is not free for it, or its
    time would say nothing.
    """
    own = interpolator.fresh()

    def method(pair: Pair) -> Between:
        def between(fraction: Fraction) -> Tensor:
            direct = own.knows_fractions and fraction != Fraction(1, 2)
            key = f"{pair.name} {fraction}" if direct else pair.name
            own.adapt(machine, quality)
            # As the network averages it: neither light nor grain is brought back.
            task = Task(quality, key, display_referred=True)
            around = pair.around if quality.beyond else None
            return own.interpolate(pair.first, pair.second, fraction, task, around).image

        return between

    return method


BASELINES: Mapping[str, Method] = MappingProxyType(
    {"blend": blend, "nearest": nearest, "dis": dis, "guide": guide}
)
USUAL = tuple(
    name for name in METHODS if name != "guide"
)  # it says something of aligned weights only
WITH_OPENCV = ("dis", "guide")


def chosen(text: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The methods that `--methods` names, or all that can run here, and what is left out and why.

    Raises InvalidSetting for a name that is none, or for dis, by name, without OpenCV.
    """
    if text is None:
        return _all()
    names = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    unknown = [name for name in names if name not in METHODS]
    if unknown or not names:
        wrong = ", ".join(unknown) or "nothing"
        raise InvalidSetting(f"--methods names {wrong}.", f"Methods are {', '.join(METHODS)}.")
    needy = [name for name in names if name in WITH_OPENCV]
    if needy and not has_opencv():
        raise InvalidSetting(
            f"The method {needy[0]} needs OpenCV, which is not installed.",
            "Install it: pip install opencv-python-headless.",
        )
    return names, ()


def _all() -> tuple[tuple[str, ...], tuple[str, ...]]:
    if has_opencv():
        return USUAL, ()
    return tuple(name for name in USUAL if name != "dis"), (
        "DIS is left out: OpenCV is not installed (pip install opencv-python-headless).",
    )


def has_opencv() -> bool:
    """Whether OpenCV is installed."""
    return importlib.util.find_spec("cv2") is not None


def baselines(names: Sequence[str]) -> dict[str, Method]:
    """The methods among these that are not ours."""
    return {name: BASELINES[name] for name in names if name != OURS}
