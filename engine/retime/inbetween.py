"""One planned in-between: its noise, its turn on the device, its time on the clock.

What files and what hosts ask for goes through here, so that both get the same pixels.
"""

from __future__ import annotations

import time

from torch import Tensor

from hifi_ofx.quality import Output, Quality
from hifi_ofx.retime import PlannedFrame

from ..flow.intermediate import Looks
from ..inference.device_lock import turn
from ..inference.interpolator import Interpolator, Task
from ..paper.cascade import Middle, network_calls
from ..plate.frame import Frame
from .progress import Meter
from .synthesis import synthesize, synthesized_images


def calls_for(frame: Frame, quality: Quality, output: Output, batch: int) -> int:
    """How many network calls an in-between of this structure and size takes."""
    shape = frame.parts[0].data_window.shape
    return synthesized_images(frame, output) * network_calls(quality, shape, batch)


def inbetween(
    left: Frame,
    right: Frame,
    planned: PlannedFrame,
    interpolator: Interpolator,
    quality: Quality,
    output: Output,
    meter: Meter,
) -> Frame:
    """The planned in-between of two frames, with the noise that is its own on every machine.

    Waits for its turn on the device. Raises Cancelled within one network call, and any HifiError.
    """
    key = f"{planned.output}"
    if not interpolator.knows_fractions:
        key = f"{planned.left} {planned.right}"
    task = Task(quality, key, output.uncertainty)

    def predict(first: Tensor, second: Tensor, flows: Looks | None) -> Middle:
        began = time.monotonic()
        middle = interpolator.between(first, second, planned.fraction, task, flows)
        meter.network_seconds += time.monotonic() - began
        return middle

    denoiser = interpolator.denoiser
    with turn(denoiser.device, meter.check), denoiser.telling(meter.call):
        return synthesize(left, right, planned.fraction, predict, output)
