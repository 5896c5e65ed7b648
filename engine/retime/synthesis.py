"""An in-between frame out of its two neighbors: every layer by its policy (decisions 6 to 8).

Color is synthesized by the cascade, in the model's range, with the noise of its output frame;
alpha and single color channels the same way, as gray pictures. What is found of the main color's
motion moves the other layers of its picture too, so that an edge stays one edge in all of them.
Data that must not be averaged is taken from the nearer frame.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hifi_ofx.quality import Output

from .. import color
from ..inference.interpolator import InBetween
from ..inference.spans import span
from ..memory import frames
from ..plate.frame import (
    Frame,
    Part,
    Plane,
    Window,
    empty_inbetween,
    pairs,
    pasted,
    placed,
    plane_in,
)
from ..plate.layers import Layer, layers
from .around import images_of, parts_around
from .encoding import DISPLAY, SCENE_LINEAR, Encoding, scene_linear
from .light import steady, with_its_light
from .matted import Mattes, Predict, apart, mattes_of
from .picture import Views, pictures
from .stops import whole_stops
from .stored import broken, same_bits, stored, too_large, unit

_STRIP = 256  # rows that are stored at a time
VARIANCE_CHANNELS = tuple(f"hifi.variance.{channel}" for channel in "RGB")
# As Nuke has them: u to the right and v upwards, in pixels, to the frame before and after.
VECTOR_CHANNELS = ("backward.u", "backward.v", "forward.u", "forward.v", "hifi.visibility")

# The layer, how many values in-betweens have no room for, and what is wrong with them.
TellBroken = Callable[[str, int, str], None]
Heard = Callable[[InBetween], None]
Finish = Callable[[InBetween, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Neighbors:
    """One part of the left and the right frame, and where between them the in-between lies.

    `window` is the in-between's data window; `picture` is what is looked at (picture.py); `around`
    the same part of the frames before and after, where these say how motion curves.
    """

    left: Part
    right: Part
    window: Window
    picture: Window
    fraction: Fraction
    encoding: Encoding
    tell_broken: TellBroken
    heard: Heard
    finish: Finish
    mattes: Mattes | None
    around: tuple[Part, Part] | None = None

    def planes(self, channel: str) -> tuple[Plane, Plane]:
        """The channel of both parts over the in-between's data window."""
        return self._over(self.window, channel)

    def looked_at(self, channel: str) -> tuple[Plane, Plane]:
        """The channel of both parts over the picture."""
        return self._over(self.picture, channel)

    def image_of(self, layer: Layer, encoding: Encoding, part: Part) -> Tensor:
        """The layer of a part, over the picture, in the model's range."""
        return _image([plane_in(part, name, self.picture) for name in layer.channels], encoding)

    def _over(self, window: Window, channel: str) -> tuple[Plane, Plane]:
        return plane_in(self.left, channel, window), plane_in(self.right, channel, window)

    def placed(self, plane: Plane, outside: float = 0) -> Plane:
        """What is said of the picture, over the in-between's data window."""
        return placed(plane, self.picture, self.window, outside)

    def pasted(self, channel: str, plane: Plane) -> Plane:
        """What was made of the picture, and around it what both frames have there."""
        return pasted(plane, self.picture, self.planes(channel)[0], self.window)


