"""What an open shutter sees of a shot, and the mean of it: as light adds up.

Colors and alpha are averaged in scene-linear light, which is what falls onto a sensor; the values
of display formats are decoded for it by the sRGB curve and encoded after. Colors of EXR are
premultiplied, and are averaged as they are; straight ones are weighed by their alpha. Layers that
must not be averaged are those of the moment nearest to the frame's own. Moments across a cut are
left out.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from hifi_ofx.retime import PlannedFrame

from .. import color
from ..plate.frame import Frame, Part, Plane, Window, pairs, placed, plane_in
from ..plate.layers import ALPHA, Layer, layers
from .inbetweens import Inbetweens
from .order import Step
from .stored import same_bits, stored, unit
from .synthesis import VECTOR_CHANNELS

Light = npt.NDArray[np.float32]

log = logging.getLogger(__name__)

_STRAIGHT = ("R", "G", "B")  # colors that a straight alpha belongs to


def seen(planned: PlannedFrame, steps: Sequence[Step], inbetweens: Inbetweens) -> list[Step]:
    """The moments of a frame that its shutter sees of the frame's own shot. None where it is shut.

    What of it is left out is in the log.
    """
    if not planned.exposures:
        return []
    first, last = _shot(planned, inbetweens)
    inside = [one for one in steps if first <= one.moment.left and one.moment.right <= last]
    if len(inside) < len(steps):
        log.info(
            "Output frame %d: the shutter sees source frames %d to %d alone, up to a cut: %d of %d "
            "moments.",
            planned.output, first, last, len(inside), len(steps),
        )  # fmt: skip
    return inside


def nearest(planned: PlannedFrame, moments: Sequence[PlannedFrame]) -> int:
    """Which of the moments is nearest to the frame's own; the earlier one of two."""
    return min(range(len(moments)), key=lambda index: abs(moments[index].time - planned.time))


def _shot(planned: PlannedFrame, inbetweens: Inbetweens) -> tuple[int, int]:
    """First and last source frame around a frame's own moment that no cut lies between."""
    span = planned.around(0)
    own = inbetweens.resolve(dataclasses.replace(planned, exposures=()))
    numbers = [n for n in inbetweens.clip.numbers if span.start <= n < span.stop]
    before = [n for n in numbers if n <= own.left]
    after = [n for n in numbers if n >= own.right]
    first, last = min(span.start, own.left), max(span.stop - 1, own.right)
    for later, earlier in itertools.pairwise(reversed(before)):
        if inbetweens.is_cut(earlier, later):
            first = later
            break
    for earlier, later in itertools.pairwise(after):
        if inbetweens.is_cut(earlier, later):
            last = earlier
            break
    return first, last


def mean(frames: Iterable[Frame], kept: int, policies: str) -> Frame:
    """The mean of frames, one or more; what is not averaged is of the frame number `kept`.

    One frame after the other is asked for, and none is held but for that one. Raises
    MismatchedFrames, InvalidSetting for policies that name no layer.
    """
    own: Frame | None = None
    sums: list[_Sum] = []
    for index, frame in enumerate(frames):
        averaged = [_averaged(part_layers) for part_layers in layers(frame, policies)]
        if own is None:
            own = frame
            sums = [_Sum(part, frame.display_referred) for part in frame.parts]
        every = zip(sums, pairs(own, frame), averaged, strict=True)
        for one, (_, part), channels in every:
            one.add(part, channels)
        own = frame if index == kept else own
    assert own is not None
    parts = (one.over(part) for one, part in zip(sums, own.parts, strict=True))
    return dataclasses.replace(own, parts=tuple(parts))


@dataclass
class _Sum:
    """The light of one part of every frame so far, over the window that holds them all.

    Of each channel the values of the first frame, and how much more light the others have than it:
    what does not change comes out as it was, to the bit.
    """

    part: Part  # the first frame's
    display_referred: bool
    count: int = 0
    first: dict[str, Plane] = field(default_factory=dict)
    more: dict[str, Light] = field(default_factory=dict)
    window: Window = field(init=False)

    def __post_init__(self) -> None:
        self.window = self.part.data_window

    def add(self, part: Part, channels: Sequence[str]) -> None:
        """One frame more."""
        self.count += 1
        self._hold(part.data_window)
        planes = {name: plane_in(part, name, self.window) for name in channels}
        self.first = self.first or planes
        changed = {name for name, plane in planes.items() if not same_bits(plane, self.first[name])}
        if self._alpha in changed:
            changed.update(set(_STRAIGHT).intersection(planes))
        for name in changed:
            gained = self._light(name, planes) - self._light(name, self.first)
            self.more[name] = self.more[name] + gained if name in self.more else gained

    def over(self, part: Part) -> Part:
        """A part of one of the frames, with the mean in the place of what is averaged."""
        planes = {name: plane_in(part, name, self.window) for name in part.channels}
        light = {
            name: self._light(name, self.first) + more / np.float32(self.count)
            for name, more in self.more.items()
        }
        means = {name: stored(self._value(name, light), part.types[name]) for name in light}
        same = {
            name: plane.astype(part.types[name], copy=False) for name, plane in self.first.items()
        }
        return dataclasses.replace(
            part, data_window=self.window, planes={**planes, **same, **means}
        )

    def _hold(self, window: Window) -> None:
        """Make what there is larger, so that it holds this window as well."""
        before, self.window = self.window, self.window.union(window)
        for planes in (self.first, self.more):
            for name, plane in planes.items():
                planes[name] = placed(plane, before, self.window)

    @property
    def _alpha(self) -> str:
        """The alpha that colors are not multiplied by yet; "" where they are, or there is none."""
        straight = self.part.metadata.get("oiio:UnassociatedAlpha")
        return "A" if straight and straight.value and "A" in self.first else ""

    def _light(self, name: str, planes: dict[str, Plane]) -> Light:
        """A channel's values as light; of a straight color, as much as its alpha lets through."""
        values = self._decoded(name, planes[name])
        if self._alpha and name in _STRAIGHT:
            values *= unit(planes[self._alpha])
        return values

    def _value(self, name: str, light: dict[str, Light]) -> Light:
        """What light a channel has, as a value: the inverse of `_light`."""
        values = light[name]
        if self._alpha and name in _STRAIGHT:
            through = light.get(self._alpha, unit(self.first[self._alpha]))
            unseen = self._decoded(name, self.first[name])
            values = np.divide(values, through, out=unseen, where=through > 0)
        if self._is_encoded(name):
            return color.model_to_display(color.to_model(torch.from_numpy(values))).numpy()
        return values

    def _decoded(self, name: str, plane: Plane) -> Light:
        values = unit(plane)
        np.nan_to_num(values, copy=False, nan=0, posinf=color.LARGEST, neginf=-color.LARGEST)
        if self._is_encoded(name):
            return color.from_model(color.display_to_model(torch.from_numpy(values))).numpy()
        return values

    def _is_encoded(self, name: str) -> bool:
        """Whether a channel holds what a display shows; alpha does not."""
        whole = self.part.types[name].kind == "u"
        return self.display_referred and whole and name.rpartition(".")[2].lower() not in ALPHA


def _averaged(part_layers: Sequence[Layer]) -> list[str]:
    """The channels of a part that may be averaged."""
    return [
        name
        for layer in part_layers
        if layer.policy in ("synthesize", "blend")
        for name in layer.channels
        if name not in VECTOR_CHANNELS
    ]
