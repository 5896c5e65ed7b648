"""A thrown ball and a shaken camera, made from four frames: things are where they are, not on
straight lines between.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.color import WHITE
from engine.flow.candidates import warp_candidates
from engine.inference.flow_interpolator import FlowInterpolator
from engine.inference.interpolator import Around, Task
from hifi_ofx.errors import Cancelled
from hifi_ofx.quality import Quality
from tests.flow.test_motion_network import texture

CPU = torch.device("cpu")
SIZE = (160, 224)
CURVED = Quality(samples=1, cascade_depth=1, motion_path="curved")
FRACTIONS = [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)]
RADIUS = 30


def ball(t):
    """Where a thrown ball is at a time in frames: x, y. It falls 2 x 6 pixels a frame and frame."""
    return np.array([90 + 14 * t, 72 - 6 * t + 6 * t * t])


def shake(t):
    """Where a shaken camera's picture is: as much to and fro as a hand is."""
    return np.array([16 * np.cos(0.75 * t + 0.3), 14 * np.sin(0.7 * t + 0.2)])


def background(at):
    """A texture (3, H, W) in the model's range whose origin is at x, y; exact between pixels."""
    whole = texture(SIZE[0] + 64, SIZE[1] + 64)
    rows, columns = torch.arange(SIZE[0]) + 32 - at[1], torch.arange(SIZE[1]) + 32 - at[0]
    x, y = 2 * (columns + 0.5) / whole.shape[-1] - 1, 2 * (rows + 0.5) / whole.shape[-2] - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).float()[None]
    return torch.nn.functional.grid_sample(whole, grid, "bicubic", align_corners=False)[0] * WHITE


def thrown(t):
    """A bright ball with structure before a dark ground that stands still."""
    x, y = ball(t)
    down, across = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    inside = torch.from_numpy(np.clip(RADIUS - np.hypot(across - x, down - y) + 0.5, 0, 1)).float()
    surface = 0.5 + 0.5 * background(ball(t)) / WHITE
    return (0.08 * background((0, 0)) / WHITE * (1 - inside) + surface * inside) * WHITE


def shaken(t):
    return background(shake(t))


def center(image):
    """x and y of the ball's light."""
    light = (image.mean(0) / WHITE - 0.25).clamp(min=0).numpy()
    down, across = np.mgrid[: SIZE[0], : SIZE[1]]
    return np.array([(across * light).sum(), (down * light).sum()]) / light.sum()


def shift(image, truth):
    """How far a picture lies off another one, x and y, by least squares on its gradient."""
    inner = (slice(None), slice(24, -24), slice(24, -24))
    image, truth = image.double().numpy(), truth.double().numpy()
    total = np.zeros(2)
    for _ in range(6):
        moved = background_moved(image, total)
        down, across = np.gradient(moved, axis=(1, 2))
        slopes = np.stack([across[inner].ravel(), down[inner].ravel()], axis=1)
        total += np.linalg.lstsq(slopes, (truth - moved)[inner].ravel(), rcond=None)[0]
    return total


def background_moved(image, way):
    """An image sampled `way` further on."""
    from scipy.ndimage import shift as moved

    return np.stack([moved(plane, (-way[1], -way[0]), order=3, mode="nearest") for plane in image])


@pytest.fixture
def made(network):
    """A function that makes an in-between of four frames of a scene."""

    def make(scene, fraction, quality=CURVED, around=True, **wanted):
        task = Task(quality, "1", display_referred=True, **wanted)
        before, first, second, after = (scene(t) for t in (-1, 0, 1, 2))
        outer = Around(lambda: iter((before, after))) if around else None
        one = FlowInterpolator(network, CPU)
        return one.interpolate(first, second, fraction, task, outer)

    return make


def off_the_line(path, t):
    """What the path lacks of a straight and even one, in pixels."""
    return path(t) - (1 - t) * path(0) - t * path(1)


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_a_thrown_ball_is_where_it_is(made, fraction):
    truth = center(thrown(float(fraction)))
    off = off_the_line(ball, float(fraction))
    assert off[1] == pytest.approx(-6 * float(fraction * (1 - fraction)))
    assert center(made(thrown, fraction).image) == pytest.approx(truth, abs=0.3)
    straight = center(made(thrown, fraction, around=False).image)
    assert straight - truth == pytest.approx(-off, abs=0.3)


