"""A retime finds the motion of the next pair while the network works, and gives the same bits."""

import threading
from dataclasses import replace
from fractions import Fraction

import numpy as np
import torch

from engine.flow import estimate
from engine.inference.denoiser import NetworkDenoiser
from engine.inference.diffusion_interpolator import DiffusionInterpolator
from engine.inference.zoo import load
from engine.retime import render
from engine.retime.planning import prepare
from hifi_ofx.quality import Quality
from hifi_ofx.retime import Retime
from tests.flow.test_fusion_head import spoken
from tests.service.conftest import pixels_of


def not_here(*_):
    raise AssertionError("searched where nothing was to be searched")


def rendered(request, denoiser, frames=None):
    """The frames' pixels by name, rendered in this process; of these output frames alone."""
    job = prepare(request, True)
    if frames is not None:
        kept = tuple(f for f in job.plan.frames if f.output in frames)
        job = replace(job, plan=replace(job.plan, frames=kept))
    render.render(job, DiffusionInterpolator(denoiser), "0", lambda _: None, threading.Event())
    outputs = [f.output for f in job.plan.frames]
    return {n: pixels_of(request.target.replace("####", str(n))) for n in outputs}


def test_a_retime_prefetches_motion_and_gives_the_bits_it_gives_frame_by_frame(
    request_for, monkeypatch
):
    found = []

    def counted(*arguments):
        found.append(threading.current_thread().name)
        return estimate.ensemble_of_reduced(*arguments)

    monkeypatch.setattr("engine.flow.prefetch.ensemble_of_reduced", counted)
    quality = Quality(steps=1, samples=1, patch=(32, 48), cascade_depth=2)
    whole = rendered(request_for("whole/slow.####.exr", quality=quality), spoken())
    assert found == ["motion-prefetch"] * 3
    monkeypatch.setattr(
        "engine.inference.diffusion_interpolator.DiffusionInterpolator.prefetch", not_here
    )
    for number in whole:
        target = f"alone{number}/slow.####.exr"
        alone = rendered(request_for(target, quality=quality), spoken(), [number])
        np.testing.assert_array_equal(alone[number], whole[number])


def test_weights_that_do_not_warp_prefetch_nothing(request_for, weights, monkeypatch):
    monkeypatch.setattr(
        "engine.inference.diffusion_interpolator.DiffusionInterpolator.prefetch", not_here
    )
    denoiser = NetworkDenoiser(load(weights).network(), torch.device("cpu"), torch.float32)
    rendered(request_for(), denoiser)


class Watched:
    """A source that tells which frames were read."""

    def __init__(self, source):
        self._source, self.read_ones = source, {n: threading.Event() for n in source.frames()}

    def __getattr__(self, name):
        return getattr(self._source, name)

    def read(self, number):
        frame = self._source.read(number)
        self.read_ones[number].set()
        return frame


class Waiting(DiffusionInterpolator):
    """Waits, with the first pair at hand, for what the second one needs."""

    def interpolate(self, first, second, fraction, task, motion=None):
        assert self.coming.wait(20), "the next frame is not read ahead"
        return super().interpolate(first, second, fraction, task, motion)


def test_the_next_pair_is_read_while_the_network_works(request_for, weights):
    job = prepare(request_for(retime=Retime(speed=Fraction(1, 2))), True)
    source = Watched(job.source)
    denoiser = NetworkDenoiser(load(weights).network(), torch.device("cpu"), torch.float32)
    interpolator = Waiting(denoiser)
    interpolator.coming = source.read_ones[1003]
    job = replace(job, source=source)
    done = render.render(job, interpolator, "0", lambda _: None, threading.Event())
    assert done.made == 3
