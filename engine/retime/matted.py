"""Foreground and background of a pair, each along its own motion, put together again.

A matte m says how much of a pixel is foreground. With B the background, seen, or filled in where
the foreground hides it, the plate I is

    I = F + (1 - m) B        so that        F = I - (1 - m) B

is the foreground, premultiplied: all of I inside the matte, nothing outside, and along the edge
what the background has not given. F and m follow the foreground's motion. B follows that of the
background, in which hidden pixels count as far as nothing else is known. The in-between is
F + (1 - m) B of what each of them is there: what does not move comes out as it was. All of it in
light, since light adds up; and each layer keeps the light of its grain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..inference.interpolator import InBetween
from ..plate.frame import Frame, Plane, Window, plane_in
from ..plate.matte import CHANNEL
from .filling import filled
from .light import with_its_light

LAYERS = 2  # foreground and background: so much more network calls
IMAGES = 14  # more at work than without a matte, (3, H, W) each
SEEN = 0.1  # a matte from which the background counts as hidden; below, it counts the less
_FAINT = 1e-3  # what hidden pixels count beside one that is seen

Predict = Callable[[Tensor, Tensor, "object | None"], InBetween]
Curve = Callable[[Tensor], Tensor]
Mattes = tuple[Tensor, Tensor]


class LayerMotion(NamedTuple):
    """What both layers went by."""

    foreground: object | None = None
    background: object | None = None


def mattes_of(left: Frame, right: Frame, view: str, window: Window) -> Mattes | None:
    """The mattes of a pair over a window, (1, H, W) in [0, 1].

    None without any, and where one layer is all there is in both frames.
    """
    if not left.matte or not right.matte:
        return None
    first, second = (_matte(frame, view, window) for frame in (left, right))
    lowest, highest = min(first.min(), second.min()), max(first.max(), second.max())
    return None if lowest == 1 or highest == 0 else (first, second)


def apart(predict: Predict, mattes: Mattes, to_model: Curve, from_model: Curve) -> Predict:
    """`predict` for images (3, H, W) whose foreground and background are predicted apart.

    `to_model` and `from_model` lead from light, which may be negative, to the images' values and
    back.
    """
    both = [matte.expand(3, -1, -1) for matte in mattes]
    seen = [(1 - matte / SEEN).clamp(0, 1) for matte in mattes]

    def predicted(first: Tensor, second: Tensor, motion: object | None) -> InBetween:
        known = motion if isinstance(motion, LayerMotion) else LayerMotion()
        hidden = [filled(image, one) for image, one in zip((first, second), seen, strict=True)]
        back, picture = _background(predict, hidden, seen, known.background)
        cut = [
            matte * to_model(_foreground(from_model(image), matte, from_model(behind)))
            for image, matte, behind in zip((first, second), mattes, hidden, strict=True)
        ]
        front = predict(cut[0], cut[1], known.foreground)
        matte = predict(both[0], both[1], front.motion).image[:1].clamp(0, 1)
        own = front.image / matte.clamp(min=_FAINT) + _grain(front, cut, fades=False)
        light = matte * from_model(own)
        image = to_model(light + (1 - matte) * from_model(picture))
        return _together(front, back, matte, image)

    return predicted


def _foreground(light: Tensor, matte: Tensor, behind: Tensor) -> Tensor:
    """The foreground's own light, (3, H, W): what the background has not given, over the matte."""
    return (light - (1 - matte) * behind) / matte.clamp(min=torch.finfo(matte.dtype).tiny)


def _background(
    predict: Predict, hidden: list[Tensor], seen: list[Tensor], motion: object | None
) -> tuple[InBetween, Tensor]:
    """The background's in-between, and its picture (3, H, W) by what is seen of it."""
    back = predict(hidden[0], hidden[1], motion)
    weighed = [image * one for image, one in zip(hidden, seen, strict=True)]
    shares = [one.expand(3, -1, -1) for one in seen]
    total = predict(weighed[0], weighed[1], back.motion).image
    share = predict(shares[0], shares[1], back.motion).image[:1].clamp(min=0)
    picture = (total + _FAINT * back.image) / (share + _FAINT)
    return back, picture + _grain(back, hidden, fades=True)


def _grain(middle: InBetween, images: list[Tensor], fades: bool) -> Tensor:
    """What an in-between of two images lacks of the light of their grain (light.py), (3, H, W).

    A foreground that is cut out by less in one frame than in the other does not fade.
    """
    return with_its_light(middle, images[0], images[1], fades) - middle.image


def _together(front: InBetween, back: InBetween, matte: Tensor, image: Tensor) -> InBetween:
    """Variances add up as the layers do; of motion there is one, that of what is seen more.

    Each layer has its light already.
    """
    variance = vectors = None
    if front.variance is not None and back.variance is not None:
        variance = front.variance + (1 - matte).square() * back.variance
    if front.vectors is not None and back.vectors is not None:
        vectors = torch.where(matte >= 0.5, front.vectors, back.vectors)
    motion = LayerMotion(front.motion, back.motion)
    return InBetween(image, variance, motion, vectors)


def _matte(frame: Frame, view: str, window: Window) -> Tensor:
    """A frame's matte over a window, (1, H, W): that of the view, or the only one."""
    of_view = (part for part in frame.matte if part.view == view)
    part = next(of_view, frame.matte[0])
    return torch.from_numpy(_share(plane_in(part, CHANNEL, window)))[None]


def _share(plane: Plane) -> Plane:
    """Values as float32 from 0 to 1; whole numbers over their largest, NaN as 0."""
    largest = np.iinfo(plane.dtype).max if plane.dtype.kind == "u" else 1
    values = np.nan_to_num(np.divide(plane, largest, dtype=np.float32), nan=0)
    shares: Plane = np.clip(values, 0, 1, dtype=np.float32)
    return shares