@pytest.mark.parametrize("fraction", FRACTIONS)
@pytest.mark.parametrize("motion", ["learned", "search", "both"])
def test_a_shaken_camera_s_picture_is_where_it_is(made, fraction, motion):
    quality = replace(CURVED, motion=motion)
    truth, off = shaken(float(fraction)), off_the_line(shake, float(fraction))
    assert np.linalg.norm(off) > 0.6
    assert shift(made(shaken, fraction, quality).image, truth) == pytest.approx((0, 0), abs=0.3)
    straight = made(shaken, fraction, quality, around=False).image
    assert shift(straight, truth) == pytest.approx(-off, abs=0.3)


@pytest.mark.parametrize("motion", ["learned", "search"])
def test_vectors_are_those_of_the_bent_motion(made, motion):
    """They lead from the in-between to where its pixels are in both frames."""
    quality = replace(CURVED, motion=motion)
    vectors = made(shaken, Fraction(1, 2), quality, vectors=True).vectors
    inner = vectors[:4, 32:-32, 32:-32].mean((1, 2)).numpy()
    there = [*(shake(0) - shake(0.5)), *(shake(1) - shake(0.5))]
    assert inner == pytest.approx(there, abs=0.3)


def test_straight_motion_has_the_very_bits_that_it_has_without_the_frames_around(made):
    def scene(t):
        return background((6 * t, -4 * t))

    for motion in ("learned", "search"):
        quality = replace(CURVED, motion=motion)
        one, other = (made(scene, Fraction(1, 2), quality, around).image for around in (0, 1))
        assert torch.equal(one, other)


def test_what_follows_the_motion_of_the_main_color_is_bent_too(network):
    one, task = FlowInterpolator(network, CPU), Task(CURVED, "1", display_referred=True)
    before, first, second, after = (shaken(t) for t in (-1, 0, 1, 2))
    around = Around(lambda: iter((before, after)))
    main = one.interpolate(first, second, Fraction(1, 2), task, around)
    inverse = [WHITE - image for image in (first, second)]
    layer = one.interpolate(*inverse, Fraction(1, 2), task, main.motion).image
    assert (layer - (WHITE - main.image)).abs().max() < 0.02
    views = main.motion.views
    sides = warp_candidates(first[None], second[None], *views[0].at())
    error = one.photometric_error(first, second, Fraction(1, 2), main.motion)
    assert torch.allclose(error, (sides.first - sides.second)[0].abs().mean(0))


def test_one_interpolator_gives_the_bits_that_a_fresh_one_gives(made, network):
    """Steps are shared by the pairs that follow."""
    one, task = FlowInterpolator(network, CPU), Task(CURVED, "1", display_referred=True)
    for start in (-1, 0):
        frames = [shaken(start + t) for t in (-1, 0, 1, 2)]
        around = Around(lambda frames=frames: iter((frames[0], frames[3])))
        last = one.interpolate(frames[1], frames[2], Fraction(1, 4), task, around).image
    assert torch.equal(last, made(shaken, Fraction(1, 4)).image)


def test_looking_for_the_curve_ends_when_it_is_told_to(network):
    one, task = FlowInterpolator(network, CPU), Task(CURVED, "1", display_referred=True)
    frames = [shaken(t) for t in (-1, 0, 1, 2)]
    around = Around(lambda: iter((frames[0], frames[3])))

    def stop():
        raise Cancelled("stop")

    with one.telling(lambda: None, stop), pytest.raises(Cancelled):
        one.interpolate(frames[1], frames[2], Fraction(1, 2), task, around)


def test_what_it_takes_is_planned_for(network):
    one = FlowInterpolator(network, CPU)
    straight, curved = (one.work(replace(CURVED, motion_path=way), SIZE) for way in
                        ("linear", "curved"))  # fmt: skip
    more = [one.host_bytes + one.network_bytes for one in (straight, curved)]
    assert more[1] - more[0] >= 24 * SIZE[0] * SIZE[1]
    assert curved.timing_key != straight.timing_key
