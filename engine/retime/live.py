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

from hifi_ofx.errors import FrameError
from hifi_ofx.live import Interpolate, Interpolated, Picture
from hifi_ofx.request import Progress
from hifi_ofx.retime import PlannedFrame

from ..bounded_cache import BoundedCache
from ..inference.model_cache import Loaded
from ..plate.atomic import output_error
from ..plate.frame import Frame, Part, Window, empty_inbetween, plane_in
from . import shots
from .inbetween import calls_for, inbetween
from .planning import HALVINGS, check_uncertainty
from .progress import Meter
from .shots import Signature
from .synthesis import VARIANCE_CHANNELS, display_color, with_variance

_NO_DISPLAY = Window(0, 0, 1, 1)  # a host's images have none: the same for all
KEPT = 4  # frames whose planes stay in memory: the next fraction asks for the same two

Pixels = npt.NDArray[np.float32]


@dataclass
class Live:
    """Answers `interpolate`; keeps the latest frames and their signatures, by their files."""

    loaded: Loaded
    _frames: BoundedCache[Picture, Frame] = field(default_factory=lambda: BoundedCache(KEPT))
    _signatures: BoundedCache[Picture, Signature] = field(
        default_factory=lambda: BoundedCache(KEPT)
    )

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
        interpolator, _ = self.loaded.load(request.weights, request.machine, request.quality.patch)
        meter = Meter(report, cancelled)
        meter.check()
        planned = self._resolved(request)
        if not interpolator.knows_fractions:
            planned = planned.halved(HALVINGS)
        left, right = self._frame(request.left), self._frame(request.right)
        both = empty_inbetween(left, right)
        source = _source(request, planned)
        if source:
            frame = _enlarged(left if source == "left" else right, both.parts[0].data_window)
            frame = with_variance(frame) if request.output_settings.uncertainty else frame
        else:
            calls = calls_for(
                both, request.quality, request.output_settings, interpolator.denoiser.batch
            )
            meter.start(1, 1, calls)
            frame = inbetween(
                left,
                right,
                planned,
                interpolator,
                request.quality,
                request.output_settings,
                meter,
            )
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
        self._frames.clear()
        self._signatures.clear()

    def _resolved(self, request: Interpolate) -> PlannedFrame:
        """The frame after cuts have had their say, as in a retime; they go by the two frames."""
        first, last = request.frames
        pictures = {first: request.left, last: request.right}
        planned = PlannedFrame(request.output, first, last, request.fraction)
        resolved, _ = shots.resolve(
            planned,
            lambda number: self._signature(pictures[number]),
            request.footage,
            first,
            last,
        )
        return resolved

    def _signature(self, picture: Picture) -> Signature:
        return self._signatures.get_or_make(
            picture, lambda: shots.signature(display_color(self._frame(picture)))
        )

    def _frame(self, picture: Picture) -> Frame:
        # A file's name stands for its content: the front end never writes one again.
        return self._frames.get_or_make(picture, lambda: _read(picture))


def _source(request: Interpolate, planned: PlannedFrame) -> str:
    """Which source frame the planned frame is, if it is one."""
    if planned.fraction:
        return ""
    return "left" if planned.left == request.frames[0] else "right"


def _read(picture: Picture) -> Frame:
    """The frame in a file of raw floats, each channel a plane of its own."""
    window = Window(picture.x, picture.y, picture.width, picture.height)
    shape = (*window.shape, len(picture.channels))
    try:
        pixels = np.memmap(picture.path, np.float32, "r", shape=shape)
    except (OSError, ValueError) as error:
        raise FrameError(
            f"{picture.path} does not hold {picture.width}x{picture.height} pixels of "
            f"{len(picture.channels)} channels: {error}."
        ) from error
    planes = {name: np.array(pixels[..., index]) for index, name in enumerate(picture.channels)}
    types = {name: np.dtype(np.float32) for name in picture.channels}
    part = Part(picture.channels, types, window, _NO_DISPLAY, planes=planes)
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
    unfinished = target.with_suffix(".part")
    try:
        pixels.tofile(unfinished)
        os.replace(unfinished, target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise output_error(target, error) from error
