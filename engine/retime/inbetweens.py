"""One planned in-between, whoever asks: a render of files, a live node, the panel's preview.

What cuts and holds make of it, the halvings that weights may need, its noise, its turn on the
device, its time on the clock. All go through here, so that all get the same pixels.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from hifi_ofx.quality import Footage, Output, Quality
from hifi_ofx.retime import PlannedFrame

from ..inference import timing
from ..inference.device_lock import turn
from ..inference.interpolator import InBetween, Interpolator, Task
from ..memory.bounded_cache import BoundedCache
from ..plate.frame import Frame, empty_inbetween
from . import shots
from .planning import HALVINGS
from .progress import Meter
from .shots import Signature
from .synthesis import display_color, synthesize, synthesized_images

log = logging.getLogger(__name__)

FRAMES = 4  # kept between two requests: the next in-between often lies between the same two
SIGNATURES = 64  # kept at a time, 113 kB each


@dataclass(frozen=True)
class Clip:
    """The source frames that in-betweens are made of.

    numbers: of all frames there are, ascending. identity: text or the like that changes when a
    frame does.
    """

    numbers: Sequence[int]
    identity: Callable[[int], Hashable]
    read: Callable[[int], Frame]


@dataclass
class FrameCache:
    """Frames, and what cuts and holds are found by, from one request to the next."""

    frames: BoundedCache[Hashable, Frame] = field(default_factory=lambda: BoundedCache(FRAMES))
    signatures: BoundedCache[Hashable, Signature] = field(
        default_factory=lambda: BoundedCache(SIGNATURES)
    )

    def clear(self) -> None:
        """Give the memory back."""
        self.frames.clear()
        self.signatures.clear()


@dataclass
class Inbetweens:
    """The in-betweens of a clip, as one request wants them."""

    clip: Clip
    interpolator: Interpolator
    quality: Quality
    output: Output
    footage: Footage
    meter: Meter
    cache: FrameCache

    def resolve(self, planned: PlannedFrame) -> PlannedFrame:
        """The frame after cuts, holds and halvings had their say; what they said is in the log."""
        first, last = self.clip.numbers[0], self.clip.numbers[-1]
        found, decisions = shots.resolve(planned, self._signature, self.footage, first, last)
        for decision in decisions:
            log.info("%s", decision)
        return found if self.interpolator.knows_fractions else found.halved(HALVINGS)

    def frame(self, number: int) -> Frame:
        """A source frame, read once while it is kept."""
        identity = self.clip.identity(number)
        return self.cache.frames.get_or_make(identity, lambda: self.clip.read(number))

    def calls(self, frame: Frame) -> int:
        """How many network calls an in-between of this structure and size takes."""
        work = self.interpolator.work(self.quality, frame.parts[0].data_window.shape)
        return synthesized_images(frame, self.output) * work.calls

    def make(
        self,
        left: Frame,
        right: Frame,
        planned: PlannedFrame,
        heard: Callable[[InBetween], None] | None = None,
    ) -> Frame:
        """The planned in-between of two frames, with the noise that is its own on every machine.

        `heard` is given what the network said of each layer. Waits for its turn on the device.
        Raises Cancelled within one network call, and any HifiError.
        """
        wanted = self.output.uncertainty, self.output.vectors
        task = Task(self.quality, self._noise_key(planned), *wanted)

        def predict(first: Tensor, second: Tensor, motion: object | None) -> InBetween:
            began = time.monotonic()
            middle = self.interpolator.interpolate(first, second, planned.fraction, task, motion)
            self.meter.network_seconds += time.monotonic() - began
            if heard:
                heard(middle)
            return middle

        self.meter.begin(self.calls(empty_inbetween(left, right)))
        device, telling = self.interpolator.device, self.interpolator.telling
        with turn(device, self.meter.check), telling(self.meter.call, self.meter.check):
            return synthesize(left, right, planned.fraction, predict, self.output)

    def make_one(
        self,
        left: Frame,
        right: Frame,
        planned: PlannedFrame,
        heard: Callable[[InBetween], None] | None = None,
    ) -> Frame:
        """As `make`, where it is the only frame of the request."""
        self.meter.start(1, 1, self.calls(empty_inbetween(left, right)))
        return self.make(left, right, planned, heard)

    def remember_time(self, size: tuple[int, int]) -> None:
        """Keep how long a network call took on images of (height, width), for later estimates."""
        meter, interpolator = self.meter, self.interpolator
        if meter.calls:
            key = interpolator.work(self.quality, size).timing_key
            timing.remember(interpolator.device, key, meter.network_seconds / meter.calls)

    def _noise_key(self, planned: PlannedFrame) -> str:
        if self.interpolator.knows_fractions:
            return f"{planned.output}"
        return f"{planned.left} {planned.right}"  # the midpoints of a pair belong to many frames

    def _signature(self, number: int) -> Signature | None:
        """What cuts and holds are found by; None for a frame that is not there."""
        if number not in self.clip.numbers:
            return None
        return self.cache.signatures.get_or_make(
            self.clip.identity(number), lambda: shots.signature(display_color(self.frame(number)))
        )
