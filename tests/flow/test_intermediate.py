"""Both frames warped to the in-between: against pictures that were cut or drawn there."""

import pytest
import torch
from torch.nn import functional as F

from engine.color import WHITE
from engine.flow.blend_weights import WARPS
from engine.flow.estimate import pair_flow
from engine.flow.intermediate import CHANNELS, estimates, intermediate_flow, resized
from engine.flow.warped import WARPED, WarpedFrames, warp_frames
from engine.paper.patches import Box

FRACTIONS = (0.25, 0.5, 0.75)
MOTION = ("from_first", "from_second", "forward", "backward")


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
    margin = 32
    world = texture(height + 2 * margin, width + 2 * margin)

    def at(time):
        left, top = margin - time * x, margin - time * y
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


def flow_of(first, second, fraction):
    """The intermediate flow of what the search finds of a pair."""
    return intermediate_flow(first, second, share(fraction), pair_flow(first, second))


def warp(first, second, flow, fraction):
    """Both frames warped by intermediate flow."""
    return WarpedFrames.of(warp_frames(first, second, flow, share(fraction)))


def pictures(warped):
    return warped.pictures.chunk(WARPS, dim=1)


def is_finite(warped):
    return all(channels.isfinite().all() for channels in warped)


def warped_of(first, second, fraction):
    return warp(first, second, flow_of(first, second, fraction), fraction)