def synthesize(
    left: Frame,
    right: Frame,
    fraction: Fraction,
    predict: Predict,
    output: Output,
    looked_at: Views | None = None,
    tell_broken: TellBroken = lambda layer, count, what: None,
    heard: Heard = lambda _: None,
    finish: Finish = with_its_light,
    around: tuple[Frame, Frame] | None = None,
) -> Frame:
    """The frame at `fraction` in (0, 1) between two frames, all its parts and layers.

    `looked_at` is what `pictures` says of whole frames, where these are a part of their layers.
    `tell_broken` is told of each layer with values that are NaN, which count as 0, infinite, or
    larger than the model's range has room for, and `heard` given what was predicted of each.
    `finish` makes the image of colors out of what was predicted of two images. `around` are frames
    of the same structure, before and after the two: their images come along as `Around`. Raises
    MismatchedFrames when the frames cannot be reconciled, InvalidSetting when the layer policies
    name what they do not have.
    """
    empty = empty_inbetween(left, right)
    encoding = _encoding(left)
    parts = []
    looked_at = looked_at or pictures(left, right, output.layers)
    motions: dict[str, object] = {}  # by view, of the first color layer
    outer = parts_around(left, around)
    every = zip(empty.parts, pairs(left, right), layers(left, output.layers), outer, strict=True)
    for part, (one, other), part_layers, beyond in every:
        view = part.view
        window, picture = part.data_window, looked_at[view]
        neighbors = Neighbors(
            one, other, window, picture, fraction, encoding, tell_broken, heard, finish,
            mattes_of(left, right, view, picture), beyond,
        )  # fmt: skip
        done, motion = _part(part, part_layers, neighbors, predict, output, motions.get(view))
        parts.append(done)
        if motion is not None:
            motions[view] = motion
    return dataclasses.replace(empty, parts=tuple(parts))


def color_image(frame: Frame, window: Window | None = None) -> Tensor:
    """The frame's main color as an image (3, H, W) in the model's range, over its data window.

    The main color is the first layer with three color channels.
    """
    return _image(_main_planes(frame, window), _encoding(frame))


def main_colors(left: Frame, right: Frame, policies: str = "") -> Iterator[Tensor]:
    """Left's main color, then right's, as `synthesize` hands them to the network."""
    window = pictures(left, right, policies)[_main_color(left)[0].view]
    first, second = (_main_planes(frame, window) for frame in (left, right))
    encoding = _exposed(_encoding(left), first, second)
    for planes in (first, second):
        yield _image(planes, encoding)


def display_color(frame: Frame, window: Window | None = None) -> npt.NDArray[np.float32]:
    """The frame's main color (H, W, 3) as a display would show it, white is 1; not clipped."""
    return color_image(frame, window).div_(color.WHITE).permute(1, 2, 0).numpy()


def main_channels(frame: Frame) -> tuple[Part, tuple[str, ...]]:
    """The part with the main color, and that color's channels."""
    part, layer = _main_color(frame)
    return part, layer.channels


def black(header: Frame) -> Frame:
    """A frame of this structure with every value 0."""
    parts = (
        dataclasses.replace(
            part,
            planes={
                name: np.zeros(part.data_window.shape, part.types[name]) for name in part.channels
            },
        )
        for part in header.parts
    )
    return dataclasses.replace(header, parts=tuple(parts))


def _main_planes(frame: Frame, window: Window | None) -> list[Plane]:
    part, layer = _main_color(frame)
    return [plane_in(part, name, window or part.data_window) for name in layer.channels]


def _encoding(frame: Frame) -> Encoding:
    return DISPLAY if frame.display_referred else SCENE_LINEAR


def _exposed(encoding: Encoding, first: Sequence[Plane], second: Sequence[Plane]) -> Encoding:
    """The encoding at a usual level, for colors of scene-linear light."""
    is_light = all(plane.dtype.kind == "f" for plane in (*first, *second))
    if encoding is DISPLAY or len(first) != 3 or not is_light:
        return encoding
    return scene_linear(whole_stops(first, second))


def _main_color(frame: Frame) -> tuple[Part, Layer]:
    """The first layer with three color channels; where there is none, the first layer."""
    found = [
        (part, layer)
        for part, part_layers in zip(frame.parts, layers(frame), strict=True)
        for layer in part_layers
    ]
    colors = [pair for pair in found if _is_main_color(pair[1])]
    return (colors or found)[0]


def _is_color(layer: Layer) -> bool:
    return layer.policy == "synthesize"


