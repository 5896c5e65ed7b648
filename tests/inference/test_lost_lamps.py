"""Lamps that the motion network loses: found in boxes, and the same however they are asked for."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.flow import estimate
from engine.inference.interpolator import Task
from engine.inference.model_cache import Loaded
from engine.plate.frame import Frame, Part, Window
from engine.retime.synthesis import synthesize
from hifi_ofx.quality import Machine, Output, Quality
from tests.retime.test_promises import waves

HEIGHT, WIDTH = 192, 768
HALF, LIGHT, RADIUS = Fraction(1, 2), 100.0, 5.0
ROWS, COLUMNS = np.indices((HEIGHT, WIDTH)) + 0.5


@pytest.fixture(scope="module")
def interpolator():
    return Loaded().load("motion", Machine(device="cpu"), Quality())[0]


def inside(x, y, radius=RADIUS):
    return np.hypot(COLUMNS - x, ROWS - y) < radius


def street(time, speed=20.0, place=300):
    """A lamp that goes by twice its width, before ground that hardly moves: linear light."""
    ground = 0.03 + 0.6 * waves(COLUMNS - time, ROWS, 1)
    lamp = inside(place + (time - 0.5) * speed, 90)
    return np.where(lamp, LIGHT, ground)[..., None].repeat(3, -1).astype(np.float32)


def frame(light):
    window = Window(0, 0, light.shape[1], light.shape[0])
    names = ("R", "G", "B", "copy.R", "copy.G", "copy.B")
    planes = {name: np.ascontiguousarray(light[..., n % 3]) for n, name in enumerate(names)}
    types = dict.fromkeys(names, light.dtype)
    return Frame((Part(names, types, window, window, planes=planes),), "openexr")


def between(interpolator, first, second, fraction=HALF, **quality):
    """R and the layer that follows its motion."""

    def predict(one, other, known):
        task = Task(Quality(samples=1, **quality), "1", vectors=True)
        return interpolator.interpolate(one, other, fraction, task, known)

    made = synthesize(frame(first), frame(second), fraction, predict, Output()).parts[0]
    return made.planes["R"], made.planes["copy.R"]


@pytest.fixture
def searched(monkeypatch):
    """The shares of frames that are searched for light."""
    shares = []

    def counted(pair, boxes, check):
        shares.append(sum(box.height * box.width for box in boxes) / np.prod(pair.size))
        return estimate.light_flow(pair, boxes, check)

    monkeypatch.setattr("engine.flow.searches.light_flow", counted)
    return shares


def test_a_lamp_keeps_its_light_and_little_is_searched(interpolator, searched):
    made, _ = between(interpolator, street(0), street(1))
    assert made[inside(300, 90)].sum() > 0.85 * LIGHT * inside(300, 90).sum()
    assert made.max() <= LIGHT * 1.001
    assert made[~inside(300, 90, 20)].max() < 0.7
    assert len(searched) == 1 and searched[0] < 0.5


def test_layers_share_what_was_searched(interpolator, searched):
    made, copy = between(interpolator, street(0, 21), street(1, 21))
    np.testing.assert_array_equal(made, copy)
    assert len(searched) == 1


def test_twice_the_light_is_twice_the_light(interpolator):
    made, _ = between(interpolator, street(0), street(1))
    twice, _ = between(interpolator, 2 * street(0), 2 * street(1))
    np.testing.assert_array_equal(twice, 2 * made)


def test_a_pair_is_searched_once_and_its_bits_are_those_of_each_fraction_alone(searched):
    first, second = street(0, 26), street(1, 26)
    fractions = [HALF, Fraction(5, 8)]
    one = Loaded().load("motion", Machine(device="cpu"), Quality())[0]
    row = [between(one, first, second, fraction)[0] for fraction in fractions]
    assert len(searched) == 1
    for fraction, made in reversed(list(zip(fractions, row, strict=True))):
        other = Loaded().load("motion", Machine(device="cpu"), Quality())[0]
        np.testing.assert_array_equal(between(other, first, second, fraction)[0], made)


def test_without_a_lost_lamp_nothing_is_searched(interpolator, searched):
    between(interpolator, street(0, 2), street(1, 2))
    paper = [np.minimum(street(time), 1.0) for time in (0, 1)]
    between(interpolator, *paper)
    assert not searched


def test_light_is_not_searched_early(interpolator):
    quality = Quality(samples=1)
    between(interpolator, street(0), street(1))
    assert not interpolator.prefetches(quality)
    assert interpolator.prefetches(replace(quality, motion="both"))
