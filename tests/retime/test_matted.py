"""Foreground and background retimed apart: what stays as it is, and what is better for it."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from engine import color
from engine.inference.flow_interpolator import FlowInterpolator
from engine.inference.interpolator import InBetween, Task
from engine.plate.frame import Frame, Part, Window
from engine.retime.filling import filled
from engine.retime.matted import LayerMotion, apart, mattes_of
from engine.retime.synthesis import synthesize
from hifi_ofx.quality import Output, Quality

SIZE = HEIGHT, WIDTH = 96, 160
QUALITY = Quality(samples=1)
WINDOW = Window(0, 0, WIDTH, HEIGHT)


def cloth(seed, height=HEIGHT, width=WIDTH):
    """Smooth color noise, (3, h, w) from 0 to 1."""
    random = torch.Generator().manual_seed(seed)
    total = torch.zeros(1, 3, height, width)
    for cell in (4, 10, 30):
        cells = torch.rand(1, 3, height // cell + 2, width // cell + 2, generator=random)
        total += cell**0.3 * F.interpolate(cells, (height, width), mode="bicubic")
    return ((total - total.amin()) / (total.amax() - total.amin()))[0]


class Passing:
    """Bars before a wall, each at its own speed, with edges of a pixel. Everything is known."""

    def __init__(self, bars=(9.0, 0.0), wall=(-6.0, 0.0)):
        self.speeds = wall, bars
        self.cloths = 0.6 * cloth(1, 2 * HEIGHT, 3 * WIDTH) + 0.05, 0.9 * cloth(2, 192, 480) + 0.1

    def at(self, time):
        """The plate (3, H, W) in light, and the matte (1, H, W) of the bars."""
        down, across = (torch.arange(4 * side) / 4 + 0.125 for side in SIZE)
        y, x = torch.meshgrid(down, across, indexing="ij")
        (wall, bars), (_, (along, _)) = self._shown(x, y, time), self.speeds
        moved = x - along * time
        matte = ((moved % 44 < 14) & (moved > 30) & (moved < 130)).float()[None]
        both = matte * bars + (1 - matte) * wall
        return F.avg_pool2d(both[None], 4)[0], F.avg_pool2d(matte[None], 4)[0]

    def _shown(self, x, y, time):
        for cloth_, (across, down) in zip(self.cloths, self.speeds, strict=True):
            grid = torch.stack(
                [
                    2 * (x + WIDTH - across * time) / (3 * WIDTH) - 1,
                    2 * (y + HEIGHT / 2 - down * time) / (2 * HEIGHT) - 1,
                ],
                -1,
            )
            yield F.grid_sample(cloth_[None], grid[None], mode="bicubic", align_corners=False)[0]


def frame_of(light, matte=None, alpha=None, kind="f4"):
    """A frame of (3, H, W) light, with a matte and an alpha, (1, H, W), if there are any."""
    planes = {name: light[n].numpy().astype(kind) for n, name in enumerate("RGB")}
    if alpha is not None:
        planes["A"] = alpha[0].numpy().astype(kind)
    types = {name: plane.dtype for name, plane in planes.items()}
    part = Part(tuple(planes), types, WINDOW, WINDOW, planes=planes)
    parts = () if matte is None else (matte_part(matte),)
    return Frame((part,), "openexr", matte=parts)


def matte_part(matte, view="", kind="f4"):
    values = matte[0].numpy().astype(kind)
    return Part(
        ("matte",), {"matte": values.dtype}, WINDOW, WINDOW, "", view, planes={"matte": values}
    )


def along(network, fraction=Fraction(1, 2)):
    """As a render asks: with vectors, which tell grain from what moves."""
    one, task = FlowInterpolator(network, torch.device("cpu")), Task(QUALITY, "1", vectors=True)
    return lambda first, second, motion: one.interpolate(first, second, fraction, task, motion)


def halfway(first, second, motion):
    """Half of each image, where it is."""
    return InBetween((first + second) / 2, motion="still")


def picture(frame):
    return torch.stack([torch.from_numpy(frame.parts[0].planes[name]) for name in "RGB"])


def decibels(image, truth, where):
    """Of what a display shows, over a part of the picture."""
    one, other = (picture_.clamp(0, 1) ** (1 / 2.2) for picture_ in (image, truth))
    error = ((one - other).square() * where).sum() / (3 * where.sum())
    return -10 * error.log10().item()


def made(left, right, predict, fraction=Fraction(1, 2), output=None):
    return synthesize(left, right, fraction, predict, output or Output())


@pytest.mark.parametrize("fraction", [Fraction(1, 2), Fraction(1, 4)])
def test_what_passes_before_a_wall_is_nearer_to_the_truth_with_its_matte(network, fraction):
    passing = Passing()
    (one, cut), (other, cut_too) = passing.at(0), passing.at(1)
    truth, _ = passing.at(float(fraction))
    near = F.max_pool2d(torch.maximum(cut, cut_too)[None], 21, 1, 10)[0] > 0
    predict = along(network, fraction)
    without = picture(made(frame_of(one), frame_of(other), predict, fraction))
    apart_ = picture(made(frame_of(one, cut), frame_of(other, cut_too), predict, fraction))
    assert decibels(apart_, truth, near) > decibels(without, truth, near) + 5
    assert decibels(apart_, truth, near) > 30


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_matte_of_one_layer_alone_changes_no_bit(network, level):
    (one, _), (other, _) = Passing().at(0), Passing().at(1)
    matte = torch.full((1, *SIZE), level)
    plain = made(frame_of(one), frame_of(other), along(network))
    matted = made(frame_of(one, matte), frame_of(other, matte), along(network))
    torch.testing.assert_close(picture(matted), picture(plain), rtol=0, atol=0)


def test_what_stands_still_comes_out_as_it_is_under_any_matte():
    light = 4 * cloth(3) - 0.2  # highlights, and negative light
    matte = cloth(4)[:1]
    same = apart(halfway, (matte, matte), color.to_model, color.from_model)
    image = same(color.to_model(light), color.to_model(light), None).image
    torch.testing.assert_close(color.from_model(image), light, rtol=1e-4, atol=1e-5)


def test_a_layer_that_stands_is_untouched_by_one_that_moves(network):
    """To the bit, in halves: far from the bars nothing has changed between the frames."""
    passing = Passing(bars=(9.0, 0.0), wall=(0.0, 0.0))
    (one, cut), (other, cut_too) = passing.at(0), passing.at(1)
    frames = frame_of(one, cut, kind="f2"), frame_of(other, cut_too, kind="f2")
    between = picture(made(*frames, along(network)))
    far = F.max_pool2d(torch.maximum(cut, cut_too)[None], 25, 1, 12)[0] == 0
    assert far.sum() > 1000
    torch.testing.assert_close(between * far, picture(frames[0]) * far, rtol=0, atol=0)


def test_both_layers_go_by_their_own_motion(network):
    """From frame to frame the bars go 9 to the right, and the wall 6 to the left."""
    passing = Passing()
    (one, cut), (other, cut_too) = passing.at(0), passing.at(1)
    _, between = passing.at(0.5)
    frame = made(
        frame_of(one, cut),
        frame_of(other, cut_too),
        along(network),
        output=Output(vectors=True),
    )
    forward = frame.parts[0].planes["forward.u"]
    bars, wall = between[0].numpy() == 1, between[0].numpy() == 0
    assert np.median(forward[bars]) == pytest.approx(4.5, abs=0.3)
    assert np.median(forward[wall]) == pytest.approx(-3, abs=0.3)


def test_premultiplied_alpha_goes_with_the_foreground_that_it_is_the_matte_of(network):
    passing = Passing()
    (one, cut), (other, cut_too) = passing.at(0), passing.at(1)
    _, truth = passing.at(0.5)
    frame = made(
        frame_of(one * cut, cut, cut), frame_of(other * cut_too, cut_too, cut_too), along(network)
    )
    alpha = torch.from_numpy(frame.parts[0].planes["A"])
    assert (alpha - truth[0]).abs().mean() < 0.01


def test_an_opaque_alpha_stays_opaque(network):
    passing = Passing()
    (one, cut), (other, cut_too) = passing.at(0), passing.at(1)
    opaque = torch.ones(1, *SIZE)
    frame = made(frame_of(one, cut, opaque), frame_of(other, cut_too, opaque), along(network))
    assert (frame.parts[0].planes["A"] == 1).all()


def test_the_matte_is_no_layer_of_the_result(network):
    (one, cut), (other, cut_too) = Passing().at(0), Passing().at(1)
    frame = made(frame_of(one, cut), frame_of(other, cut_too), along(network))
    assert frame.parts[0].channels == ("R", "G", "B")
    assert not frame.matte


def test_grain_keeps_its_light_in_the_background_and_nearly_in_a_small_foreground(network):
    """As it does without a matte: the mean of grain, in the model's range, would be darker."""
    passing, random = Passing(), torch.Generator().manual_seed(0)
    (one, cut), (other, cut_too) = passing.at(0), passing.at(1)
    (truth, between), dark = passing.at(0.5), 0.15

    def noisy(light):
        grain = 0.04 * (dark * light + 0.02).sqrt()
        return dark * light + grain * torch.randn(light.shape, generator=random)

    frames = frame_of(noisy(one), cut), frame_of(noisy(other), cut_too)
    made_of_it = picture(made(*frames, along(network)))
    # A foreground of so few blocks shows too little to measure its grain by.
    for layer, within in ((between == 0, 0.003), (between == 1, 0.007)):
        ratio = (made_of_it * layer).sum() / (dark * truth * layer).sum()
        assert ratio.item() == pytest.approx(1, abs=within)