@pytest.mark.parametrize("fraction", FRACTIONS)
@pytest.mark.parametrize(
    ("x", "y", "size"), [(8, 0, (96, 128)), (-4, 8, (96, 128)), (20, -12, (160, 192))]
)
def test_a_pan_is_found_with_its_direction_and_both_frames_are_moved_there(x, y, size, fraction):
    first, middle, second = pan(x, y, fraction, *size)
    flow = flow_of(first, second, fraction)
    motion = torch.tensor([x, y], dtype=torch.float32)[:, None, None]
    assert flow.shape == (1, 2 * CHANNELS, size[0] // 2, size[1] // 2)  # of two symmetries
    for estimate in estimates(flow):
        of_first = torch.stack([estimate.from_first, estimate.from_second, estimate.forward])
        off = inside(torch.cat([of_first - motion, estimate.backward[None] + motion]), 12).abs()
        assert off.median() < 0.05 and off.quantile(0.99) < 0.5
        assert inside(estimate.coverage - 1, 12).abs().amax() < 0.1
    assert warp_frames(first, second, flow, share(fraction)).shape == (1, WARPED, *size)
    warped = warp(first, second, flow, fraction)
    for picture in pictures(warped):
        assert inside(picture - middle, 24).abs().mean() < 0.004
    assert inside(first - middle, 24).abs().mean() > 0.03  # what not moving them would leave
    from_first, apart, coverage = warped.motion.chunk(3, dim=1)
    assert inside(from_first - motion, 24).abs().median() < 0.05
    assert inside(apart, 24).abs().median() < 0.05
    assert inside(coverage - 1, 24).abs().mean() < 0.1
    assert inside(warped.mean(share(fraction)) - middle, 24).abs().mean() < 0.004


def test_where_motion_is_unequal_the_third_pictures_look_it_up_at_the_other_frame():
    """The in-between's pixel takes first along what second says there, and second along first's."""
    first, second = texture(40, 60)[None], texture(40, 60, seed=1)[None]
    flow = torch.zeros(1, CHANNELS, 20, 30)
    (one,) = estimates(flow)
    one.forward[:, 0] = 8.0  # first to second: to the right
    one.backward[:, 1] = -4.0  # second to first: up
    third = pictures(warp(first, second, flow, 0.25))[4:]
    torch.testing.assert_close(third[0][..., 1:, :], first[..., :-1, :])
    torch.testing.assert_close(third[1][..., :-6], second[..., 6:], atol=1e-5, rtol=0)


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_a_disc_moves_and_its_background_does_not(fraction):
    first, middle, second = disc(0), disc(fraction), disc(1)
    flow = flow_of(first, second, fraction)
    one = estimates(flow)[0]
    center = round((32 + 8 * fraction) / 2)
    on_disc = torch.cat([one.from_first, one.from_second])[
        ..., 24 - 4 : 24 + 4, center - 4 : center + 4
    ]
    assert on_disc[:, 0].sub(8).abs().median() < 0.25
    assert on_disc[:, 1].abs().median() < 0.25
    motion = torch.cat(one[:4])
    assert torch.cat([motion[..., :12, :], motion[..., 36:, :]], dim=-2).abs().mean() < 0.1
    warped = warp(first, second, flow, fraction)
    left = 32 + 8 * fraction
    face = Box(48 - 8, int(left) - 8, 16, 16)
    for picture in pictures(warped)[:4]:
        assert (picture - middle)[face.region].abs().mean() < 0.01
        assert (picture - middle)[..., :20, :].abs().mean() < 0.005
    assert (first - middle)[face.region].abs().mean() > (0.01 if fraction < 0.5 else 0.02)


def test_nothing_arrives_where_the_frames_move_apart():
    """Two halves that part by 16 pixels leave a gap of 8 at the middle of time."""
    first = torch.full((1, 3, 64, 128), 0.3)
    motion = torch.zeros(1, 4, 32, 64)
    motion[:, 0, :, 32:] = 16.0
    motion[:, 2] = 0
    (one,) = estimates(intermediate_flow(first, first, share(0.5), motion))
    of_first, of_second = one.coverage[0]
    assert of_first[:, 32:36].amax() < 1e-5  # 8 pixels are 4 at half the size
    assert of_first[:, :32].sub(1).abs().amax() < 1e-5
    assert of_first[:, 36:].sub(1).abs().amax() < 1e-5
    assert of_second.sub(1).abs().amax() < 1e-5
    x = one.from_first[0, 0]
    assert x[:, 32:36].amin() >= 0 and x[:, 32:36].amax() <= 16
    assert x[:, 36:].sub(16).abs().amax() < 1e-3


def test_where_several_arrive_the_one_that_matches_counts():
    """The left half moves onto the right one: of the two, what looks alike in both frames stays."""
    first, second = (torch.full((1, 3, 64, 128), 0.1) for _ in range(2))
    first[..., 64:] = 0.4
    second[..., 64:] = 0.4
    motion = torch.zeros(1, 4, 32, 64)
    motion[:, 0, :, :32] = 16.0  # of what is 0.1: where it goes, the second frame is 0.4
    (one,) = estimates(intermediate_flow(first, second, share(0.5), motion))
    assert one.coverage[0, 0, :, 33:35].sub(2).abs().amax() < 1e-5
    x = one.from_first[0, 0]
    assert x[:, 33:35].abs().amax() < 0.2
    assert x[:, 8:20].sub(16).abs().amax() < 0.1


def still(x, y, size=(48, 64)):
    """One estimate by which everything moves by so much, and back."""
    return torch.tensor([x, y, -x, -y])[None, :, None, None].expand(1, 4, *size).float()


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_two_estimates_that_say_the_same_are_as_one(fraction):
    first, _, second = pan(8, -4, fraction)
    alone, twice = (
        intermediate_flow(first, second, share(fraction), torch.cat([still(7, -4)] * count, dim=1))
        for count in (1, 2)
    )
    assert twice.shape[1] == 2 * alone.shape[1]
    one, other = (warp(first, second, flow, fraction) for flow in (alone, twice))
    for channels, same in zip(other, one, strict=True):
        torch.testing.assert_close(channels, same, atol=1e-4, rtol=0)
    assert other.weights.sum(1).sub(1).abs().amax() < 1e-4


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_estimate_that_is_wrong_is_outvoted_whichever_comes_first(order):
    first, middle, second = pan(8, -4, 0.5)
    flows = still(8, -4), still(-8, 4)
    off = {}
    for name, of in (("wrong", flows[1:]), ("both", [flows[number] for number in order])):
        flow = intermediate_flow(first, second, share(0.5), torch.cat(list(of), dim=1))
        off[name] = inside(warp(first, second, flow, 0.5).blend() - middle, 24).abs().mean()
    assert off["both"] < 0.3 * off["wrong"]


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_a_box_sees_what_the_whole_frame_sees_there(fraction):
    first, _, second = pan(8, -4, fraction, 61, 83)
    flow = flow_of(first, second, fraction)
    whole = warp_frames(first, second, flow, share(fraction))
    for box in (Box(0, 0, 32, 32), Box(29, 51, 32, 32), Box(13, 7, 20, 40), Box(60, 82, 1, 1)):
        part = warp_frames(first, second, flow, share(fraction), box)
        torch.testing.assert_close(part, whole[box.region], atol=2e-5, rtol=1e-4)


def test_at_half_the_size_there_is_half_the_motion():
    first, _, second = pan(12, -8, 0.5)
    flow = flow_of(first, second, 0.5)
    half = estimates(resized(flow, (24, 32), (0.5, 0.5)))
    for here, whole in zip(half, estimates(F.avg_pool2d(flow, 2)), strict=True):
        for name in MOTION:
            torch.testing.assert_close(getattr(here, name), getattr(whole, name) / 2)
        torch.testing.assert_close(here.coverage, whole.coverage)
        torch.testing.assert_close(here.weights, whole.weights)
    stretched = estimates(resized(flow, (48, 64), (1.0, 0.5)))  # half as wide: x alone
    for here, whole in zip(stretched, estimates(flow), strict=True):
        for name in MOTION:
            x, y = getattr(whole, name).chunk(2, dim=1)
            torch.testing.assert_close(getattr(here, name), torch.cat([x / 2, y], dim=1))


@pytest.mark.parametrize("fraction", FRACTIONS)
@pytest.mark.parametrize("size", [(1, 1), (5, 300), (300, 5), (33, 47), (64, 96)])
def test_any_size_is_warped_and_identical_frames_stay_themselves(size, fraction):
    first, second = texture(*size)[None], texture(*size, seed=1)[None]
    assert is_finite(warped_of(first, second, fraction))
    motion = pair_flow(first, first)
    assert motion.abs().amax() < 1e-3
    flow = intermediate_flow(first, first, share(fraction), motion)
    coverage = estimates(flow)[0].coverage
    torch.testing.assert_close(coverage, torch.ones_like(coverage), atol=1e-3, rtol=0)
    for picture in pictures(warp(first, first, flow, fraction)):
        torch.testing.assert_close(picture, first, atol=1e-4, rtol=0)


def test_frames_with_nothing_in_them_and_extremes_stay_finite():
    flat, bright = torch.zeros(1, 3, 40, 50), torch.full((1, 3, 40, 50), 1.0)
    for first, second in ((flat, flat), (flat, bright), (-bright, bright)):
        assert is_finite(warped_of(first, second, 0.5))


def test_highlights_are_moved_unclipped():
    first, middle, second = pan(8, 4, 0.5)
    lamps = [image + WHITE * (image > 0.7 * WHITE) for image in (first, middle, second)]
    assert lamps[1].amax() > 1.8 * WHITE
    for picture in pictures(warped_of(lamps[0], lamps[2], 0.5)):
        assert picture.amax() > 1.8 * WHITE
        assert inside(picture - lamps[1], 24).abs().mean() < 0.01


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_time_run_backwards_gives_the_same_pictures(fraction):
    """Second for first and 1 - fraction for fraction: each pair of pictures is swapped."""
    first, second = disc(0), disc(1)
    forward, backward = warped_of(first, second, fraction), warped_of(second, first, 1 - fraction)
    one, other = pictures(forward), pictures(backward)
    swapped = (3, 2, 1, 0, 5, 4)
    for number, mirrored in enumerate(swapped):
        torch.testing.assert_close(one[number], other[mirrored], atol=1e-4, rtol=0)
    coverages = (warped.motion[:, 4:] for warped in (forward, backward))
    torch.testing.assert_close(next(coverages).flip(1), next(coverages), atol=1e-4, rtol=0)
    weights = backward.weights[:, list(swapped)]
    torch.testing.assert_close(forward.weights, weights, atol=1e-3, rtol=0)
    torch.testing.assert_close(
        forward.mean(share(fraction)),
        backward.mean(share(1 - fraction)),
        atol=1e-4,
        rtol=0,
    )


def test_every_pair_of_a_batch_is_warped_by_its_own_motion_and_fraction():
    pairs = [pan(8, -4, 0.5), pan(-12, 8, 0.25)]
    first, second = (torch.cat([pair[side] for pair in pairs]) for side in (0, 2))
    fraction = torch.tensor([0.5, 0.25])
    flow = intermediate_flow(first, second, fraction, pair_flow(first, second))
    warped = WarpedFrames.of(warp_frames(first, second, flow, fraction))
    for number, (pair, part) in enumerate(zip(pairs, (0.5, 0.25), strict=True)):
        alone = warped_of(pair[0], pair[2], part)
        for channels, expected in zip(warped, alone, strict=True):
            torch.testing.assert_close(channels[number], expected[0], atol=1e-5, rtol=1e-4)


def test_the_nearer_frame_counts_more_in_the_mean():
    pictures = torch.cat([torch.full((1, 3, 2, 2), float(n % 2)) for n in range(WARPS)], dim=1)
    warped = WarpedFrames(pictures, torch.zeros(1, 6, 2, 2), torch.zeros(1, WARPS, 2, 2))
    assert warped.mean(share(0.25)).unique().tolist() == [0.25]


def test_the_blend_goes_by_the_weights_alone():
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(2, 3 * WARPS, 4, 5, generator=generator)
    weights = torch.rand(2, WARPS, 4, 5, generator=generator)
    warped = WarpedFrames(pictures, torch.zeros(2, 6, 4, 5), weights)
    expected = torch.einsum("bnchw,bnhw->bchw", pictures.unflatten(1, (WARPS, 3)), weights)
    torch.testing.assert_close(warped.blend(), expected)
