"""Candidates: the frames warped by an estimate of the motion, values and all."""

import torch

from engine.flow.candidates import pictures_of, still, warp_candidates
from engine.flow.motion_network import warped
from engine.paper.patches import Box

from .test_motion_network import texture


def some_motion(count, height, width):
    generator = torch.Generator().manual_seed(1)
    flow = 9 * torch.randn(count, 4, height, width, generator=generator)
    return flow, torch.randn(count, 1, height, width, generator=generator)


def test_frames_are_taken_from_where_the_flow_points_to_and_mixed_by_the_mask():
    first, second = texture(40, 64), texture(40, 64, seed=1)
    flow, mask = some_motion(2, 40, 64)
    made = warp_candidates(first, second, flow, mask)
    seen = torch.sigmoid(mask)
    for number in range(2):
        one = warped(first, flow[number : number + 1, :2])[0]
        other = warped(second, flow[number : number + 1, 2:])[0]
        expected = seen[number] * one + (1 - seen[number]) * other
        torch.testing.assert_close(made.pictures[number], expected, atol=1e-5, rtol=1e-5)


def test_a_box_is_the_same_there():
    first, second = texture(40, 64), texture(40, 64, seed=1)
    flow, mask = some_motion(3, 40, 64)
    box = Box(5, 11, 20, 30)
    inside = warp_candidates(first, second, flow[box.region], mask[box.region], box)
    for part, whole in zip(inside, warp_candidates(first, second, flow, mask), strict=True):
        torch.testing.assert_close(part, whole[box.region], atol=1e-5, rtol=1e-5)


def test_highlights_negatives_and_any_channels_are_moved_as_they_are():
    first = torch.full((1, 5, 16, 16), 40.0)
    second = torch.full((1, 5, 16, 16), -0.25)
    flow, _ = some_motion(1, 16, 16)
    made = warp_candidates(first, second, flow, torch.full((1, 1, 16, 16), -20.0))
    torch.testing.assert_close(made.first, torch.full_like(made.first, 40.0))
    torch.testing.assert_close(made.pictures, torch.full_like(made.first, -0.25))


def test_the_still_picture_is_the_blend_and_candidates_stack():
    first, second = texture(32, 32), texture(32, 32, seed=1)
    stands = still(first, second, 0.25)
    torch.testing.assert_close(stands.pictures, 0.75 * first + 0.25 * second)
    box = Box(3, 4, 10, 12)
    cut = still(first, second, 0.25, box)
    torch.testing.assert_close(cut.pictures, stands.pictures[box.region])
    stack = pictures_of([stands, stands])
    torch.testing.assert_close(stack, torch.cat([stands.pictures] * 2))