def test_further_layers_follow_both_motions():
    asked = []

    def predict(first, second, motion):
        asked.append(motion)
        return InBetween((first + second) / 2, motion=motion or len(asked))

    light, matte = cloth(3), cloth(4)[:1]
    predicted = apart(predict, (matte, matte), color.to_model, color.from_model)
    motion = predicted(light, light.flip(-1), None).motion
    assert isinstance(motion, LayerMotion)
    assert motion.foreground != motion.background
    asked.clear()
    assert predicted(light.flip(-1), light, motion).motion == motion
    assert set(asked) == {motion.foreground, motion.background}


def test_every_view_has_its_own_matte():
    left, right = torch.zeros(1, *SIZE), torch.full((1, *SIZE), 0.5)
    frame = Frame((), "openexr", matte=(matte_part(left, "left"), matte_part(right, "right")))
    assert mattes_of(frame, frame, "left", WINDOW) is None
    found, _ = mattes_of(frame, frame, "right", WINDOW)
    assert (found == 0.5).all()


def test_mattes_are_shares_whatever_the_file_holds():
    wild = torch.tensor([float("nan"), -1.0, 0.25, 7.0]).repeat(96, 40).reshape(1, *SIZE)
    frame = Frame((), "openexr", matte=(matte_part(wild),))
    found, _ = mattes_of(frame, frame, "", WINDOW)
    assert found.unique().tolist() == [0.0, 0.25, 1.0]
    bytes_ = Frame((), "png", matte=(matte_part(torch.full((1, *SIZE), 51), kind="u1"),))
    assert mattes_of(bytes_, bytes_, "", WINDOW)[0].unique().item() == pytest.approx(0.2)


def test_a_window_beyond_the_matte_s_is_background():
    frame = Frame((), "openexr", matte=(matte_part(torch.ones(1, *SIZE)),))
    found, _ = mattes_of(frame, frame, "", Window(-10, 0, WIDTH + 10, HEIGHT))
    assert found[..., :10].max() == 0
    assert found[..., 10:].min() == 1


def test_what_is_hidden_is_filled_from_around_it_and_what_is_known_is_kept():
    ramp = torch.linspace(0, 1, 64).expand(1, 48, 64).contiguous()
    known = torch.ones(1, 48, 64)
    known[:, 16:32, 24:40] = 0
    image = torch.where(known == 1, ramp, torch.tensor(99.0))
    result = filled(image, known)
    assert (result[known == 1] == ramp[known == 1]).all()
    assert (result - ramp).abs().max() < 0.1
    half = filled(torch.full((1, 5, 7), 0.25), torch.rand(1, 5, 7))
    assert half.allclose(torch.tensor(0.25))
    assert not filled(torch.ones(2, 9, 13), torch.zeros(1, 9, 13)).any()
