"""One in-between to look at: the pictures around it, what it would be, and how it is cut.

The picture is made as a render makes it, from the same frames, with the same noise and the same
decisions about cuts and holds; only its main color, since that is what one looks at.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from pathlib import Path

from torch import Tensor

from hifi_ofx.preview import Motion, Picture, Place, Preview, PreviewRequest
from hifi_ofx.quality import Output, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import PlannedFrame, fill_missing, plan_clip

from .. import color
from ..flow.estimate import FlowEnsemble
from ..inference import timing
from ..inference.denoiser import device_name, free_memory
from ..inference.device_lock import turn
from ..inference.interpolator import InBetween, Interpolator, Task
from ..inference.networks import warps
from ..paper.cascade import network_calls
from ..plate.frame import Frame, Window, between
from ..plate.source import Source, open_source
from ..retime import shots
from ..retime.planning import HALVINGS
from ..retime.progress import Meter, Report
from ..retime.synthesis import black, color_image, display_color, main_color_only, synthesize
from . import motion_range
from .draft import disagreement, draft_quality, over, smaller, stages
from .pictures import Album, linear_table

log = logging.getLogger(__name__)

KEPT = 4  # frames in memory between two requests
KEPT_PREDICTIONS = 64  # by name; their files are the front end's
LEAST_SPREAD = 0.02  # of diffuse white: what the heat map's end stands for at least


@dataclass(frozen=True)
class Prediction:
    """An in-between on disk, and the heat map of what it is unsure of."""

    ours: Picture | None = None
    heat: Picture | None = None
    kind: str = ""
    largest: float = 0.0

    @property
    def is_there(self) -> bool:
        """Whether its files still are: the front end removes what it has seen."""
        pictures = [one for one in (self.ours, self.heat) if one]
        return all(Path(path).exists() for p in pictures for path in (p.codes, p.values) if path)


@dataclass
class Previews:
    """Answers preview requests; keeps the frames that were looked at last."""

    _frames: dict[str, Frame] = field(default_factory=dict)
    _signatures: dict[str, shots.Signature] = field(default_factory=dict)
    _motions: dict[str, Motion] = field(default_factory=dict)
    _predictions: dict[str, Prediction] = field(default_factory=dict)

    def prediction(self, identity: str) -> Prediction | None:
        """What was made before, while its files are there."""
        known = self._predictions.get(identity)
        return known if known and known.is_there else None

    def keep(self, identity: str, prediction: Prediction) -> None:
        """Remember what was made; of older ones the latest."""
        self._predictions[identity] = prediction
        while len(self._predictions) > KEPT_PREDICTIONS:
            self._predictions.pop(next(iter(self._predictions)))

    def forget(self) -> None:
        """Give the memory back."""
        self._frames.clear()
        self._signatures.clear()
        self._motions.clear()

    def answer(
        self,
        asked: PreviewRequest,
        interpolator: Interpolator,
        weights: str,
        report: Report,
        cancelled: threading.Event,
    ) -> Preview:
        """What was asked for. Raises Cancelled within one network call, and any HifiError."""
        source = open_source(asked.request.source, asked.request.footage, asked.request.target)
        try:
            meter = Meter(report, cancelled)
            look = _Look(asked, source, interpolator, weights, meter, self)
            interpolator.denoiser.on_call = meter.call
            return look.preview()
        finally:
            source.close()

    def frame(self, source: Source, number: int) -> Frame:
        """A source frame, read once."""
        key = source.identity(number)
        if key not in self._frames:
            while len(self._frames) >= KEPT:
                self._frames.pop(next(iter(self._frames)))
            self._frames[key] = source.read(number)
        return self._frames[key]

    def signature(self, source: Source, number: int) -> shots.Signature | None:
        """What cuts and holds are found by; None for a frame that is not there."""
        if number not in source.frames():
            return None
        key = source.identity(number)
        if key not in self._signatures:
            if len(self._signatures) >= 64:
                self._signatures.pop(next(iter(self._signatures)))
            self._signatures[key] = shots.signature(display_color(self.frame(source, number)))
        return self._signatures[key]

    def motion(self, pair: str) -> Motion | None:
        """What was found of a pair's motion, where it was looked for."""
        return self._motions.get(pair)

    def remember(self, pair: str, motion: Motion) -> None:
        """Keep what was found of a pair's motion; forget others."""
        self._motions.clear()
        self._motions[pair] = motion


