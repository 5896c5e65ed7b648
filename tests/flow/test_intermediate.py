"""Both frames at the in-between: against pictures that were cut or drawn there, never warped."""

import pytest
import torch
from torch.nn import functional as F

from engine.color import WHITE
from engine.flow.intermediate import (
    ALIGNED,
    GUIDE,
    WARPS,
    aligned,
    flows,
    guide,
    mean_of_warps,
    mix_of_warps,
    resized,
)
from engine.paper.patches import Box

FRACTIONS = (0.25, 0.5, 0.75)


def share(fraction):
    return torch.tensor([fraction])


def texture(height, width, seed=0):
    """A picture (3, H, W) in the model's range with detail at several scales."""
    generator = torch.Generator().manual_seed(seed)
    octaves = (
        F.interpolate(
            torch.rand(1, 3, height // n + 2, width // n + 2, generator=generator),
            (height, width),
            mode="bicubic",
        )
        for n in (4, 9, 20)
    )
    return (sum(octaves) / 3).clamp(0, 1)[0] * WHITE


def pan(x, y, fraction, height=96, width=128):
    """(first, in-between, second), (1, 3, H, W): a picture that moves by whole pixels (x, y)."""
    reach = 32
    world = texture(height + 2 * reach, width + 2 * reach)

    def at(time):
        left, top = reach - time * x, reach - time * y
        assert left == int(left) and top == int(top)
        return world[None, :, int(top) : int(top) + height, int(left) : int(left) + width]

    return at(0), at(fraction), at(1)


def disc(time, x=8.0, size=96, radius=16.0):
    """A textured disc, (1, 3, size, size), that moves by x pixels over a still background."""
    ground, face = texture(size, size, seed=1), texture(size, 2 * size, seed=2)
    left = 32 + time * x
    rows = torch.arange(size)[:, None] - size / 2
    columns = torch.arange(size) - left
    cover = (radius + 0.5 - torch.hypot(rows.float(), columns.float())).clamp(0, 1)
    moved = face[:, :, size - int(left) : 2 * size - int(left)]
    return torch.lerp(ground, 0.5 * moved, cover)[None]


def inside(image, border):
    return image[..., border:-border, border:-border]


def pictures(seen):
    return seen[:, : 3 * WARPS].chunk(WARPS, dim=1)


def seen_of(first, second, fraction):
    found = guide(first, second, share(fraction), flows(first, second))
    return aligned(first, second, found, share(fraction))


@pytest.mark.parametrize("fraction", FRACTIONS)
@pytest.mark.parametrize(
    ("x", "y", "size"), [(8, 0, (96, 128)), (-4, 8, (96, 128)), (20, -12, (160, 192))]
)
def test_a_pan_is_found_with_its_direction_and_both_frames_are_moved_there(x, y, size, fraction):
    first, middle, second = pan(x, y, fraction, *size)
    found = guide(first, second, share(fraction), flows(first, second))
    motion = torch.tensor([x, y, x, y, x, y, -x, -y], dtype=torch.float32)
    assert found.shape == (1, 2 * GUIDE, size[0] // 2, size[1] // 2)  # of two views
    for view in found[0].split(GUIDE):
        off = inside(view[:8] - motion[:, None, None], 12).abs()
        assert off.median() < 0.05 and off.quantile(0.99) < 0.5
        assert inside(view[8:10] - 1, 12).abs().amax() < 0.1
    seen = aligned(first, second, found, share(fraction))
    assert seen.shape == (1, ALIGNED, *size)
    for picture in pictures(seen):
        assert inside(picture - middle, 24).abs().mean() < 0.004
    assert inside(first - middle, 24).abs().mean() > 0.03  # what not moving them would leave
    early, apart, arrived = seen[:, 3 * WARPS : -WARPS].chunk(3, dim=1)
    assert inside(early - motion[:2, None, None], 24).abs().median() < 0.05
    assert inside(apart, 24).abs().median() < 0.05
    assert inside(arrived - 1, 24).abs().mean() < 0.1
    assert inside(mean_of_warps(seen, share(fraction)) - middle, 24).abs().mean() < 0.004


def test_where_motion_is_unequal_the_third_pictures_look_it_up_at_the_other_frame():
    """The in-between's pixel takes first along what second says there, and second along first's."""
    first, second = texture(40, 60)[None], texture(40, 60, seed=1)[None]
    said = torch.zeros(1, GUIDE, 20, 30)
    said[:, 4], said[:, 7] = 8.0, -4.0  # first to second: 8 to the right; second to first: 4 up
    third = pictures(aligned(first, second, said, share(0.25)))[4:]
    torch.testing.assert_close(third[0][..., 1:, :], first[..., :-1, :])
    torch.testing.assert_close(third[1][..., :-6], second[..., 6:], atol=1e-5, rtol=0)


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_a_disc_moves_and_its_background_does_not(fraction):
    first, middle, second = disc(0), disc(fraction), disc(1)
    found = guide(first, second, share(fraction), flows(first, second))[0]
    center = round((32 + 8 * fraction) / 2)
    on_disc = found[:4, 24 - 4 : 24 + 4, center - 4 : center + 4]
    assert on_disc[[0, 2]].sub(8).abs().median() < 0.25
    assert on_disc[[1, 3]].abs().median() < 0.25
    away = torch.cat([found[:8, :12], found[:8, 36:]], dim=1)
    assert away.abs().mean() < 0.1
    seen = aligned(first, second, found[None], share(fraction))
    left = 32 + 8 * fraction
    face = Box(48 - 8, int(left) - 8, 16, 16)
    for picture in pictures(seen)[:4]:
        assert (picture - middle)[face.region].abs().mean() < 0.01
        assert (picture - middle)[..., :20, :].abs().mean() < 0.005
    assert (first - middle)[face.region].abs().mean() > (0.01 if fraction < 0.5 else 0.02)


def test_nothing_arrives_where_the_frames_move_apart():
    """The guide alone: two halves that part by 16 pixels leave a gap of 8 at the middle of time."""
    first = torch.full((1, 3, 64, 128), 0.3)
    motion = torch.zeros(1, 4, 32, 64)
    motion[:, 0, :, 32:] = 16.0
    motion[:, 2] = 0
    found = guide(first, first, share(0.5), motion)
    arrived, arrived_late = found[0, 8], found[0, 9]
    assert arrived[:, 32:36].amax() < 1e-5  # 8 pixels are 4 of the guide's
    assert arrived[:, :32].sub(1).abs().amax() < 1e-5
    assert arrived[:, 36:].sub(1).abs().amax() < 1e-5
    assert arrived_late.sub(1).abs().amax() < 1e-5
    assert found[0, 0, :, 32:36].amin() >= 0 and found[0, 0, :, 32:36].amax() <= 16
    assert found[0, 0, :, 36:].sub(16).abs().amax() < 1e-3


def test_where_several_arrive_the_one_that_matches_is_believed():
    """The left half moves onto the right one: of the two, what looks alike in both frames stays."""
    first, second = (torch.full((1, 3, 64, 128), 0.1) for _ in range(2))
    first[..., 64:] = 0.4
    second[..., 64:] = 0.4
    motion = torch.zeros(1, 4, 32, 64)
    motion[:, 0, :, :32] = 16.0  # of what is 0.1: where it goes, the second frame is 0.4
    found = guide(first, second, share(0.5), motion)[0]
    assert found[8, :, 33:35].sub(2).abs().amax() < 1e-5
    assert found[0, :, 33:35].abs().amax() < 0.2
    assert found[0, :, 8:20].sub(16).abs().amax() < 0.1


def still(x, y, size=(48, 64)):
    """Flows of one view by which everything moves by so much, and back."""
    return torch.tensor([x, y, -x, -y])[None, :, None, None].expand(1, 4, *size).float()


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_two_views_that_say_the_same_are_as_one(fraction):
    first, _, second = pan(8, -4, fraction)
    alone, twice = (
        guide(first, second, share(fraction), torch.cat([still(7, -4)] * views, dim=1))
        for views in (1, 2)
    )
    assert twice.shape[1] == 2 * alone.shape[1]
    one, other = (aligned(first, second, found, share(fraction)) for found in (alone, twice))
    torch.testing.assert_close(other, one, atol=1e-4, rtol=0)
    assert other[:, -WARPS:].sum(1).sub(1).abs().amax() < 1e-4


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_view_that_is_wrong_is_outvoted_whichever_comes_first(order):
    first, middle, second = pan(8, -4, 0.5)
    views = still(8, -4), still(-8, 4)
    off = {}
    for name, said in (("wrong", views[1:]), ("both", [views[number] for number in order])):
        found = guide(first, second, share(0.5), torch.cat(list(said), dim=1))
        seen = aligned(first, second, found, share(0.5))
        off[name] = inside(mix_of_warps(seen) - middle, 24).abs().mean()
    assert off["both"] < 0.3 * off["wrong"]


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_a_box_sees_what_the_whole_frame_sees_there(fraction):
    first, _, second = pan(8, -4, fraction, 61, 83)
    found = guide(first, second, share(fraction), flows(first, second))
    whole = aligned(first, second, found, share(fraction))
    for box in (Box(0, 0, 32, 32), Box(29, 51, 32, 32), Box(13, 7, 20, 40), Box(60, 82, 1, 1)):
        part = aligned(first, second, found, share(fraction), box)
        torch.testing.assert_close(part, whole[box.region], atol=2e-5, rtol=1e-4)


def test_at_half_the_size_there_is_half_the_motion():
    first, _, second = pan(12, -8, 0.5)
    found = guide(first, second, share(0.5), flows(first, second))
    half = resized(found, (24, 32), (0.5, 0.5))
    expected = F.avg_pool2d(found, 2) * torch.tensor(2 * ([0.5] * 8 + [1] * 8))[:, None, None]
    torch.testing.assert_close(half, expected)
    stretched = resized(found, (48, 64), (1.0, 0.5))  # half as wide: x alone
    torch.testing.assert_close(stretched[:, [1, 3, 5, 7]], found[:, [1, 3, 5, 7]])
    torch.testing.assert_close(stretched[:, [0, 2, 4, 6]], found[:, [0, 2, 4, 6]] / 2)


@pytest.mark.parametrize("fraction", FRACTIONS)
@pytest.mark.parametrize("size", [(1, 1), (5, 300), (300, 5), (33, 47), (64, 96)])
def test_any_size_is_aligned_and_identical_frames_stay_themselves(size, fraction):
    first, second = texture(*size)[None], texture(*size, seed=1)[None]
    assert seen_of(first, second, fraction).isfinite().all()
    motion = flows(first, first)
    assert motion.abs().amax() < 1e-3
    found = guide(first, first, share(fraction), motion)
    torch.testing.assert_close(
        found[:, 8:10], torch.ones(1, 2, 1, 1).expand_as(found[:, 8:10]), atol=1e-3, rtol=0
    )
    for picture in pictures(aligned(first, first, found, share(fraction))):
        torch.testing.assert_close(picture, first, atol=1e-4, rtol=0)


def test_frames_with_nothing_in_them_and_extremes_stay_finite():
    flat, bright = torch.zeros(1, 3, 40, 50), torch.full((1, 3, 40, 50), 1.0)
    for first, second in ((flat, flat), (flat, bright), (-bright, bright)):
        assert seen_of(first, second, 0.5).isfinite().all()


def test_highlights_are_moved_unclipped():
    first, middle, second = pan(8, 4, 0.5)
    lamps = [image + WHITE * (image > 0.7 * WHITE) for image in (first, middle, second)]
    assert lamps[1].amax() > 1.8 * WHITE
    for picture in pictures(seen_of(lamps[0], lamps[2], 0.5)):
        assert picture.amax() > 1.8 * WHITE
        assert inside(picture - lamps[1], 24).abs().mean() < 0.01


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_time_run_backwards_gives_the_same_pictures(fraction):
    """Second for first and 1 - fraction for fraction: each pair of pictures is swapped."""
    first, second = disc(0), disc(1)
    forward, backward = seen_of(first, second, fraction), seen_of(second, first, 1 - fraction)
    one, other = pictures(forward), pictures(backward)
    swapped = (3, 2, 1, 0, 5, 4)
    for number, mirrored in enumerate(swapped):
        torch.testing.assert_close(one[number], other[mirrored], atol=1e-4, rtol=0)
    torch.testing.assert_close(forward[:, 22:24].flip(1), backward[:, 22:24], atol=1e-4, rtol=0)
    counts = backward[:, 24:][:, list(swapped)]
    torch.testing.assert_close(forward[:, 24:], counts, atol=1e-3, rtol=0)
    torch.testing.assert_close(
        mean_of_warps(forward, share(fraction)),
        mean_of_warps(backward, share(1 - fraction)),
        atol=1e-4,
        rtol=0,
    )


def test_every_pair_of_a_batch_is_aligned_by_its_own_motion_and_fraction():
    pairs = [pan(8, -4, 0.5), pan(-12, 8, 0.25)]
    first, second = (torch.cat([pair[side] for pair in pairs]) for side in (0, 2))
    fraction = torch.tensor([0.5, 0.25])
    found = guide(first, second, fraction, flows(first, second))
    seen = aligned(first, second, found, fraction)
    for number, (pair, part) in enumerate(zip(pairs, (0.5, 0.25), strict=True)):
        alone = seen_of(pair[0], pair[2], part)
        torch.testing.assert_close(seen[number], alone[0], atol=1e-5, rtol=1e-4)


def test_the_nearer_frame_counts_more_in_the_mean():
    seen = torch.zeros(1, ALIGNED, 2, 2)
    for number in range(WARPS):
        seen[:, 3 * number : 3 * number + 3] = float(number % 2)
    assert mean_of_warps(seen, share(0.25)).unique().tolist() == [0.25]
