"""One in-between of two frames that a host holds in memory: a live node's request, answered.

The same decisions on cuts, the same noise and the same synthesis as in a retime of files, so that
both give the same pixels. Frames come and go as raw floats in files that both sides map.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hifi_ofx.errors import FrameError, InvalidSetting
from hifi_ofx.live import Interpolate, Interpolated, Picture
from hifi_ofx.request import Progress
from hifi_ofx.retime import PlannedFrame

from ..inference.interpolator import Interpolator
from ..inference.model_cache import Loaded
from ..plate.atomic import check_replaceable, output_error
from ..plate.frame import Frame, Part, Window, empty_inbetween, plane_in
from .inbetweens import Clip, FrameCache, Inbetweens
from .picture import MARGIN
from .planning import check_uncertainty
from .progress import Meter
from .synthesis import VARIANCE_CHANNELS, with_extras

Pixels = npt.NDArray[np.float32]


@dataclass
class Live:
    """Answers `interpolate`; keeps the latest frames and their signatures, by their files."""

    loaded: Loaded
    cache: FrameCache = field(default_factory=FrameCache)

    def interpolate(
        self,
        request: Interpolate,
        report: Callable[[Progress], None],
        cancelled: threading.Event,
    ) -> Interpolated:
        """Write the in-between into the request's file.

        Raises Cancelled, within one network call, when the event is set; FrameError for a picture
        that cannot be read, OutputError for a result that cannot be written, and any HifiError of
        settings, weights and memory. Nothing is left half-written.
        """
        check_uncertainty(request.output_settings, request.quality)
        if request.footage.matte:
            raise InvalidSetting("A matte belongs to sequences on disk.", "Leave Matte empty.")
        if request.output_settings.shutter:
            raise InvalidSetting("A shutter belongs to sequences on disk.", "Set Shutter to 0.")
        meter = Meter(report, cancelled)
        settings = request.weights, request.machine, request.quality
        interpolator, _ = self.loaded.load(*settings, meter.check)
        inbetweens = self._inbetweens(request, interpolator, meter)
        planned = inbetweens.resolve(
            PlannedFrame(request.output, *request.frames, request.fraction)
        )
        left, right = (inbetweens.frame(number) for number in request.frames)
        source = _source(request, planned)
        if source:
            window = empty_inbetween(left, right).parts[0].data_window
            frame = _enlarged(left if source == "left" else right, window)
            frame = with_extras(frame, request.output_settings)
        else:
            around = inbetweens.around(planned)
            frame = inbetweens.make_one(left, right, planned, around=around)
        _write(Path(request.result), _interleaved(frame, request))
        window = frame.parts[0].data_window
        return Interpolated(
            window.width,
            window.height,
            window.x,
            window.y,
            meter.calls,
            meter.network_seconds,
            source,
        )

    def forget(self) -> None:
        """Give the memory back."""
        self.cache.clear()

    def _inbetweens(
        self, request: Interpolate, interpolator: Interpolator, meter: Meter
    ) -> Inbetweens:
        pictures = _pictures(request)
        display = _display(request)
        return Inbetweens(
            # A file's name stands for its content: the front end never writes one again.
            Clip(
                list(pictures),
                lambda number: (pictures[number], display),
                lambda number: _read(pictures[number], display),
            ),
            interpolator,
            request.quality,
            request.output_settings,
            request.footage,
            meter,
            self.cache,
        )


def _pictures(request: Interpolate) -> dict[int, Picture]:
    """The pictures that came, by their frames, ascending."""
    left, right = request.frames
    came = {left - 1: request.before, left: request.left, right: request.right}
    came[right + 1] = request.after
    return {number: picture for number, picture in came.items() if picture is not None}


def _source(request: Interpolate, planned: PlannedFrame) -> str:
    """Which source frame the planned frame is, if it is one."""
    if planned.fraction:
        return ""
    return "left" if planned.left == request.frames[0] else "right"


def _display(request: Interpolate) -> Window:
    """The whole picture of which the two may be parts; outside of them it is black.

    A host's project may be of another size than its plates: windows that are the same and lie at
    the project's border are taken for whole plates. Where the host does not say how large it is,
    there is as much black around windows that differ as is looked at, at least.
    """
    one, other = _window(request.left), _window(request.right)
    both, project = one.union(other), Window(*request.display)
    known = project.width > 0 and project.height > 0
    if one == other and not (known and _inside(one, project)):
        return one
    return project if known else both.grown(MARGIN)


def _inside(window: Window, outer: Window) -> bool:
    """Whether a window reaches none of another one's sides."""
    across = outer.x < window.x and window.right < outer.right
    return across and outer.y < window.y and window.bottom < outer.bottom


def _window(picture: Picture) -> Window:
    return Window(picture.x, picture.y, picture.width, picture.height)


def _read(picture: Picture, display: Window) -> Frame:
    """The frame in a file of raw floats, each channel a plane of its own."""
    window = _window(picture)
    shape = (*window.shape, len(picture.channels))
    try:
        pixels = np.memmap(picture.path, np.float32, "r", shape=shape)
    except (OSError, OverflowError, ValueError) as error:
        raise FrameError(
            f"{picture.path} does not hold {picture.width}x{picture.height} pixels of "
            f"{len(picture.channels)} channels: {error}."
        ) from error
    planes = {name: np.array(pixels[..., index]) for index, name in enumerate(picture.channels)}
    types = {name: np.dtype(np.float32) for name in picture.channels}
    part = Part(picture.channels, types, window, display, planes=planes)
    return Frame((part,), "openexr")


def _enlarged(frame: Frame, window: Window) -> Frame:
    part = frame.parts[0]
    planes = {name: plane_in(part, name, window) for name in part.channels}
    return Frame((dataclasses.replace(part, data_window=window, planes=planes),), frame.format)


def _interleaved(frame: Frame, request: Interpolate) -> Pixels:
    """What the host gets: its own channels, the color ones replaced by the variance if asked."""
    planes = frame.parts[0].planes
    names = list(request.left.channels)
    if request.output_settings.uncertainty:
        shown = dict(zip("RGB", VARIANCE_CHANNELS, strict=True))
        names = [shown.get(name, name) for name in names]
    # Equal neighbors are copied, and have no variance layer: nothing was guessed.
    zeros = np.zeros(frame.parts[0].data_window.shape, np.float32)
    return np.stack([planes.get(name, zeros) for name in names], axis=-1)


def _write(target: Path, pixels: Pixels) -> None:
    """Write under another name, then rename: a file that is there is whole."""
    check_replaceable(target)
    unfinished = target.with_suffix(".part")
    try:
        pixels.tofile(unfinished)
        os.replace(unfinished, target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise output_error(target, error) from error