@dataclass
class _Look:
    """One request being answered."""

    asked: PreviewRequest
    source: Source
    interpolator: Interpolator
    weights: str
    meter: Meter
    kept: Previews
    started: float = field(default_factory=time.monotonic)

    def preview(self) -> Preview:
        pictures = list(self._neighbors())
        phase, predicted = "frames", Prediction()
        if self.asked.phase != "frames" and self.planned.fraction and not self.planned.black:
            phase, predicted = self._predicted()
        pictures += [one for one in (predicted.ours, predicted.heat) if one]
        frames, planned = self.source.frames(), self.planned
        device = self.interpolator.denoiser.device
        return Preview(
            phase=phase if predicted.ours else self.asked.phase,
            place=(planned.output, planned.left, planned.right, str(planned.fraction)),
            clip=(frames[0], frames[-1]),
            rate=str(self.source.rate()),
            display_referred=self.left.display_referred,
            display_window=_corners(self.left.parts[0].display_window),
            data_window=_corners(self.window),
            pictures=tuple(pictures),
            stages=tuple(stages(self.quality, self.window.shape)),
            linear=linear_table(),
            seconds=time.monotonic() - self.started,
            free_memory=free_memory(device),
            device_name=device_name(device),
            pixel_aspect=_pixel_aspect(self.left),
            motion=self._motion(),
            spread=predicted.kind,
            spread_scale=predicted.largest,
        )

    @property
    def request(self) -> RenderRequest:
        return self.asked.request

    @property
    def quality(self) -> Quality:
        return self.request.quality

    @cached_property
    def planned(self) -> PlannedFrame:
        """The frame that is looked at; what cuts, holds and gaps make of it is in the log."""
        frames = self.source.frames()
        plan, _ = plan_clip(self.request.retime, frames, self.request.footage.ends)
        wanted = [_planned(self.asked.place)] if self.asked.place else plan.inbetweens[:1]
        plan = dataclasses.replace(plan, frames=tuple(wanted or plan.frames[:1]))
        plan, notes = fill_missing(plan, frames, self.request.footage.missing, self.request.source)
        found, decisions = shots.resolve(
            plan.frames[0],
            lambda number: self.kept.signature(self.source, number),
            self.request.footage,
            frames[0],
            frames[-1],
        )
        for note in (*notes, *decisions):
            log.info("%s", note)
        return found if self.interpolator.knows_fractions else found.halved(HALVINGS)

    @cached_property
    def left(self) -> Frame:
        return self._shown(self.planned.left)

    @cached_property
    def right(self) -> Frame:
        return self._shown(self.planned.right)

    def _shown(self, number: int) -> Frame:
        frame = self.kept.frame(self.source, number)
        alone, _ = main_color_only(frame)
        return black(alone) if self.planned.black else alone

    @cached_property
    def window(self) -> Window:
        """What pictures cover: the data windows of both frames."""
        return between(self.left, self.right).parts[0].data_window

    @property
    def album(self) -> Album:
        return Album(Path(self.asked.folder))

    def _identity(self, number: int) -> str:
        dark = "black" if self.planned.black else ""
        path = self.source.path(number) or self.request.source
        return f"{path} {self.source.identity(number)} {self.window} {dark}"

    @property
    def _pair(self) -> str:
        return f"{self._identity(self.planned.left)} {self._identity(self.planned.right)}"

    def _neighbors(self) -> list[Picture]:
        numbers = self.planned.left, self.planned.right
        pictures = [
            self.album.frame(name, self._identity(number), end, partial(self._image, name))
            for name, number, end in zip(("left", "right"), numbers, self._ends, strict=True)
        ]
        if self.asked.blend and self.planned.fraction:
            identity = f"{self._pair} blend {self.planned.fraction}"
            pictures.append(self.album.frame("blend", identity, self._blend))
        return pictures

    @cached_property
    def _ends(self) -> tuple[Frame, Frame]:
        """Left and right over the window that holds both."""
        return over(self.left, self.window), over(self.right, self.window)

    def _image(self, name: str) -> Tensor:
        return self._images[name == "right"]

    @cached_property
    def _images(self) -> tuple[Tensor, Tensor]:
        """Left and right in the model's range."""
        return color_image(self._ends[0]), color_image(self._ends[1])

    @cached_property
    def _blend(self) -> Frame:
        """The mean of both frames, by their distance, as the layer policy `blend` makes it."""
        return synthesize(*self._ends, self.planned.fraction, _nothing, Output(layers="*=blend"))

    def _predicted(self) -> tuple[str, Prediction]:
        """Our in-between, and of which phase it is: one that was made already is not made again."""
        made_before = self.kept.prediction(self._identity_of("final")) is not None
        phase = "final" if made_before else self.asked.phase
        identity = self._identity_of(phase)
        known = self.kept.prediction(identity)
        if known is None:
            known = self._predict(phase, identity)
            self.kept.keep(identity, known)
        return phase, known

    def _identity_of(self, phase: str) -> str:
        request = self.request
        settings = f"{self.planned} {self.quality} {self.weights} {request.machine.precision}"
        wanted = f"{request.output.layers} {self.asked.uncertainty} {phase}"
        return f"{self.asked.folder} {self._pair} {settings} {wanted}"

    def _predict(self, phase: str, identity: str) -> Prediction:
        """Our in-between, and the heat map of what it is unsure of where that was asked for."""
        quality, ends = self.quality, list(self._ends)
        if phase == "draft":
            quality, ends = draft_quality(quality), [smaller(frame) for frame in ends]
        made, middle = self._made(ends[0], ends[1], quality)
        ours = self.album.frame("ours", identity, made)
        found = self._spread(ends, middle) if middle and self.asked.uncertainty else None
        if found is None:
            return Prediction(ours)
        kind, spread = found
        some = spread.flatten()[:: max(1, spread.numel() // 100_000)]  # quantile() has a limit
        largest = max(LEAST_SPREAD, float(some.quantile(0.995)))
        return Prediction(ours, self.album.heat(f"{identity} heat", spread, largest), kind, largest)

    def _made(self, left: Frame, right: Frame, quality: Quality) -> tuple[Frame, InBetween | None]:
        """The frame as a render makes it, and what the network said of it."""
        said: list[InBetween] = []
        planned, denoiser = self.planned, self.interpolator.denoiser
        key = str(planned.output)
        if not self.interpolator.knows_fractions:
            key = f"{planned.left} {planned.right}"
        several = quality.samples > 1
        task = Task(quality, key, self.asked.uncertainty and several)
        seconds = 0.0

        def predict(first: Tensor, second: Tensor, flows: FlowEnsemble | None) -> InBetween:
            nonlocal seconds
            began = time.monotonic()
            said.append(self.interpolator.interpolate(first, second, planned.fraction, task, flows))
            seconds += time.monotonic() - began
            return said[-1]

        shape = left.parts[0].data_window.shape
        self.meter.start(1, 1, network_calls(quality, shape, denoiser.batch))
        with turn(denoiser.device, self.meter.check):
            made = synthesize(left, right, planned.fraction, predict, self._output())
        if self.meter.calls and self.asked.phase == "final":
            timing.remember(denoiser, quality.patch, seconds / self.meter.calls)
        self._note_motion(said, max(self.window.shape) / max(shape))
        return made, said[0] if said else None

    def _output(self) -> Output:
        """The policy of the main color alone: other layers are not made."""
        full = self.kept.frame(self.source, self.planned.left)
        _, policy = main_color_only(full, self.request.output.layers)
        return Output(layers=f"*={policy}")

    def _note_motion(self, said: list[InBetween], scale: float) -> None:
        """The motion a draft goes by tells more than the search below; at full size it is noisy."""
        flows = said[0].flows if said else None
        if flows is not None and self.asked.phase == "draft":
            self.kept.remember(self._pair, motion_range.found(flows[0], scale, self._reach))

    @property
    def _reach(self) -> float:
        config = self.interpolator.denoiser.network.config
        return motion_range.motion_range(config, self.quality, self.window.shape)

    def _motion(self) -> Motion | None:
        """What moves between the two frames; looked for once a pair."""
        if self.planned.left == self.planned.right or self.planned.black:
            return None
        if self.kept.motion(self._pair) is None:
            first, second = (motion_range.small(image) for image in self._images)
            flows = motion_range.dense_flows(first, second)
            if flows is None:
                return None
            scale = max(self.window.shape) / max(first.shape)
            self.kept.remember(self._pair, motion_range.found(flows, scale, self._reach))
        motion = self.kept.motion(self._pair)
        if motion is None:
            return None
        cascaded = not warps(self.interpolator.denoiser.network.config)
        return dataclasses.replace(motion, reach=self._reach, depth_helps=cascaded)

    def _spread(self, ends: list[Frame], middle: InBetween) -> tuple[str, Tensor] | None:
        """What the samples, or else the two frames once aligned, disagree by, (H, W)."""
        if middle.variance is not None:
            return "samples", middle.variance.mean(0).sqrt() / color.WHITE
        if middle.flows is None:
            return None
        images = [color_image(frame) for frame in ends]
        return "motion", disagreement(images[0], images[1], float(self.planned.fraction),
                                      middle.flows[0])  # fmt: skip


def _pixel_aspect(frame: Frame) -> float:
    told = frame.parts[0].metadata.get("PixelAspectRatio")
    aspect = float(told.value) if told is not None else 1.0
    return aspect if 0.1 < aspect < 10 else 1.0


def _nothing(first: Tensor, second: Tensor, flows: FlowEnsemble | None) -> InBetween:
    raise AssertionError("a blend asks no network")


def _planned(place: Place) -> PlannedFrame:
    output, left, right, fraction = place
    return PlannedFrame(output, left, right, Fraction(fraction))


def _corners(window: Window) -> tuple[int, int, int, int]:
    return window.x, window.y, window.width, window.height
