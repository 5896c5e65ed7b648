"""What is marked on a timeline is what a retime does: cuts and repeats of a stretch of a clip."""

from fractions import Fraction

import numpy as np
import pytest

from engine.plate.frame import Frame, Part, Window
from engine.retime import shots
from engine.retime.inbetweens import signature_of
from engine.retime.scan import scan
from hifi_ofx.errors import Cancelled
from hifi_ofx.quality import Footage
from hifi_ofx.retime import PlannedFrame

DISPLAY = Window(0, 0, 160, 90)


def frame(light, window=DISPLAY):
    """A frame of scene-linear light (H, W, 3), of which the data window holds a part."""
    rows, columns = window.within(DISPLAY)
    planes = {name: light[rows, columns, n].astype("f4") for n, name in enumerate("RGB")}
    types = {name: np.dtype("f4") for name in planes}
    return Frame((Part(tuple("RGB"), types, window, DISPLAY, planes=planes),), "openexr")


class Clip:
    """A source of frames in memory, numbered from 1."""

    def __init__(self, frames):
        self._frames = frames

    def frames(self):
        return list(range(1, len(self._frames) + 1))

    def read(self, number):
        return self._frames[number - 1]


def texture(seed):
    coarse = np.random.default_rng(seed).random((9, 16, 3))
    return np.kron(coarse, np.ones((10, 10, 1))) * 0.5


def found(clip, first=1, last=None, **footage):
    return scan(clip, Footage(**footage), first, last or len(clip.frames()), lambda: None)


def test_an_element_that_moves_in_a_window_that_hugs_it_is_neither_cut_nor_repeat():
    frames = []
    for n in range(4):
        light = np.zeros((90, 160, 3))
        box = Window(20 + 16 * n, 30, 40, 30)
        light[box.within(DISPLAY)] = texture(1)[:30, :40] + 0.2
        frames.append(frame(light, box))
    clip = Clip(frames)
    assert found(clip).cuts == () and found(clip).repeats == ()


@pytest.mark.parametrize("stretch", [(1, 6), (4, 6), (5, 6)])
def test_the_last_step_of_a_fade_is_no_cut_wherever_the_stretch_begins(stretch):
    light = texture(2)
    clip = Clip([frame(light * (1 - n / 5)) for n in range(6)])
    assert found(clip, *stretch).cuts == ()


def test_cuts_and_repeats_are_those_of_a_retime():
    one, other = texture(3), 0.7 - texture(4)
    clip = Clip([frame(light) for light in (one, one, other, other)])
    seen = found(clip, cut_marks="!3")  # marks by hand are drawn for themselves
    assert seen.repeats == (2, 4)

    def signature(number):
        return signature_of(clip.read(number))

    halfway = PlannedFrame(1, 2, 3, Fraction(1, 2))
    resolved, _ = shots.resolve(halfway, signature, Footage(), 1, 4)
    assert (resolved.fraction == 0) == (3 in seen.cuts)
    assert seen.cuts == (3,)


def test_a_scan_that_nobody_waits_for_ends():
    clip = Clip([frame(texture(5)) for _ in range(3)])

    def stop():
        raise Cancelled("Nobody waits.")

    with pytest.raises(Cancelled):
        scan(clip, Footage(), 1, 3, stop)
