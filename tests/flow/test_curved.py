"""Motion that curves: offsets have their closed form, noise moves nothing, bending is a warp."""

import math

import numpy as np
import pytest
import torch

from engine.color import WHITE
from engine.flow import curved
from engine.flow.curved import Bend, BentView, bend
from engine.flow.search import both_ways
from engine.flow.steps import KEPT, Step, Steps
from engine.flow.warp import backward_warp
from engine.paper.patches import Box
from hifi_ofx.errors import Cancelled

from .test_motion_network import moved_by, texture

SIZE = (96, 160)
HALF = (48, 80)
# Where a point is at the frames -1, 0, 1 and 2, and everywhere between: x and y in pixels.
FALL = lambda t: np.array([5 * t, -9 * t + 8 * t * t])  # noqa: E731
SWERVE = lambda t: np.array([7 * t - 4 * t * t + 2 * t**3, 3 * t**3])  # noqa: E731


def steps_along(path, trust=1.0, size=HALF):
    """The steps between four frames in which everything goes along one path."""
    sure = np.full(size, trust, np.float32)
    for t in (-1, 0, 1):
        way = np.broadcast_to((path(t + 1) - path(t)).astype(np.float32), (*size, 2))
        yield Step(way, -way, sure, sure)


def middle(offsets):
    """The offset amid the frame."""
    return offsets[0, :, offsets.shape[-2] // 2, offsets.shape[-1] // 2].numpy()


@pytest.mark.parametrize("path", [FALL, SWERVE], ids=["fall", "swerve"])
@pytest.mark.parametrize("t", [0.1, 0.25, 0.5, 0.75])
def test_offsets_are_what_a_path_lacks_of_a_straight_one(path, t):
    """Second differences of a cubic are its acceleration: the path itself is the truth."""
    found = middle(bend(*steps_along(path), t, SIZE).offsets)
    expected = path(t) - ((1 - t) * path(0) + t * path(1))
    assert np.linalg.norm(expected) > 0.3
    assert found == pytest.approx(expected, abs=0.03 + 0.06 * np.linalg.norm(expected))


def test_straight_motion_has_no_bend():
    assert bend(*steps_along(lambda t: np.array([5.0, -3]) * t), 0.5, SIZE) is None


def test_offsets_within_noise_are_none_and_what_is_clearly_more_is_kept():
    def bent(length):
        """The offset halfway, where an even acceleration puts it so far off."""
        found = bend(*steps_along(lambda t: np.array([0, 4 * length]) * t * t), 0.5, SIZE)
        return 0.0 if found is None else -middle(found.offsets)[1]

    assert bent(0.9 * curved.NOISE) == 0
    assert 0.9 < bent(6 * curved.NOISE) / (6 * curved.NOISE) < 1


def test_motion_that_nothing_is_sure_of_stays_straight():
    sure, unsure = (bend(*steps_along(FALL, trust), 0.5, SIZE) for trust in (1.0, 1e-4))
    assert middle(sure.offsets)[1] < -1.5
    assert unsure is None


def test_no_offset_is_longer_than_a_part_of_the_frame():
    found = bend(*steps_along(lambda t: np.array([0, 40]) * t * t), 0.5, SIZE)
    longest = found.offsets.norm(dim=1).max() / (max(SIZE) * curved.FURTHEST)
    assert 0.99 < longest < 1.0001


def test_what_leaves_the_frame_bends_nothing():
    assert bend(*steps_along(lambda t: np.array([900 * t, 200 * t * t])), 0.5, SIZE) is None


def test_acceleration_comes_along_with_what_has_it():
    """A patch of the first frame that is thrown to the right is bent where it is by then."""
    steps = []
    for way in steps_along(lambda t: np.array([40 * t + 8 * t * t, 0])):
        mask = np.zeros((*HALF, 1), np.float32)
        mask[16:32, 8:24] = 1
        steps.append(Step(way.there * mask, way.back * mask, mask[..., 0], mask[..., 0]))
    before, pair, after = steps
    # What is at 8 to 24 of the first frame is at 32 to 48 of the second, at half of the size.
    back = np.roll(pair.back, 24, axis=1), np.roll(pair.trust_back, 24, axis=1)
    pair = Step(pair.there, back[0], pair.trust_there, back[1])
    after = Step(*(np.roll(part, 24, axis=1) for part in after))
    offsets = bend(before, pair, after, 0.5, SIZE).offsets[0, 0]
    row = offsets[offsets.shape[0] // 2]
    at = float((row * torch.arange(len(row))).sum() / row.sum()) * curved.CELL
    assert at == pytest.approx(56 - curved.CELL / 2, abs=3)  # halfway from 16..48 to 64..96 pixels
    assert row[-4:].abs().max() == row[:2].abs().max() == 0


def flows(size):
    """Flow (1, 4, H, W) and a mask's logit (1, 1, H, W) that change smoothly."""
    down, across = np.mgrid[: size[0], : size[1]] / max(size)
    waves = [np.sin(3 * down + k) + np.cos(4 * across * k) for k in range(1, 6)]
    values = torch.from_numpy(np.stack(waves)).float()[None] * 3
    return values[:, :4], values[:, 4:]


class Found:
    """What stands in for a view."""

    size = SIZE

    def at(self, box=None):
        box = box or Box(0, 0, *SIZE)
        return tuple(part[box.region] for part in flows(SIZE))


def test_a_bent_picture_is_the_straight_one_moved_by_the_offset():
    """Sampling along F(q - o) - o is to look at q - o."""
    way = torch.tensor([3.0, -2.0])[None, :, None, None]
    whole = Bend(way.expand(1, 2, 24, 40), SIZE)
    first, _ = moved_by(0, 0, SIZE)
    straight = backward_warp(first, Found().at()[0][:, :2])
    bent = backward_warp(first, BentView(Found(), whole).at()[0][:, :2])
    there = backward_warp(straight, -way.expand(1, 2, *SIZE))
    inner = (..., slice(16, -16), slice(16, -16))
    assert (bent - there)[inner].abs().max() < 0.02
    assert (bent - straight)[inner].abs().mean() > 0.02


def test_a_box_of_a_bent_view_is_a_part_of_the_whole():
    bent = BentView(Found(), bend(*steps_along(FALL), 0.5, SIZE))
    whole = bent.at()
    for box in (Box(0, 0, 32, 160), Box(37, 24, 20, 60), Box(80, 0, 16, 160)):
        for part, full in zip(bent.at(box), whole, strict=True):
            assert torch.allclose(part, full[box.region], atol=1e-5)


def test_trust_is_for_motion_that_leads_back_and_fits():
    first, second = (
        (image[0] * 255).round().byte().permute(1, 2, 0).numpy() for image in moved_by(4, -2)
    )
    there, back, trust_there, trust_back = both_ways(first, second)
    inner = slice(24, -24), slice(24, -24)
    assert np.abs(there[inner] - (4, -2)).mean() < 0.1
    assert np.abs(back[inner] + (4, -2)).mean() < 0.1
    assert min(trust_there[inner].mean(), trust_back[inner].mean()) > 0.7
    other = (texture(128, 192, 5)[0] * 255).round().byte().permute(1, 2, 0).numpy()
    assert both_ways(first, other)[2].mean() < 0.1


def test_steps_are_found_once_and_let_go_of(monkeypatch):
    images = [image[0] * WHITE for image in moved_by(4, -2, (64, 96))]
    count = []
    from engine.flow import search

    dense = search.dense
    monkeypatch.setattr(search, "dense", lambda *pair: count.append(1) or dense(*pair))
    steps = Steps()
    one = steps.between(*images)
    assert steps.between(*images) is one
    assert len(count) == 2
    for gain in range(KEPT):
        steps.between(images[0] * (1 - gain / 10), images[0])
    assert steps.between(*images) is not one


def test_a_search_for_steps_stops_when_it_is_told_to():
    def stop():
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        Steps().between(*(image[0] * WHITE for image in moved_by(4, -2, (64, 96))), stop)


def test_a_path_s_velocity_is_the_same_on_both_sides_of_a_source_frame():
    """Where acceleration changes evenly; straight motion has a kink there."""

    def velocity(path, end):
        """A source frame's velocity by what is made close to it; `end` of the pair, else begin."""
        t = 0.999 if end else 0.001
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(curved, "NOISE", 0.0)
            offset = middle(bend(*steps_along(path), t, SIZE).offsets)
        return path(1) - path(0) + offset / (t - 1 if end else t)

    before = velocity(SWERVE, end=True)
    after = velocity(lambda t: SWERVE(t + 1) - SWERVE(1), end=False)
    kink = np.linalg.norm(SWERVE(2) - 2 * SWERVE(1) + SWERVE(0))
    assert math.dist(before, after) < 0.08 * kink