def extra_channels(output: Output) -> tuple[str, ...]:
    """What is written beside the plate's own layers."""
    variance = VARIANCE_CHANNELS if output.uncertainty else ()
    return (*variance, *(VECTOR_CHANNELS if output.vectors else ()))


def with_extras(frame: Frame, output: Output) -> Frame:
    """A source frame with the extra layers every in-between has: nothing moved, nothing guessed."""
    if not extra_channels(output):
        return frame
    part = frame.parts[0]
    planes = {
        name: np.full(part.data_window.shape, name == VECTOR_CHANNELS[-1], np.float32)
        for name in extra_channels(output)
    }
    return dataclasses.replace(frame, parts=(_with_planes(part, planes), *frame.parts[1:]))


def _extras(middle: InBetween, neighbors: Neighbors, output: Output) -> dict[str, Plane]:
    """The extra layers of an in-between, as far as they were asked for."""
    planes: dict[str, Plane] = {}
    if middle.variance is not None:
        planes.update(zip(VARIANCE_CHANNELS, middle.variance.numpy(), strict=True))
    if output.vectors and middle.vectors is not None:
        upwards = torch.tensor([1.0, -1, 1, -1, 1])[:, None, None]  # rows run downwards
        planes.update(zip(VECTOR_CHANNELS, (middle.vectors * upwards).numpy(), strict=True))
    still = {VECTOR_CHANNELS[-1]: 1 - float(neighbors.fraction)}  # where nothing is, nothing moves
    return {name: neighbors.placed(plane, still.get(name, 0)) for name, plane in planes.items()}


def _part(
    part: Part,
    part_layers: Sequence[Layer],
    neighbors: Neighbors,
    predict: Predict,
    output: Output,
    motion: object | None,
) -> tuple[Part, object | None]:
    """The part's in-between, and the motion that its layers went by."""
    planes: dict[str, Plane] = {}
    extras: dict[str, Plane] = {}
    for layer in sorted(part_layers, key=_is_main_color, reverse=True):
        if layer.policy == "synthesize":
            made, middle = _synthesized(layer, neighbors, predict, output, motion)
            if _is_main_color(layer):
                motion = middle.motion if motion is None else motion
                extras = extras or _extras(middle, neighbors, output)
        elif layer.policy == "blend":
            made = {name: _blended(neighbors, name) for name in layer.channels}
        else:
            made = {name: _nearest(neighbors, name) for name in layer.channels}
        planes.update(made)
    done = dataclasses.replace(part, planes=planes)
    return _with_planes(done, extras) if extras else done, motion


def _is_main_color(layer: Layer) -> bool:
    """Whether a layer is a color picture whose motion others may follow."""
    return len(layer.channels) == 3 and _is_color(layer)


def _with_planes(part: Part, planes: Mapping[str, Plane]) -> Part:
    return dataclasses.replace(
        part,
        channels=(*(name for name in part.channels if name not in planes), *planes),
        types={**part.types, **{name: plane.dtype for name, plane in planes.items()}},
        planes={**part.planes, **planes},
    )


def _nearest(neighbors: Neighbors, channel: str) -> Plane:
    return neighbors.planes(channel)[0 if neighbors.fraction < Fraction(1, 2) else 1]


def _blended(neighbors: Neighbors, channel: str) -> Plane:
    left, right = neighbors.planes(channel)
    weight = np.float32(neighbors.fraction)
    return stored((1 - weight) * unit(left) + weight * unit(right), left.dtype)


