"""One in-between to look at: the pictures around it, what it would be, and how it is cut.

The picture is made as a render makes it, from the same frames, with the same noise and the same
decisions about cuts and holds; only its main color, since that is what one looks at.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import torch
from torch import Tensor

from hifi_ofx.errors import MismatchedFrames
from hifi_ofx.preview import Motion, Picture, Preview, PreviewRequest
from hifi_ofx.quality import Output, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import PlannedFrame, plan_clip
from hifi_ofx.shutter import opened

from .. import color
from ..inference.denoiser import device_name, free_memory
from ..inference.interpolator import InBetween, Interpolator
from ..memory.bounded_cache import BoundedCache
from ..paper.cascade import resize
from ..plate.frame import Frame, Window, empty_inbetween, placed
from ..plate.matte import open_clip
from ..plate.source import Source
from ..retime import shutter
from ..retime.gaps import without_gaps
from ..retime.inbetweens import FrameCache, Inbetweens
from ..retime.order import Step
from ..retime.picture import Views, pictures
from ..retime.progress import Meter, Report
from ..retime.synthesis import black, color_image
from . import motion_range
from .alone import alone, alpha_channel, layer_channels, layer_names, pictured, policies_alone
from .clip import clip_of, planned_at
from .draft import blended, corners, draft_quality, over, pixel_aspect, smaller, stages
from .pictures import Album, Prediction, linear_table

log = logging.getLogger(__name__)

KEPT_PREDICTIONS = 64  # by name; their files are the front end's
LEAST_SPREAD = 0.02  # of diffuse white: what the heat map's end stands for at least


@dataclass
class Previews:
    """Answers preview requests; keeps the frames that were looked at last."""

    cache: FrameCache = field(default_factory=FrameCache)
    motions: BoundedCache[str, Motion] = field(default_factory=lambda: BoundedCache(1))  # by pair
    _predictions: BoundedCache[str, Prediction] = field(
        default_factory=lambda: BoundedCache(KEPT_PREDICTIONS)
    )

    def prediction(self, identity: str) -> Prediction | None:
        """What was made before, while its files are there."""
        known = self._predictions.get(identity)
        return known if known and known.is_there else None

    def keep(self, identity: str, prediction: Prediction) -> None:
        """Remember what was made; of older ones the latest."""
        self._predictions.keep(identity, prediction)

    def forget(self) -> None:
        """Give the memory back."""
        self.cache.clear()
        self.motions.clear()

    def answer(
        self,
        asked: PreviewRequest,
        interpolator: Interpolator,
        weights: str,
        report: Report,
        cancelled: threading.Event,
    ) -> Preview:
        """What was asked for. Raises Cancelled within one network call, and any HifiError."""
        request, meter = asked.request, Meter(report, cancelled)
        layers = request.output.layers
        source = open_clip(request.source, request.footage, request.target, layers, meter.check)
        try:
            inbetweens = Inbetweens(
                clip_of(source, request.source),
                interpolator,
                request.quality,
                request.output,
                request.footage,
                meter,
                self.cache,
            )
            return _Answer(asked, source, inbetweens, weights, self).preview()
        finally:
            source.close()


@dataclass
class _Answer:
    """One request being answered."""

    asked: PreviewRequest
    source: Source
    inbetweens: Inbetweens
    weights: str
    kept: Previews
    moment: PlannedFrame | None = None  # one that a shutter sees, as it is to be made
    started: float = field(default_factory=time.monotonic)

    def preview(self) -> Preview:
        pictures = list(self._neighbors())
        phase, predicted = "frames", Prediction()
        is_made = bool(self.planned.fraction or self.moments) and not self.planned.black
        if self.asked.phase != "frames" and is_made:
            phase, predicted = self._predicted()
        pictures += [one for one in (predicted.ours, predicted.heat) if one]
        frames, planned = self.source.frames(), self.planned
        device = self.interpolator.device
        return Preview(
            phase=phase if predicted.ours else self.asked.phase,
            place=(planned.output, planned.left, planned.right, str(planned.fraction)),
            clip=(frames[0], frames[-1]),
            rate=str(self.source.rate()),
            display_referred=self.left.display_referred,
            display_window=corners(self.left.parts[0].display_window),
            data_window=corners(self.window),
            pictures=tuple(pictures),
            stages=tuple(stages(self.interpolator.work(self.quality, self._looked_at.shape))),
            linear=linear_table(),
            seconds=time.monotonic() - self.started,
            free_memory=free_memory(device),
            device_name=device_name(device),
            pixel_aspect=pixel_aspect(self.left),
            motion=self._motion(),
            spread=predicted.kind,
            spread_scale=predicted.largest,
            stage_window=corners(self._looked_at),
            alpha=alpha_channel(pictured(self.left, self._layer)) is not None,
            layers=layer_names(self.inbetweens.frame(self.planned.left)),
            layer=self.asked.layer if self._layer else "",
        )

    @property
    def request(self) -> RenderRequest:
        return self.asked.request

    @property
    def quality(self) -> Quality:
        return self.request.quality

    @property
    def interpolator(self) -> Interpolator:
        return self.inbetweens.interpolator

    @cached_property
    def planned(self) -> PlannedFrame:
        """The frame that is shown; what cuts, holds and gaps make of it is in the log."""
        return self.moment or self.inbetweens.resolve(
            dataclasses.replace(self._wanted, exposures=())
        )

    @cached_property
    def moments(self) -> list[PlannedFrame]:
        """What an open shutter sees."""
        if self.moment or not self.request.output.shutter:
            return []
        steps = [Step(one, None, None) for one in self._wanted.exposures]
        seen = shutter.seen(self._wanted, steps, self.inbetweens)
        return [self.inbetweens.resolve(step.moment) for step in seen]

    @cached_property
    def _wanted(self) -> PlannedFrame:
        frames, retime = self.source.frames(), self.request.retime
        plan, _ = plan_clip(retime, frames, self.request.footage.ends)
        wanted = [planned_at(self.asked.place)] if self.asked.place else plan.inbetweens[:1]
        plan = dataclasses.replace(plan, frames=tuple(wanted or plan.frames[:1]))
        plan = opened(plan, retime, frames[0], frames[-1], self.request.output)
        whole = without_gaps(plan, self.source, self.request)
        self.inbetweens.clip = dataclasses.replace(self.inbetweens.clip, numbers=whole.frames)
        for note in whole.notes:
            log.info("%s", note)
        return whole.plan.frames[0]

    @cached_property
    def left(self) -> Frame:
        return self._shown(self.planned.left)

    @cached_property
    def right(self) -> Frame:
        return self._shown(self.planned.right)

    def _shown(self, number: int) -> Frame:
        frame = self.inbetweens.frame(number)
        shown = alone(frame, self.asked.alpha, self.asked.layer)
        return black(shown) if self.planned.black else shown

    @cached_property
    def _layer(self) -> tuple[str, ...]:
        """The channels that are shown instead of the main color."""
        return layer_channels(self.inbetweens.frame(self.planned.left), self.asked.layer)

    @cached_property
    def window(self) -> Window:
        """What pictures cover: the data windows of both frames, and of all that a shutter sees."""
        window = empty_inbetween(self.left, self.right).parts[0].data_window
        for number in dict.fromkeys(n for one in self.moments for n in (one.left, one.right)):
            window = window.union(self._shown(number).parts[0].data_window)
        return window

    @cached_property
    def _looked_at(self) -> Window:
        """What a render of all layers makes the main color from."""
        ends = (self.planned.left, self.planned.right)
        left, right = (self.inbetweens.frame(number) for number in ends)
        try:
            found = pictures(left, right, self.request.output.layers)
        except MismatchedFrames:  # in layers that are not shown
            found = pictures(self.left, self.right)
        return found[self.left.parts[0].view]

    @property
    def album(self) -> Album:
        return Album(Path(self.asked.folder), self.asked.longest)

    def _identity(self, number: int) -> str:
        kind = f"{'black' * self.planned.black} {'alpha' * self.asked.alpha} {self.asked.layer}"
        return f"{self.inbetweens.clip.identity(number)} {self.window} {kind}"

    @property
    def _pair(self) -> str:
        return f"{self._identity(self.planned.left)} {self._identity(self.planned.right)}"

    def _neighbors(self) -> list[Picture]:
        numbers = self.planned.left, self.planned.right
        # Of the main color that is known already.
        known = (lambda _: None) if self._layer else (lambda name: partial(self._image, name))
        pictures = [
            self.album.frame(name, self._identity(number), pictured(end, self._layer), known(name))
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
        left, right = (pictured(end, self._layer) for end in self._ends)
        return blended(left, right, self.planned.fraction)

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
        made_of = f"{self.planned} {self.moments}"
        settings = f"{made_of} {self.quality} {self.weights} {request.machine.precision}"
        output = request.output
        wanted = f"{output.layers} {output.grain} {self.asked.uncertainty} {phase}"
        there, near = self.inbetweens.clip.numbers, self.planned.around(self.inbetweens.beyond)
        around = [self._identity(number) for number in near if number in there]
        return f"{self.asked.folder} {self.asked.longest} {self._pair} {around} {settings} {wanted}"

    def _predict(self, phase: str, identity: str) -> Prediction:
        """Our in-between, and the heat map of what it is unsure of where that was asked for."""
        if self.moments:
            return Prediction(self.album.frame("ours", identity, self._exposed(phase)))
        ends, quality = self._for_phase(phase)
        made, middle = self._made(*ends, quality)
        ours = self.album.frame("ours", identity, made)
        found = self._spread(ends, middle) if middle and self.asked.uncertainty else None
        if found is None:
            return Prediction(ours)
        kind, spread = found
        some = spread.flatten()[:: max(1, spread.numel() // 100_000)]  # quantile() has a limit
        largest = max(LEAST_SPREAD, float(some.quantile(0.995)))
        return Prediction(ours, self.album.heat(f"{identity} heat", spread, largest), kind, largest)

    def _for_phase(self, phase: str) -> tuple[tuple[Frame, Frame], Quality]:
        """Both frames, and by which settings their in-between is made."""
        if phase != "draft":
            return self._ends, self.quality
        return (smaller(self._ends[0]), smaller(self._ends[1])), draft_quality(self.quality)

    def _exposed(self, phase: str) -> Frame:
        """The mean of what an open shutter sees, as a render makes it."""

        def seen() -> Iterator[Frame]:
            for moment in self.moments:
                one = dataclasses.replace(self, moment=moment)
                one.window = self.window
                ends, quality = one._for_phase(phase)
                made = one._made(*ends, quality)[0] if moment.fraction else ends[0]
                yield pictured(made, self._layer)

        return shutter.mean(seen(), shutter.nearest(self.planned, self.moments), "")

    def _around(self) -> tuple[Frame, Frame] | None:
        """The frames before and after that say how motion curves, cut as those between are."""
        if not self.inbetweens.around(self.planned):
            return None
        numbers = self.planned.around(1)
        before, after = (over(self._shown(n), self.window) for n in (numbers[0], numbers[-1]))
        return (smaller(before), smaller(after)) if self.asked.phase == "draft" else (before, after)

    def _made(self, left: Frame, right: Frame, quality: Quality) -> tuple[Frame, InBetween | None]:
        """The frame as a render makes it, and what the network said of it."""
        said: list[InBetween] = []
        inbetweens = dataclasses.replace(
            self.inbetweens,
            quality=quality,
            output=self._output(quality),
            looked_at=self._views(left, right),
        )
        made = inbetweens.make_one(left, right, self.planned, said.append, self._around())
        if self.asked.phase == "final":
            inbetweens.remember_time(self._looked_at.shape)
        shown = self._layer or left.parts[0].channels  # without the variance: that is a heat map
        return pictured(made, shown), said[0] if said else None

    def _views(self, left: Frame, right: Frame) -> Views:
        """What is looked at: as a render does, and all of a draft, which is another picture."""
        view = left.parts[0].view
        return {view: self._looked_at} if self.asked.phase == "final" else pictures(left, right)

    def _output(self, quality: Quality) -> Output:
        """The policy of the main color alone: other layers are not made."""
        several = quality.samples > 1
        full = self.inbetweens.frame(self.planned.left)
        asked = self.asked
        policies = policies_alone(full, self.request.output.layers, asked.alpha, asked.layer)
        grain = self.request.output.grain
        return Output(policies, self.asked.uncertainty and several, grain=grain)

    @property
    def _followed(self) -> tuple[float, bool]:
        """Pixels of motion that are followed at this depth, and whether more depth helps."""
        work = self.interpolator.work(self.quality, self._looked_at.shape)
        return work.motion_range, "cascade_depth" in self.interpolator.acts

    def _motion(self) -> Motion | None:
        """What moves between the two frames; searched for once a pair."""
        if self.planned.left == self.planned.right or self.planned.black:
            return None
        if self.kept.motions.get(self._pair) is None:
            first, second = (motion_range.small(image) for image in self._images)
            flows = motion_range.dense_flows(first, second)
            if flows is None:
                return None
            scale = max(self.window.shape) / max(first.shape)
            self.kept.motions.keep(self._pair, motion_range.found(flows, scale, *self._followed))
        followed, depth_helps = self._followed  # by the settings of now
        motion = self.kept.motions.get(self._pair)
        return motion and dataclasses.replace(motion, followed=followed, depth_helps=depth_helps)

    def _spread(self, ends: tuple[Frame, Frame], middle: InBetween) -> tuple[str, Tensor] | None:
        """What the samples, or else the two frames once warped, differ by, (H, W) in white."""
        picture = self._views(*ends)[ends[0].parts[0].view]
        if middle.variance is not None:
            kind, found = "samples", middle.variance.mean(0).sqrt()
        else:
            first, second = (color_image(frame, picture) for frame in ends)
            fraction, motion = self.planned.fraction, middle.motion
            error = self.interpolator.photometric_error(first, second, fraction, motion)
            if error is None:
                return None
            kind, found = "motion", error
        whole = resize(found[None], picture.shape)[0].numpy()  # errors may be of fewer pixels
        window = ends[0].parts[0].data_window
        return kind, torch.from_numpy(placed(whole, picture, window)) / color.WHITE
