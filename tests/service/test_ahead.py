"""Motion that is looked for before it is needed is the motion that is found when it is."""

import threading
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from engine import ahead, alignment, render
from engine.denoiser import NetworkDenoiser
from engine.interpolator import Interpolator, Task
from engine.planning import prepare
from engine.shipped import load
from hifi_ofx.errors import Cancelled, FrameError
from hifi_ofx.quality import Quality
from tests.paper.test_alignment import pan
from tests.paper.test_fusion import SMALL, spoken
from tests.service.conftest import pixels_of

TASK = Task(SMALL, "1")


def pair():
    return tuple(image[0] for image in pan(8, -4, 0.5, 64, 80)[::2])


def not_here(*_):
    raise AssertionError("searched again")


@torch.no_grad()
def test_what_was_found_ahead_is_what_is_used(monkeypatch):
    first, second = pair()
    expected = Interpolator(spoken()).between(first, second, Fraction(1, 2), TASK).image
    interpolator = Interpolator(spoken())
    interpolator.look_ahead(lambda: iter((first.clone(), second.clone())), 1)
    interpolator.look_ahead(lambda: iter((second, first)), 1)  # the one after it is begun meanwhile
    monkeypatch.setattr("engine.interpolator.looks", not_here)
    made = interpolator.between(first, second, Fraction(1, 2), TASK).image
    assert torch.equal(made, expected)
    interpolator.between(second, first, Fraction(1, 2), TASK)


@torch.no_grad()
def test_a_pair_that_was_not_expected_is_searched_when_it_comes():
    first, second = pair()
    expected = Interpolator(spoken()).between(second, first, Fraction(1, 2), TASK).image
    interpolator = Interpolator(spoken())
    interpolator.look_ahead(lambda: iter((first, second)), 1)
    made = interpolator.between(second, first, Fraction(1, 2), TASK).image
    assert torch.equal(made, expected)


@pytest.mark.parametrize("error", [FrameError("no such frame"), Cancelled("not needed")])
def test_frames_that_cannot_be_read_ahead_are_no_motion(error):
    def images():
        yield pair()[0]
        raise error

    assert ahead.Ahead(images, 1).of(ahead.fingerprint(*pair())) is None


def test_the_fingerprint_is_of_pixels_and_shape():
    first, second = pair()
    assert ahead.fingerprint(first, second) == ahead.fingerprint(first.clone(), second)
    assert ahead.fingerprint(first, second) != ahead.fingerprint(second, first)
    dark = torch.zeros(3, 4, 6)
    assert ahead.fingerprint(dark) != ahead.fingerprint(dark.reshape(3, 6, 4))


def rendered(request, denoiser, frames=None):
    """The frames' pixels by name, rendered in this process; of these output frames alone."""
    job = prepare(request, True)
    if frames is not None:
        kept = tuple(f for f in job.plan.frames if f.output in frames)
        job = replace(job, plan=replace(job.plan, frames=kept))
    render.render(job, Interpolator(denoiser), "0", lambda _: None, threading.Event())
    outputs = [f.output for f in job.plan.frames]
    return {n: pixels_of(request.target.replace("####", str(n))) for n in outputs}


def test_a_retime_searches_ahead_and_gives_the_bits_it_gives_frame_by_frame(
    request_for, monkeypatch
):
    found = []

    def counted(*arguments):
        found.append(threading.current_thread().name)
        return alignment.looks_between(*arguments)

    monkeypatch.setattr("engine.ahead.looks_between", counted)
    quality = Quality(steps=1, patch=(32, 48), cascade_depth=2)
    whole = rendered(request_for("whole/slow.####.exr", quality=quality), spoken())
    assert found == ["motion-ahead"] * 3
    monkeypatch.setattr("engine.interpolator.Interpolator.look_ahead", not_here)
    for number in whole:
        target = f"alone{number}/slow.####.exr"
        alone = rendered(request_for(target, quality=quality), spoken(), [number])
        np.testing.assert_array_equal(alone[number], whole[number])


def test_weights_that_do_not_align_do_not_look_ahead(request_for, weights, monkeypatch):
    monkeypatch.setattr("engine.interpolator.Interpolator.look_ahead", not_here)
    denoiser = NetworkDenoiser(load(weights).network(), torch.device("cpu"), torch.float32)
    rendered(request_for(), denoiser)