def _synthesized(
    layer: Layer, neighbors: Neighbors, predict: Predict, output: Output, motion: object | None
) -> tuple[dict[str, Plane], InBetween]:
    """One layer through the cascade. Equal neighbors are copied: a held frame stays itself."""
    planes = [neighbors.looked_at(name) for name in layer.channels]
    if all(same_bits(left, right) for left, right in planes):
        still = {name: neighbors.planes(name)[0] for name in layer.channels}
        return still, _nothing_moved(neighbors, output)
    one, other = ([pair[side] for pair in planes] for side in (0, 1))
    encoding = _exposed(neighbors.encoding, one, other)
    for count, what in _broken((*one, *other), encoding):
        neighbors.tell_broken(layer.name, count, what)
    first, second = _image(one, encoding), _image(other, encoding)
    lowest = min(first.amin().item(), second.amin().item())
    highest = max(first.amax().item(), second.amax().item())
    if neighbors.mattes is not None:
        predict = apart(predict, neighbors.mattes, encoding.to_model, encoding.from_model)
    around = images_of(neighbors.around, partial(neighbors.image_of, layer, encoding))
    middle = predict(first, second, motion or around)
    neighbors.heard(middle)
    finish = neighbors.finish if _is_main_color(layer) else with_its_light
    with span("finish"):
        image = finish(middle, first, second)
    images = image[: len(planes)] if len(planes) > 1 else image.mean(0, keepdim=True)
    made = {}
    with span("encode"):
        for index, (name, (left, _)) in enumerate(zip(layer.channels, planes, strict=True)):
            # Nothing darker or brighter than both neighbors: no negative light, no fireflies.
            pair = first[index], second[index]
            plane = _stored(images[index], pair, (lowest, highest), encoding, left.dtype)
            made[name] = neighbors.pasted(name, plane)
    return made, middle


def _stored(
    image: Tensor,
    pair: tuple[Tensor, Tensor],
    bounds: tuple[float, float],
    encoding: Encoding,
    dtype: np.dtype[Any],
) -> Plane:
    """A channel (H, W) in the model's range, within bounds and steadied, as a plate stores it."""
    plane = frames.empty_plane(image.shape, dtype)
    for top in range(0, len(image), _STRIP):
        rows = slice(top, top + _STRIP)
        steadied = steady(image[rows].clamp(*bounds), *(side[rows] for side in pair))
        plane[rows] = stored(encoding.from_model(steadied).numpy(), dtype)
    return plane


def _broken(planes: Sequence[Plane], encoding: Encoding) -> Iterator[tuple[int, str]]:
    """How many values in-betweens have no room for, and what is wrong with them."""
    if count := sum(map(broken, planes)):
        yield count, f"that are NaN or infinite: NaN counts as 0, infinity as {color.LARGEST:g}"
    if count := sum(too_large(plane, encoding.largest) for plane in planes):
        yield count, f"beyond {encoding.largest:g}, where in-betweens cut them"


def _nothing_moved(neighbors: Neighbors, output: Output) -> InBetween:
    """What is said of two neighbors that are equal."""
    nothing = torch.zeros(3, *neighbors.picture.shape)
    vectors = torch.zeros(5, *neighbors.picture.shape)
    vectors[-1] = 1 - float(neighbors.fraction)
    return InBetween(
        nothing,
        nothing if output.uncertainty else None,
        vectors=vectors if output.vectors else None,
    )


@span("encode")
def _image(planes: list[Plane], encoding: Encoding) -> Tensor:
    """Planes as an image (3, H, W) in the model's range; the last one fills what is missing.

    Plane by plane, so that the temporaries of the transform are a third of a frame.
    """
    image = frames.empty((3, *planes[0].shape))
    for channel, plane in enumerate(planes):
        image[channel] = torch.from_numpy(_model_values(plane, encoding))
    image[len(planes) :] = image[len(planes) - 1]
    return image


def _model_values(plane: Plane, encoding: Encoding) -> npt.NDArray[np.float32]:
    if plane.dtype == np.float16 and encoding.gain:
        table = color.half_table(encoding.gain)
        return np.take(table, plane.view(np.uint16))  # twice as fast as an index
    values = unit(plane)
    np.nan_to_num(values, copy=False, nan=0, posinf=color.LARGEST, neginf=-color.LARGEST)
    result: npt.NDArray[np.float32] = encoding.to_model(torch.from_numpy(values)).numpy()
    return result
