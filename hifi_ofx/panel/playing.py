"""Playing the preview, or a finished result, in the viewer: cached, at the plate's own rate.

What is played is made small and in order, a frame at a time, while nothing else is wished. A frame
that is not there yet is waited for, so the first time round may be slower.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import Optional

from ..errors import HifiError
from ..preview import Preview, PreviewRequest
from ..retime import PlannedFrame
from .looking import Looking
from .qt import QtCore, Signal

_TICK_MS = 5
_SIZES = ((100, 960), (240, 640))  # so many frames are kept at so many pixels along
_SMALLEST = 480


class Playing(QtCore.QObject):
    """The playhead in motion. `changed` comes when it starts, stops, and as the cache fills."""

    changed = Signal()

    def __init__(self, looking: Looking) -> None:
        super().__init__(looking)
        self._looking, self._transport = looking, looking.transport
        self.loop = True
        self.velocity = 0  # frames of the result for one of the clock: 1, 2, 4, or backwards
        self.reel: dict[int, Preview] = {}
        self._clock = QtCore.QElapsedTimer()
        self._shown = 0  # frames since the clock was started
        self._timer = QtCore.QTimer(self)
        self._timer.setTimerType(QtCore.Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        looking.previewing.reeled.connect(self._made)
        looking.planned.connect(self.forget)
        looking.form.changed.connect(self.forget)
        looking.transport.moved.connect(self._scrubbed)
        looking.controls.layer.currentTextChanged.connect(self.forget)
        looking.controls.channel.currentTextChanged.connect(self._channel_chosen)

    @property
    def is_on(self) -> bool:
        """Whether it plays."""
        return self.velocity != 0

    @property
    def rate(self) -> Fraction:
        """Frames a second: the plate's, or what it is conformed to."""
        preview = self._looking.preview
        return Fraction(preview.rate) if preview else Fraction(24)

    def toggle(self) -> None:
        """Play, or stop."""
        self.stop() if self.is_on else self.play(1)

    def play(self, direction: int) -> None:
        """Play forward (1) or backward (-1); again for twice as fast."""
        same = self.velocity * direction > 0
        self.velocity = max(-8, min(8, 2 * self.velocity)) if same else direction
        self._look_ahead()
        self._start_clock()
        self._timer.start()
        self._looking.viewer.exposures.in_motion = True
        self.changed.emit()

    def stop(self) -> None:
        """Stop, and look at the frame at hand as it is."""
        if not self.is_on:
            return
        self.velocity = 0
        self._timer.stop()
        self._looking.previewing.reel([])
        self._looking.viewer.exposures.in_motion = False
        self._looking.viewer.title = ""
        self._looking.look()
        self.changed.emit()

    def forget(self, *_: object) -> None:
        """What was made is not what the form says any more."""
        self.reel.clear()
        self._looking.kept_paths = frozenset()
        self.stop()

    def _channel_chosen(self, *_: object) -> None:
        if self._looking.controls.wants_alpha and not all(one.alpha for one in self.reel.values()):
            self.forget()

    def _scrubbed(self) -> None:
        """A hand on the scrubber stops it."""
        if self.is_on:
            self.stop()

    def _start_clock(self) -> None:
        self._shown = 0
        self._clock.start()

    def _tick(self) -> None:
        due = int(self._clock.elapsed() * self.rate * abs(self.velocity) / 1000) - self._shown
        step = 1 if self.velocity > 0 else -1
        for _ in range(due):
            following = self._following(step)
            if following is None:
                self.stop()
                return
            if following not in self.reel:
                self._start_clock()  # it is waited for, and time with it
                return
            self._shown += 1
            self._transport.go_quietly(following)
        if due:
            self._show()

    def _following(self, step: int) -> Optional[int]:
        ends, output = self._transport.scrubber.ends, self._transport.output
        if ends is None or output is None:
            return None
        if ends[0] <= output + step <= ends[1]:
            return output + step
        return (ends[0] if step > 0 else ends[1]) if self.loop else None

    def _show(self) -> None:
        output = self._transport.output
        if output in self.reel:
            with contextlib.suppress(OSError):
                self._looking.viewer.play_preview(self.reel[output])

    def _made(self, preview: Preview) -> None:
        self.reel[preview.place[0]] = preview
        paths = {Path(one.codes) for made in self.reel.values() for one in made.pictures}
        self._looking.kept_paths = frozenset(paths)
        self.changed.emit()

    def _look_ahead(self) -> None:
        """Have the frames made that are not there, in the order in which they will be shown."""
        frames = self._transport.scrubber.frames
        here = self._transport.output
        if not frames or here is None:
            return
        index = here - frames[0].output
        ahead = [*frames[index:], *frames[:index]]
        if self.velocity < 0:
            ahead = [*reversed(frames[: index + 1]), *reversed(frames[index + 1 :])]
        most = next((size for count, size in _SIZES if len(frames) <= count), _SMALLEST)
        with contextlib.suppress(HifiError):
            asked = [self._asked(frame, most) for frame in ahead if frame.output not in self.reel]
            self._looking.previewing.wish(None)
            self._looking.previewing.reel(asked)

    def _asked(self, frame: PlannedFrame, longest: int) -> PreviewRequest:
        place = frame.output, frame.left, frame.right, str(frame.fraction)
        request = self._looking.wanted()
        phase = "draft" if frame.fraction or request.output.shutter else "frames"
        controls = self._looking.controls
        return PreviewRequest(
            request,
            self._looking.folder,
            phase,
            place,
            longest=longest,
            alpha=controls.wants_alpha,
            layer=controls.layer_name,
        )
