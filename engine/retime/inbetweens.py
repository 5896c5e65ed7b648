"""One planned in-between, whoever asks: a render of files, a live node, the panel's preview.

What cuts and holds make of it, the halvings that weights may need, its noise, its turn on the
device, its time on the clock. All go through here, so that all get the same pixels.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

import torch
from torch import Tensor

from hifi_ofx.quality import Footage, Output, Quality
from hifi_ofx.retime import PlannedFrame

from ..inference import timing
from ..inference.device_lock import turn
from ..inference.interpolator import InBetween, Interpolator, Task
from ..inference.noise import seeded_noise
from ..inference.spans import span
from ..memory.bounded_cache import BoundedCache
from ..plate.content import content
from ..plate.frame import Frame, Window, empty_inbetween
from . import shots
from .around import Reason, off_the_beat, unlike
from .effort import network_images
from .grain import with_grain
from .light import with_its_fade, with_its_light
from .picture import Views, canvas, of_header, pictures
from .planning import HALVINGS
from .progress import Meter
from .shots import Signature
from .synthesis import Finish, Heard, display_color, main_channels, synthesize

log = logging.getLogger(__name__)

FRAMES = 4  # kept between two requests: the next in-between often lies between the same two
SIGNATURES = 64  # kept at a time, 258 kB each


@dataclass(frozen=True)
class Clip:
    """The source frames that in-betweens are made of.

    numbers: of all frames there are, ascending. identity: text or the like that changes when a
    frame does. steady: as far as is known, all are as long after one another.
    """

    numbers: Sequence[int]
    identity: Callable[[int], Hashable]
    read: Callable[[int], Frame]
    steady: bool = True


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
    """The in-betweens of a clip, as one request wants them.

    looked_at: what they are made from, where the frames' own pixels do not say.
    """

    clip: Clip
    interpolator: Interpolator
    quality: Quality
    output: Output
    footage: Footage
    meter: Meter
    cache: FrameCache
    looked_at: Views | None = None
    _told: set[str] = field(default_factory=set)  # decisions, and layers with broken values
    _straight: set[Reason] = field(default_factory=set)  # that were told of

    def resolve(self, planned: PlannedFrame) -> PlannedFrame:
        """The frame after cuts, holds and halvings had their say; what they said is in the log."""
        first, last = self.clip.numbers[0], self.clip.numbers[-1]
        found, decisions = shots.resolve(planned, self._signature, self.footage, first, last)
        for decision in decisions:
            if decision not in self._told:  # what a shutter sees of a frame is decided alike
                self._told.add(decision)
                log.info("%s", decision)
        return found if self.interpolator.knows_fractions else found.halved(HALVINGS)

    def is_cut(self, left: int, right: int) -> bool:
        """Whether a cut lies between two source frames, the one following the other."""
        between = PlannedFrame(0, left, right, Fraction(1, 2))
        settings = replace(self.footage, holds="keep")
        first, last = self.clip.numbers[0], self.clip.numbers[-1]
        return not shots.resolve(between, self._signature, settings, first, last)[0].fraction

    @property
    def beyond(self) -> int:
        """How many frames beyond its neighbors an in-between is made with."""
        acts = "motion_path" in self.interpolator.acts and not self.footage.matte
        return self.quality.beyond if acts else 0

    def around(self, planned: PlannedFrame) -> tuple[Frame, Frame] | None:
        """The frames before and after the two that a resolved in-between lies between.

        None where its motion is straight; where that was not asked for, the log says why.
        """
        if not self.quality.beyond or "motion_path" not in self.interpolator.acts:
            return None
        reason = self._known_before(planned)
        if not reason:
            before, left, right, after = (self.frame(number) for number in planned.around(1))
            reason = unlike(left, right, before, after)
            if not reason:
                return before, after
        if reason not in self._straight:
            self._straight.add(reason)
            log.info(
                "Output frame %d: motion is taken to be straight: %s. This is said once.",
                planned.output,
                reason,
            )
        return None

    def _known_before(self, planned: PlannedFrame) -> Reason:
        """Why motion is straight, as far as it is known without reading whole frames."""
        if self.footage.matte:
            return "with a matte, foreground and background move apart"
        if not self.clip.steady:
            return "the video has no constant frame rate"
        return off_the_beat(planned, self.clip.numbers, self._signature, self.footage)

    def frame(self, number: int) -> Frame:
        """A source frame, read once while it is kept."""
        identity = self.clip.identity(number)
        return self.cache.frames.get_or_make(identity, lambda: self.clip.read(number))

    def calls(self, header: Frame, picture: Window | None = None) -> int:
        """How many network calls an in-between of this structure takes, about, or of a picture."""
        work = self.interpolator.work(self.quality, (picture or of_header(header)).shape)
        return network_images(header, self.output, self.footage, work.follows) * work.calls

    def make(
        self,
        left: Frame,
        right: Frame,
        planned: PlannedFrame,
        heard: Heard = lambda _: None,
        around: tuple[Frame, Frame] | None = None,
    ) -> Frame:
        """The planned in-between of two frames, with the noise that is its own on every machine.

        `heard` is given what the network said of each layer; `around` is as the method of this name
        gives it. Waits for its turn on the device.
        Raises Cancelled within one network call, and any HifiError.
        """
        display, key = left.display_referred, self._noise_key(planned)
        # Vectors say where grain and light are to be compared, whether they are written or not.
        task = Task(self.quality, key, self.output.uncertainty, True, display)

        def predict(first: Tensor, second: Tensor, motion: object | None) -> InBetween:
            began = time.monotonic()
            middle = self.interpolator.interpolate(first, second, planned.fraction, task, motion)
            size = first.shape[-2], first.shape[-1]
            work = self.interpolator.work(self.quality, size)
            self.meter.took(time.monotonic() - began, work.area)
            return middle

        looked_at = self._pictures(left, right)
        self.meter.begin(self.calls(left, looked_at[left.parts[0].view]))
        device, telling = self.interpolator.device, self.interpolator.telling
        with turn(device, self.meter.check), telling(self.meter.call, self.meter.check):
            ends = left, right, planned.fraction
            told = partial(self._tell, planned), heard, self._finish(planned, display)
            return synthesize(*ends, predict, self.output, looked_at, *told, around)

    def _finish(self, planned: PlannedFrame, display: bool) -> Finish:
        """Light is kept; grain comes back where it is to be matched, as every frame's own."""
        noise = seeded_noise(self.quality.seed, f"grain {planned.output}", torch.device("cpu"))
        fades = display and not self.footage.matte  # what is cut out may grow, and does not fade

        def finish(middle: InBetween, first: Tensor, second: Tensor) -> Tensor:
            image = with_its_light(middle, first, second)
            if fades:
                image = with_its_fade(image, (first, second), middle, float(planned.fraction))
            if self.output.grain != "match":
                return image
            return with_grain(image, middle, (first, second), display, partial(noise, 0, 0))

        return finish

    def make_one(
        self,
        left: Frame,
        right: Frame,
        planned: PlannedFrame,
        heard: Heard = lambda _: None,
        around: tuple[Frame, Frame] | None = None,
    ) -> Frame:
        """As `make`, where it is the only frame of the request."""
        picture = self._pictures(left, right)[left.parts[0].view]
        self.meter.start(1, 1, self.calls(left, picture))
        return self.make(left, right, planned, heard, around)

    def remember_time(self, size: tuple[int, int]) -> None:
        """Keep how long images of about this (height, width) took, for later estimates."""
        meter, interpolator = self.meter, self.interpolator
        if meter.images and meter.area:
            key = interpolator.work(self.quality, size).timing_key
            area, seconds = meter.area // meter.images, meter.network_seconds / meter.images
            timing.remember(interpolator.device, key, area, seconds)

    def _pictures(self, left: Frame, right: Frame) -> Views:
        """What the in-between is made from. Raises MismatchedFrames before much is allocated."""
        empty_inbetween(left, right)
        return self.looked_at or pictures(left, right, self.output.layers)

    def _tell(self, planned: PlannedFrame, layer: str, count: int, what: str) -> None:
        """Warn of values that in-betweens have no room for, once a layer and what they are."""
        told = f"{layer} {what.split()[0]}"
        if told in self._told:
            return
        self._told.add(told)
        log.warning(
            "Output frame %d: layer %s has %d values %s. More frames may; this is said once.",
            planned.output,
            layer,
            count,
            what,
        )

    def _noise_key(self, planned: PlannedFrame) -> str:
        if self.interpolator.knows_fractions:
            return f"{planned.output}"
        return f"{planned.left} {planned.right}"  # the midpoints of a pair belong to many frames

    def _signature(self, number: int) -> Signature | None:
        """What cuts and holds are found by; None for a frame that is not there."""
        if number not in self.clip.numbers:
            return None
        return self.cache.signatures.get_or_make(
            self.clip.identity(number), lambda: signature_of(self.frame(number))
        )


@span("cuts")
def signature_of(frame: Frame) -> Signature:
    """What cuts and holds are found by, of the frame's main color in the whole picture.

    Only what is not black is touched.
    """
    part, channels = main_channels(frame)
    whole = canvas(part)
    there = content(part, channels) or Window(whole.x, whole.y, 1, 1)
    rgb = display_color(frame, there)
    return shots.signature(rgb, whole.shape, (there.y - whole.y, there.x - whole.x))
