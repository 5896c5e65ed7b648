"""How a host renders one frame of an instance, and what it checks afterwards."""

import contextlib
import time as clock
from dataclasses import dataclass

import numpy as np

from .abi import Status
from .doing import Doing
from .images import Image, Layout

NOT_DEFAULT = (Status.OK, Status.FAILED, Status.FATAL, Status.MEMORY)


@dataclass
class Rendered:
    """What Render left behind. `picture` has its top row first; None where there is no output."""

    status: Status
    picture: np.ndarray | None
    window: tuple[int, int, int, int]
    needed: dict
    fetched: list
    seconds: float
    seconds_after_abort: float | None = None
    identity: tuple[str, float] | None = None


class Rendering:
    """The part of an instance that renders."""

    def frame(self, time, *, tiles=1, **how):
        """One frame as a host gets it: identity first, then what is needed, then Render.

        `tiles`: into how many windows a host that may would cut it. None where the host's own
        rules forbid a render (a persistent error in a host that stops for it).
        """
        scale = how.get("scale", (1.0, 1.0))
        window = self.box_at(time, scale)
        found = self.identity(time, scale, window)
        if found is not None:
            return self._copied(found, scale, window)
        stopped = self.host.profile.errors_stop_rendering and self.persistent
        if stopped and self.persistent[0] in ("OfxMessageError", "OfxMessageFatal"):
            self.frames_needed(time)
            return None
        may_cut = self.host.profile.tiles and self.context.tiled
        return self.render(time, tiles=tiles if may_cut else 1, **how)

    def render(self, time, *, tiles=1, window=None, scale=(1.0, 1.0), **how):
        """Begin, Render and End, without asking for identity. `window` is a box of pixels.

        `interactive`, `draft` and `thumbnail` say what the render is for.
        """
        whole = self.box_at(time, scale)
        window = window or whole
        needed = self.frames_needed(time)
        self.regions_of_interest(time, scale, window)
        target = Image(whole, self.layout)
        work = [
            Doing("render", self, time, scale, part, needed, how.get("interactive", False))
            for part in _cut(window, tiles)
        ]
        started = clock.monotonic()
        with self._turn():
            sequence = self._sequence_arguments(time, scale, how.get("interactive", False))
            self._act("begin", sequence, time=time, scale=scale)
            statuses = [self._render(doing, target, whole, **how) for doing in work]
            self._act("end", sequence, time=time, scale=scale)
        return _rendered(max(statuses), work, target.part(window), window, started)

    def _render(self, doing, target, whole, draft=False, thumbnail=False, **_):
        doing.target, doing.whole = target, whole
        target.remember()
        inputs = self.host.arguments("in:render", self._render_arguments(doing, draft, thumbnail))
        status = self.host.call(self.effect.entry, doing, self.handle, inputs, None, NOT_DEFAULT)
        finished = status == Status.OK and doing.aborted_at is None
        for fault in target.faults("the output", doing.window, complete=finished):
            self.host.faults.add(fault)
        self.host.faults.check()
        return status

    def _copied(self, found, scale, window):
        clip, time = found
        plate = self.clips[clip].plate
        made = plate.image(time, scale) if plate else None
        if made is None:
            return Rendered(Status.FAILED, None, window, {}, [], 0.0, identity=found)
        image, box = made
        copy = Image(window, Layout())
        copy.draw(image.part(box), box)
        return Rendered(Status.OK, copy.pixels[::-1].copy(), window, {}, [], 0.0, identity=found)

    def _sequence_arguments(self, time, scale, interactive):
        return {
            "OfxImageEffectPropFrameRange": [time, time],
            "OfxImageEffectPropFrameStep": 1.0,
            "OfxPropIsInteractive": int(interactive),
            "OfxImageEffectPropRenderScale": list(scale),
            "OfxImageEffectPropSequentialRenderStatus": 0,
            "OfxImageEffectPropInteractiveRenderStatus": int(interactive),
        }

    def _render_arguments(self, doing, draft, thumbnail):
        arguments = {
            "OfxPropTime": doing.time,
            "OfxImageEffectPropFieldToRender": "OfxFieldNone",
            "OfxImageEffectPropRenderWindow": list(doing.window),
            "OfxImageEffectPropRenderScale": list(doing.scale),
            "OfxImageEffectPropSequentialRenderStatus": 0,
            "OfxImageEffectPropInteractiveRenderStatus": int(doing.interactive),
        }
        if self.host.profile.api >= (1, 2):
            arguments["OfxImageEffectPropRenderQualityDraft"] = int(draft)
        if thumbnail and not self.host.profile.marks_thumbnail_clips:
            arguments["OfxImageEffectPropThumbnailRender"] = "true"
        if self.host.profile.private_arguments:
            arguments["OfxImageEffectPropSrcFrame"] = float(doing.time)
        return arguments

    @contextlib.contextmanager
    def _turn(self):
        """As many renders at once as the effect allows."""
        locks = {"Unsafe": self.host.rendering, "InstanceSafe": self.rendering}
        with locks.get(self.context.threads, contextlib.nullcontext()):
            yield


def _rendered(status, work, pixels, window, started):
    now = clock.monotonic()
    stops = [doing.aborted_at for doing in work if doing.aborted_at is not None]
    return Rendered(
        status=Status(status),
        picture=pixels[::-1].copy() if status == Status.OK and not stops else None,
        window=window,
        needed=work[0].needed or {},
        fetched=[one for doing in work for one in doing.fetched],
        seconds=now - started,
        seconds_after_abort=now - min(stops) if stops else None,
    )


def _cut(window, count):
    x1, y1, x2, y2 = window
    edges = [y1 + (y2 - y1) * index // count for index in range(count + 1)]
    return [(x1, low, x2, high) for low, high in zip(edges, edges[1:]) if low < high]
