"""Cuts, holds and fades at any exposure, in black and white, in log, and under grain."""

from __future__ import annotations

import itertools
from fractions import Fraction as F

import numpy as np
import pytest
import torch

from engine.color import WHITE, to_model
from engine.retime.shots import Signature, change, difference, resolve, signature
from hifi_ofx.quality import Footage
from hifi_ofx.retime import PlannedFrame

from .test_shots import CLIPS, INTERPOLATE, SETTINGS, scene

LUMA = np.array([0.2126, 0.7152, 0.0722])


def of_light(linear: np.ndarray) -> Signature:
    """The signature of scene-linear light, as a render takes it."""
    return signature(to_model(torch.from_numpy(linear)).numpy() / WHITE)


def light(display: np.ndarray) -> np.ndarray:
    high = ((display + 0.055) / 1.055) ** 2.4
    return np.where(display <= 0.04045, display / 12.92, high)


def gray(display: np.ndarray) -> np.ndarray:
    return np.repeat((display @ LUMA)[..., None], 3, axis=-1)


def in_log(display: np.ndarray) -> np.ndarray:
    """LogC of a camera, shown as it is: flat."""
    return 0.24719 * np.log10(5.555556 * light(display) + 0.052272) + 0.385537


MODES = {
    "as shot": signature,
    "flat log": lambda image: signature(in_log(image)),
    "black and white": lambda image: signature(gray(image)),
    "3 stops under": lambda image: of_light(light(image) / 8),
    "5 stops under": lambda image: of_light(light(image) / 32),
    "3 stops over": lambda image: of_light(light(image) * 8),
    "black and white, 3 stops under": lambda image: of_light(light(gray(image)) / 8),
}


@pytest.mark.parametrize("mode", MODES)
def test_a_cut_is_one_and_a_whip_pan_none_in_every_mode(mode):
    sign = MODES[mode]
    for seed in range(4):
        world = scene(seed, width=640)
        view = sign(world[:, :320])
        assert difference(view, sign(scene(seed + 100))).is_cut(SETTINGS), seed
        for shift in (37, 160, 210):
            assert not difference(view, sign(world[:, shift : shift + 320])).is_cut(SETTINGS)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_real_clips_in_every_mode(data, mode, record_property):
    """At most 2 % of the joins of different clips are missed, and no clip has a cut inside."""
    oiio = pytest.importorskip("OpenImageIO")
    folder = data / "train" / "video"
    if not all((folder / name).is_dir() for name in CLIPS):
        pytest.skip("the training clips are not there")

    def read(path):
        return MODES[mode](oiio.ImageBuf(str(path)).get_pixels(oiio.FLOAT)[..., :3])

    clips = [[read(path) for path in sorted((folder / name).glob("*.webp"))] for name in CLIPS]
    inside = [difference(clip[n], clip[n + 2]) for clip in clips for n in range(len(clip) - 2)]
    joins = [difference(a[-1], b[0]) for a, b in itertools.permutations(clips, 2)]
    missed = [join for join in joins if not join.is_cut(SETTINGS)]
    record_property("missed", f"{len(missed)} of {len(joins)}")
    assert not any(one.is_cut(SETTINGS) for one in inside)
    assert len(missed) <= 0.02 * len(joins)


def between(left: int) -> PlannedFrame:
    return PlannedFrame(100, left, left + 1, F(1, 2))


def clip_of(*signatures: Signature):
    return dict(enumerate(signatures, 1)).__getitem__


@pytest.mark.parametrize("steps", [4, 24])
@pytest.mark.parametrize("exposure", [1.0, 1 / 8])
def test_a_fade_is_interpolated_to_its_last_frame(steps, exposure):
    """To black and from it; as the frames of a chunk may begin with any of them."""
    image = light(scene(1, width=400)) * exposure
    down = [of_light(image[:, n : n + 320] * (1 - n / steps)) for n in range(steps + 1)]
    for frames in (down, down[::-1]):
        for left in range(1, steps + 1):
            found, _ = resolve(between(left), clip_of(*frames), SETTINGS, 1, steps + 1)
            assert found == between(left)


def test_black_beside_a_shot_that_does_not_fade_is_a_cut():
    image, black = light(scene(1, width=400)), np.zeros((180, 320, 3))
    frames = [of_light(image[:, n : n + 320]) for n in (0, 4)] + [of_light(black)]
    for clip in (frames, frames[::-1]):
        left = 2 if clip is frames else 1
        found, decisions = resolve(between(left), clip_of(*clip), SETTINGS, 1, 3)
        assert found.fraction == 0 and "are a cut" in decisions[0]


def test_the_end_of_a_fade_is_said():
    image = light(scene(1))
    frames = [of_light(image * part) for part in (0.5, 0.25, 0.0)]
    _, decisions = resolve(between(2), clip_of(*frames), SETTINGS, 1, 3)
    assert "frames 2 and 3 are the end of a fade: interpolated" in decisions[0]


def grainy(image: np.ndarray, seed: int, sigma: float = 0.01) -> Signature:
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return of_light(light(image) + noise)


def test_twos_with_grain_are_found():
    world = scene(5, width=400)
    poses = [world[:, 12 * (n // 2) : 12 * (n // 2) + 320] for n in range(6)]
    frames = [grainy(pose, seed) for seed, pose in enumerate(poses)]
    found, decisions = resolve(between(1), clip_of(*frames), INTERPOLATE, 1, 6)
    assert found == PlannedFrame(100, 1, 3, F(1, 4)) and "frames 1-2 repeat" in decisions[0]


@pytest.mark.parametrize("sigma", [0.003, 0.01])
@pytest.mark.parametrize("shift", [1, 2, 4])
def test_a_slow_motion_under_grain_is_no_hold(sigma, shift):
    """A quarter of a pixel a frame and more, drawn at four times the size."""
    world = scene(5, width=1320, height=720)

    def view(start):
        part = world[:, start : start + 1280]
        return part.reshape(180, 4, 320, 4, 3).mean((1, 3))

    first, second = grainy(view(0), 1, sigma), grainy(view(shift), 2, sigma)
    assert change(first, second) > SETTINGS.hold_threshold


def test_a_small_thing_that_moves_under_grain_is_no_hold():
    still = np.full((540, 960, 3), 0.4)
    first, second = still.copy(), still.copy()
    first[200:220, 300:320], second[200:220, 304:324] = 0.6, 0.6
    assert change(grainy(first, 1), grainy(second, 2)) > SETTINGS.hold_threshold
    assert change(grainy(first, 1), grainy(first, 2)) <= SETTINGS.hold_threshold


def test_a_change_of_light_under_grain_is_no_hold():
    image = scene(5)
    assert change(grainy(image, 1), grainy(image * 0.97, 2)) > SETTINGS.hold_threshold


def test_frames_without_context_decide_as_cuts():
    """A live node has two frames and no more: black is then a cut, as Footage has them."""
    image = light(scene(1)) * 0.25
    frames = {7: of_light(image), 8: of_light(image * 0)}
    planned = PlannedFrame(100, 7, 8, F(1, 4))
    found, _ = resolve(planned, frames.__getitem__, Footage(), 7, 8)
    assert found.fraction == 0
